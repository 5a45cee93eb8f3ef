"""A job imports a file that was sent, and nothing of it stays behind."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from core.demo import loading
from core.errors import EntrepotError
from core.kernel.connections import create_connection
from core.kernel.connections import get_connection
from core.kernel.jobs import JobContext
from core.settlements.importing import import_settlement_file
from core.uploads import keeping
from core.uploads.jobs import look
from core.uploads.jobs import sweep
from core.uploads.jobs import take
from tests.web.conftest import settlement_text
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


def test_a_connection_remembers_the_mapping_of_a_file(world: World, tmp_path: Path) -> None:
    with world.kernel.db.read() as session:
        till = get_connection(session, "Till", company_id=world.company.id)
    path, rules = tmp_path / "orders.csv", tmp_path / "columns.toml"
    path.write_bytes((DEMO / "orders.csv").read_bytes())
    rules.write_bytes((DEMO / "mapping.toml").read_bytes())

    taken(world, "orders", path, connection_id=till.id, mapping=sent(world, rules), remember=True)
    again = taken(world, "orders", path, connection_id=till.id)

    with world.kernel.db.read() as session:
        kept = get_connection(session, "Till", company_id=world.company.id).settings["mapping"]
    assert kept == rules.read_text("utf-8")
    assert again["unchanged"] > 50


def looked(world: World, kind: str, path: Path, **args: Any) -> dict[str, Any]:
    """Send a file and preview it as a worker's child would; nothing is changed, and it is kept."""
    asked = {"kind": kind, "company_id": world.company.id, "upload": sent(world, path), **args}
    before = state_of(world)
    found = look(JobContext(world.kernel, 1, "uploads.look", asked))
    assert state_of(world) == before
    assert keeping.is_here(world.kernel.config.instance, asked["upload"])
    return dict(json.loads(json.dumps(found)))


def state_of(world: World) -> list[int]:
    """Return how many rows the tables hold that an import writes."""
    tables = ("channels_import", "channels_raw_row", "orders_order", "ledger_entry", "catalog_sku")
    return [world.rows(f"SELECT count(*) AS n FROM {table}")[0].n for table in tables]


def test_opening_stock_is_previewed(world: World, tmp_path: Path) -> None:
    path = tmp_path / "opening.csv"
    path.write_text(f"{STOCK}MUG,MAIN,5,2.50,GBP,2011-08-01\nCUP,NOWHERE,5,2.00,GBP,2011-08-01\n")

    found = looked(world, "stock", path)

    assert (found["rows"], found["skus"], found["refused"]) == (2, 1, 1)
    assert (found["units"], found["value"], found["currency"]) == ({"MAIN": 5}, "12.50", "GBP")
    ((line, reason),) = found["problems"]
    assert line == 3
    assert "NOWHERE" in reason


def test_orders_are_previewed_as_they_are_booked_later(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    with world.kernel.db.read() as session:
        connection = get_connection(session, "Till", company_id=world.company.id)
    paths = (DEMO / "orders.csv", DEMO / "mapping.toml")
    args = {"connection_id": connection.id, "mapping": sent(world, paths[1])}

    found = looked(world, "orders", paths[0], **args)
    folder = world.kernel.config.instance / keeping.FOLDER
    for each in list(folder.iterdir()):
        keeping.drop(world.kernel.config.instance, each.name)
    done = taken(
        world, "orders", paths[0], connection_id=connection.id, mapping=sent(world, paths[1])
    )

    assert (found["rows"], found["refused"]) == (done["received"], done["quarantined"])
    assert found["by_kind"] == done["by_kind"]
    query = "SELECT DISTINCT document_ref FROM channels_raw_row WHERE kind <> 'stock'"
    assert found["documents"] == len(world.rows(query))
    assert found["unknown_count"] > 0
    assert "MUG" not in found["unknown"]
    assert len(found["lines"]) == 20
    assert [row[0] for row in found["problems"]] == [row["line"] for row in done["quarantine"]]


def test_settlements_are_previewed_before_and_after(world: World, tmp_path: Path) -> None:
    with world.kernel.db.write() as session:
        made = create_connection(
            session, "amazon_settlements", "Payouts", {}, company_id=world.company.id
        )
    right, wrong = tmp_path / "51.txt", tmp_path / "52.txt"
    right.write_text(settlement_text("51", "-8.00"))
    wrong.write_text(settlement_text("52", "-8.01"))

    def said(path: Path) -> tuple[str, ...]:
        (row,) = looked(world, "settlements", path, connection_id=made.id)["statements"]
        return tuple(row[name] for name in ("declared", "computed", "difference", "verdict"))

    assert said(right) == ("-8.00", "-8.00", "0.00", "new")
    assert said(wrong) == ("-8.01", "-8.00", "0.01", "refused")
    for each in (right, wrong):
        import_settlement_file(world.kernel, made, each)
    assert said(right) == ("-8.00", "-8.00", "0.00", "known")
    assert said(wrong) == ("-8.01", "-8.00", "0.01", "refused")


def test_what_cannot_be_previewed_is_not_kept(world: World, tmp_path: Path) -> None:
    path = tmp_path / "opening.csv"
    path.write_text("colour\nred\n")
    asked = {"kind": "stock", "company_id": world.company.id, "upload": sent(world, path)}

    with pytest.raises(EntrepotError, match="opening.csv"):
        look(JobContext(world.kernel, 1, "uploads.look", asked))

    assert not keeping.is_here(world.kernel.config.instance, asked["upload"])


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
