"""A job imports a file that was sent, and nothing of it stays behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from core.demo import loading
from core.errors import EntrepotError
from core.kernel.connections import get_connection
from core.kernel.jobs import JobContext
from core.uploads import keeping
from core.uploads.jobs import sweep
from core.uploads.jobs import take
from tests.world import World

DEMO = Path(loading.__file__).parent
STOCK = "sku,warehouse,quantity,unit_cost,currency,received_on\n"


def sent(world: World, path: Path) -> str:
    with path.open("rb") as file:
        return keeping.keep(world.kernel.config.instance, file, path.name)


def taken(world: World, kind: str, path: Path, **args: Any) -> dict[str, Any]:
    """Send a file and do its job as a worker's child would."""
    asked = {"kind": kind, "company_id": world.company.id, "upload": sent(world, path), **args}
    try:
        return take(JobContext(world.kernel, 1, "uploads.take", asked))
    finally:
        assert list((world.kernel.config.instance / "uploads").iterdir()) == []


def test_opening_stock_is_imported(world: World, tmp_path: Path) -> None:
    path = tmp_path / "opening.csv"
    path.write_text(f"{STOCK}MUG,MAIN,5,2.00,GBP,2011-08-01\nCUP,NOWHERE,5,2.00,GBP,2011-08-01\n")

    done = taken(world, "stock", path)

    assert (done["received"], done["applied"], done["quarantined"]) == (2, 1, 1)
    rows = world.rows("SELECT filename FROM channels_import")
    assert [row.filename for row in rows] == ["opening.csv"]


def test_orders_are_imported_with_a_mapping_that_was_sent(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    with world.kernel.db.read() as session:
        connection = get_connection(session, "Till", company_id=world.company.id)
    mapping = sent(world, DEMO / "mapping.toml")

    done = taken(world, "orders", DEMO / "orders.csv", connection_id=connection.id, mapping=mapping)

    assert done["received"] == len((DEMO / "orders.csv").read_text().splitlines()) - 1
    assert done["applied"] > 50


def test_what_cannot_be_read_is_refused(world: World, tmp_path: Path) -> None:
    path = tmp_path / "opening.csv"
    path.write_text("colour\nred\n")

    with pytest.raises(EntrepotError, match="opening.csv"):
        taken(world, "stock", path)


def test_a_file_that_is_gone_says_so(world: World) -> None:
    asked = {"kind": "stock", "company_id": world.company.id, "upload": "0" * 32}

    with pytest.raises(EntrepotError, match="not here any more"):
        take(JobContext(world.kernel, 1, "uploads.take", asked))


def test_what_nobody_read_is_swept(world: World) -> None:
    instance = world.kernel.config.instance
    old, new = (sent(world, DEMO / "stock.csv") for _ in range(2))
    os.utime(instance / "uploads" / old, (0, 0))

    assert sweep(JobContext(world.kernel, 1, "uploads.sweep", {})) == 1

    assert [each.name for each in (instance / "uploads").iterdir()] == [new]
