"""The demo's days end on the day of the first start, and its documents keep their names' sense."""

from __future__ import annotations

import csv
from datetime import date
from datetime import timedelta
from importlib.resources import as_file
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.bootstrap import initialise_demo
from core.config import ROOT
from core.config import Config
from core.demo import loading
from core.demo.dating import LAST
from core.demo.dating import moved
from core.kernel.companies import find_company
from core.kernel.kernel import Kernel
from core.orders.models import Order

DAYS = [LAST + timedelta(days=each) for each in (-400, -1, 0, 24, 60, 121)]


@pytest.mark.parametrize("until", DAYS)
def test_all_days_move_by_as_many(tmp_path: Path, until: date) -> None:
    with as_file(files("core.demo") / "orders.csv") as file:
        copy = moved(file, tmp_path, until)
        before, after = (
            list(csv.DictReader(each.read_text().splitlines())) for each in (file, copy)
        )

    by = {date.fromisoformat(b["Date"][:10]) - date.fromisoformat(a["Date"][:10])
          for a, b in zip(before, after, strict=True)}  # fmt: skip
    assert by == {until - LAST}
    assert max(each["Date"][:10] for each in after) == until.isoformat()
    fees = {each["Document"]: each["Date"][:7] for each in after if each["Document"] > "FEE"}
    named = {name: month for name, month in fees.items() if name.startswith("FEE-")}
    assert len(named) == len({r["Document"] for r in before if r["Document"].startswith("FEE-")})
    assert all(name == f"FEE-{month}" for name, month in named.items())


def test_the_first_start_shows_recent_days(sqlite_url: str, tmp_path: Path) -> None:
    config = Config(tmp_path, sqlite_url, (ROOT / "addons",))
    initialise_demo(config, lambda _line: None)
    kernel = Kernel.boot(config)
    try:
        with kernel.db.read() as session:
            company = find_company(session)
            latest = session.scalar(sa.select(sa.func.max(Order.ordered_on)))
        assert latest == loading.first_day(kernel, company)
    finally:
        kernel.db.dispose()
