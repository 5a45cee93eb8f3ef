"""Personal data is gone when it is due or asked for: everywhere, and no figure moves."""

from __future__ import annotations

import json
import logging
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner

from core.cli import build
from core.privacy.purging import forget_all_due
from core.privacy.retention import set_retention
from tests.privacy.buyers import CANARIES
from tests.privacy.buyers import SECRET_TEXTS
from tests.privacy.buyers import WAITING
from tests.privacy.buyers import import_buyers
from tests.privacy.buyers import order_id
from tests.privacy.test_records import every_text
from tests.privacy.test_records import found
from tests.world import World

LINE = "1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB"
LATE = "1002 MUG 1 @ 5.00 on 2011-02-20 from bob to GB"
SENT_AT = datetime(2011, 2, 1, 10, tzinfo=UTC)


def purge(world: World, at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return forget_all_due(world.kernel, world.company.id)[0]


def entrepot(world: World, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), [*arguments], obj=world.kernel.config)
    return result.exit_code, result.output


def kept(world: World) -> list[str]:
    query = (
        "SELECT o.external_ref FROM privacy_record r JOIN orders_order o"
        " ON o.company_id = r.company_id AND o.id = r.id WHERE r.received IS NOT NULL"
        " ORDER BY o.external_ref"
    )
    return [row[0] for row in world.rows(query)]


def files_of(world: World) -> bytes:
    """Return the bytes of the SQLite database with its journal."""
    path = Path(world.kernel.db.url.database or "")
    beside = [path, *path.parent.glob(f"{path.name}-*")]
    return b"".join(file.read_bytes() for file in beside)


def test_it_is_kept_for_thirty_days_after_it_left(world: World) -> None:
    import_buyers(world, (LINE, CANARIES), (LATE, CANARIES))

    assert purge(world, SENT_AT + timedelta(days=29)) == 0
    assert kept(world) == ["1001", "1002"]
    assert purge(world, SENT_AT + timedelta(days=30)) == 1
    assert kept(world) == ["1002"]
    assert purge(world, SENT_AT + timedelta(days=60)) == 1
    assert kept(world) == []


def test_the_delivery_counts_where_it_is_told(world: World) -> None:
    import_buyers(world, (LINE, CANARIES))
    world.change(
        "INSERT INTO orders_event (company_id, id, order_id, happened_at, recorded_at, kind, actor,"
        " detail) SELECT company_id, 999999999, order_id, '2011-02-11T10:00:00.000000+00:00',"
        " recorded_at, 'delivered', actor, detail FROM orders_event WHERE kind = 'shipped'"
    )

    assert purge(world, SENT_AT + timedelta(days=39)) == 0
    assert purge(world, SENT_AT + timedelta(days=40)) == 1


def test_a_platform_may_ask_for_less(world: World) -> None:
    import_buyers(world, (LINE, CANARIES))
    with world.kernel.db.write() as session:
        set_retention(session, world.company.id, "file", 3)

    assert purge(world, SENT_AT + timedelta(days=2)) == 0
    assert purge(world, SENT_AT + timedelta(days=3)) == 1


def test_an_order_that_has_still_to_leave_keeps_its_address(world: World) -> None:
    import_buyers(world, (LINE, CANARIES), mapping=WAITING)

    assert purge(world, SENT_AT + timedelta(days=400)) == 0
    assert kept(world) == ["1001"]


def test_purging_leaves_no_trace_and_no_figure_moves(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    import_buyers(world, (LINE, CANARIES), (LATE, {**CANARIES, "email": "late@canary.example"}))
    sealed = [row[0] for row in world.rows("SELECT received FROM privacy_record")]
    marks = world.rows("SELECT email_index, phone_index, address_index FROM privacy_record")
    digest, profit = world.digest(), world.booked("1001")

    assert purge(world, SENT_AT + timedelta(days=90)) == 2

    assert world.digest() == digest
    assert world.booked("1001") == profit
    assert world.broken() == []
    text = every_text(world)
    gone = [*SECRET_TEXTS, *sealed, *(mark for row in marks for mark in row)]
    assert [word for word in gone if word.casefold() in text.casefold()] == []
    journal = world.folder / "journal.beancount"
    code, output = entrepot(world, "export", "journal", str(journal))
    assert code == 0, output
    logged = caplog.text + output + journal.read_text(encoding="utf-8")
    assert [word for word in SECRET_TEXTS if word.casefold() in logged.casefold()] == []
    if world.kernel.db.dialect == "sqlite":
        data = files_of(world)
        assert b"orders_order" in data
        assert [word for word in gone if word.encode() in data] == []


def test_the_search_for_traces_finds_some_before(world: World) -> None:
    import_buyers(world, (LINE, CANARIES))
    (sealed,) = world.rows("SELECT received FROM privacy_record")

    assert sealed[0] in every_text(world)
    if world.kernel.db.dialect == "sqlite":
        assert sealed[0][:40].encode() in files_of(world)


def test_a_person_can_ask_to_be_forgotten(world: World) -> None:
    import_buyers(world, (LINE, CANARIES), mapping=WAITING)
    digest = world.digest()

    code, output = entrepot(world, "privacy", "erase", CANARIES["email"], "--json")
    assert (code, json.loads(output)) == (0, {"would_erase": ["1001"], "not_sent_yet": ["1001"]})
    assert kept(world) == ["1001"]
    code, output = entrepot(world, "privacy", "erase", CANARIES["email"], "--yes", "--json")

    assert (code, json.loads(output)["erased"]) == (0, ["1001"])
    assert kept(world) == []
    assert found(world, CANARIES["email"]) == []
    assert world.digest() == digest
    (event,) = world.rows("SELECT detail FROM orders_event WHERE kind = 'forgotten'")
    assert json.loads(event[0]) == {"why": "requested"}


def test_the_commands_tell_what_they_do(world: World) -> None:
    import_buyers(world, (LINE, CANARIES))

    code, output = entrepot(world, "privacy", "find", "020 7946 0958", "--json")
    (order,) = json.loads(output)
    assert code == 0
    assert order["order"] == "1001"
    assert "Zebulon" not in output
    assert "Zebulon" in entrepot(world, "privacy", "find", "1001", "--reveal", "--json")[1]
    assert json.loads(entrepot(world, "privacy", "keep", "file", "5", "--json")[1]) == {
        "default": 30,
        "platforms": {"file": 5},
    }
    assert entrepot(world, "privacy", "keep", "file", "-5")[0] == 2
    assert json.loads(entrepot(world, "privacy", "purge", "--json")[1]) == {
        "looked_at": 1,
        "forgotten": 1,
    }
    assert entrepot(world, "privacy", "erase", "nobody@example.org")[0] == 2


def test_forgetting_bumps_the_version_of_the_record_only(world: World) -> None:
    import_buyers(world, (LINE, CANARIES))
    before = world.order("1001").row_version

    purge(world, SENT_AT + timedelta(days=90))

    assert world.order("1001").row_version == before
    assert world.rows("SELECT row_version FROM privacy_record")[0][0] > 1
    assert order_id(world, "1001")


def test_who_looks_at_a_person_or_forgets_one_leaves_a_trace_without_the_person(
    world: World,
) -> None:
    import_buyers(world, (LINE, CANARIES), (LATE, CANARIES))
    here = [order_id(world, ref) for ref in ("1001", "1002")]

    assert entrepot(world, "privacy", "find", CANARIES["email"])[0] == 0
    assert entrepot(world, "privacy", "find", CANARIES["email"], "--reveal")[0] == 0
    assert entrepot(world, "privacy", "keep", "till", "7")[0] == 0
    assert entrepot(world, "privacy", "erase", CANARIES["email"])[0] == 0
    assert entrepot(world, "privacy", "erase", CANARIES["email"], "--yes")[0] == 0
    assert entrepot(world, "privacy", "erase", CANARIES["email"], "--yes")[0] == 2

    rows = world.rows(
        "SELECT action, subject, before, after, actor_kind FROM identity_audit"
        " WHERE action LIKE 'person.%' OR action LIKE 'retention.%' ORDER BY id"
    )
    said = [(row[0], row[1], row[2] and json.loads(row[2]), json.loads(row[3])) for row in rows]
    assert said == [
        ("person.revealed", "orders", None, {"orders": here}),
        ("retention.set", "platform:till", {"days": 30}, {"days": 7}),
        ("person.forgotten", "orders", None, {"why": "requested", "orders": 2}),
    ]
    assert {row[4] for row in rows} == {"operator"}
    assert not [text for text in SECRET_TEXTS if text in str(rows)]
