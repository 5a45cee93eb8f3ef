"""A settlement counts once, whole and in whatever format, or it is kept aside with the reason."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.errors import InputError
from core.settlements import importing
from core.settlements import staging
from core.settlements import working
from tests.world import World
from tests.world import Worlds
from tests.world import copied

ORDERS = [f"026-0000001-{number:07d}" for number in range(1, 9)]


def told(orders: list[str] = ORDERS) -> list[str]:
    lines = []
    for ref in orders:
        lines += [
            f"Order/ItemPrice/Principal 12.00 on 2011-02-03 for {ref} of MUG",
            f"Order/ItemFees/Commission -1.80 on 2011-02-03 for {ref} of MUG",
        ]
    return [*lines, "other-transaction/other-transaction/Storage Fee -3.00 on 2011-02-20"]


def traded(world: World) -> World:
    world.stock("MUG 20 @ 2.00 on 2010-11-30")
    world.orders(*[f"{ref} MUG 1 @ 10.00 on 2011-02-02 from ann" for ref in ORDERS])
    return world


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    path = traded(world).write_settlement(*told())
    world.settlement_file(path)
    before = world.digest()
    again = world.settlement_file(path).statements[0]
    assert (again.state, again.unchanged, again.applied) == ("booked", 17, 0)
    assert world.digest() == before


def test_another_file_of_the_same_settlement_changes_nothing(world: World) -> None:
    traded(world).settle(*told())
    before = world.digest()
    again = world.settle(*reversed(told()))
    assert (again.state, again.unchanged) == ("booked", 17)
    assert world.digest() == before


def test_one_penny_too_many_keeps_the_whole_file_aside(world: World) -> None:
    before = traded(world).digest()
    found = world.settle(*told(), total="78.61")
    assert (found.state, found.quarantined, found.applied) == ("quarantined", 17, 0)
    assert found.reason == (
        "Its rows add up to 78.60 GBP, the platform says 78.61: a difference of -0.01."
    )
    after = world.digest()
    assert after.derived == before.derived
    assert world.rows("SELECT COUNT(*) FROM settlements_row")[0][0] == 17
    assert world.broken() == []


def test_a_corrected_file_comes_in_beside_the_one_kept_aside(world: World) -> None:
    path = traded(world).write_settlement(*told(), total="78.61")
    world.settlement_file(path)
    assert world.settlement_file(path).statements[0].unchanged == 17
    assert world.settle(*told()).state == "booked"
    states = world.rows("SELECT rejection, state FROM settlements_statement ORDER BY rejection")
    assert [tuple(row) for row in states] == [(0, "booked"), (1, "quarantined")]
    assert world.settle(*told(), total="78.62").state == "quarantined"
    assert world.broken() == []


def test_another_currency_waits_for_a_rate(world: World) -> None:
    found = traded(world).settle(*told(), currency="EUR")
    assert (found.state, found.waiting) == ("waiting", 17)
    assert found.reason == "There is no rate from EUR to GBP on or before 2011-02-03."
    assert world.broken() == []


@pytest.mark.parametrize("step", ["storing", "booking"])
def test_a_killed_import_goes_on_where_it_stopped(
    world: World, worlds: Worlds, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    traded(world)
    monkeypatch.setattr(working, "BATCH_ROWS", 4)
    monkeypatch.setattr(staging, "STAGED_ROWS", 4)
    path = world.write_settlement(*told())
    whole = world.kernel.db.write
    owner, name, after = {
        "storing": (importing, "insert_rows", 2),
        "booking": (working, "_book_batch", 3),
    }[step]
    kept, calls = getattr(owner, name), []

    def killed(*arguments: object) -> object:
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt
        return kept(*arguments)

    monkeypatch.setattr(owner, name, killed)
    with pytest.raises(KeyboardInterrupt):
        world.settlement_file(path)
    monkeypatch.setattr(owner, name, kept)
    assert world.broken() == []

    found = world.settlement_file(path).statements[0]

    assert (found.state, found.applied) == ("booked", 17)
    assert world.open_items("1210") == world.open_items("1220") == {}
    assert world.open_items("1060") == {"901": 7860}
    assert world.broken() == []
    assert whole is not None


def test_rows_of_one_order_are_booked_together_however_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "BATCH_ROWS", 3)
    traded(world).settle(
        *[f"Order/ItemPrice/Principal 1.20 on 2011-02-03 for {ORDERS[0]} of MUG"] * 10
    )
    assert ORDERS[0] not in world.open_items("1210")
    rows = world.rows("SELECT COUNT(*) FROM ledger_entry WHERE natural_key LIKE 'settled:%'")
    assert rows[0][0] == 1
    assert world.broken() == []


def test_a_file_that_cannot_be_read_changes_nothing(world: World) -> None:
    path = traded(world).write_settlement(*told())
    path.write_text(path.read_text().replace("-3.00", "-3.x0"))
    before = world.digest()
    with pytest.raises(InputError, match="is not an amount"):
        world.settlement_file(path)
    assert world.digest() == before
    assert world.rows("SELECT COUNT(*) FROM settlements_statement")[0][0] == 0


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("settlements_row", {"id": "id + 1000000", "statement_id": "statement_id + 1000000"}),
        ("settlements_booking", {"id": "id + 1000000"}),
    ],
)
def test_no_row_belongs_to_a_settlement_that_there_is_not(
    world: World, table: str, changed: dict[str, str]
) -> None:
    traded(world).settle(*told())
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)foreign key|which there is not"):
        world.change(copied(table, **changed))
    assert world.broken() == []


def test_a_settlement_is_never_taken_away(world: World) -> None:
    traded(world).settle(*told())
    with pytest.raises(sa.exc.DBAPIError, match=r"(?i)foreign key|append-only"):
        world.change("DELETE FROM settlements_statement")
    assert world.broken() == []
