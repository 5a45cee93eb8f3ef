"""What the bench of profit asks is what was posted; its speed is looked at with -m bench."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.db import Database
from core.kernel.companies import find_company
from core.ledger.profit import profit_report
from core.ledger.rebuilding import Differences
from core.ledger.rebuilding import verify_profit
from tests.bench.profit import BY
from tests.bench.profit import fill
from tests.bench.profit import measure
from tests.databases import ENGINES
from tests.databases import Databases


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_measured_is_what_was_posted(engine: str, databases: Databases) -> None:
    url = databases.create(engine)
    database = Database(url)
    try:
        for _ in ("begin", "go on"):
            filled = fill(database, 30_000, seconds=0.5)
            assert filled["postings"] > 500
            assert not filled["complete"]
        with database.read() as session:
            company_id = find_company(session).id
            posted = session.scalar(
                sa.text(
                    "SELECT -SUM(p.amount) FROM ledger_posting p JOIN ledger_account a"
                    " ON a.id = p.account_id WHERE a.profit_line IS NOT NULL"
                )
            )
            for by in BY:
                report = profit_report(session, company_id, by)
                assert sum(row.profit for row in report.rows) + report.not_allocated == posted
            assert verify_profit(session, company_id) == Differences(0, 0, 0)
        asked = measure(database, company_id, 1)
    finally:
        database.dispose()
        databases.drop(url)
    assert len(asked["reports"]) == 36
    assert len(asked["order_pages"]) == 21


@pytest.mark.bench
@pytest.mark.parametrize(("engine", "longest"), [("sqlite", 500), ("postgresql", 200)])
def test_reports_over_a_million_postings_are_fast(
    engine: str, longest: int, databases: Databases
) -> None:
    url = databases.create(engine)
    database = Database(url)
    try:
        filling = fill(database, 1_000_000)
        with database.read() as session:
            company_id = find_company(session).id
        figures = measure(database, company_id, 5)
    finally:
        database.dispose()
        databases.drop(url)
    print(filling, figures)
    assert filling["fold_share"] < 0.25
    assert max(each["median_ms"] for each in figures["reports"].values()) <= longest
    assert max(each["median_ms"] for each in figures["order_pages"].values()) <= 100
