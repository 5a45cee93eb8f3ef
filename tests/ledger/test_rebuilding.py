"""The profit read model is what the postings say, and can be made so again."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from core.cli import build
from core.ledger.folding import fold_changes
from core.ledger.profit import profit_report
from core.ledger.rebuilding import Differences
from core.ledger.rebuilding import rebuild_profit
from core.ledger.rebuilding import verify_profit
from tests.world import World

ORDERS = (
    "1001 MUG 3 @ 10.00 on 2011-01-31 from ann to FR",
    "1001 FEE 1 @ -1.50 on 2011-01-31 from ann to FR",
    "1002 MUG 2 @ 12.00 on 2011-03-01 from bob",
    "C1002 MUG -1 @ 12.00 on 2011-04-02 from bob",
)
NOTHING = Differences(0, 0, 0)


@pytest.fixture
def traded(world: World) -> World:
    """Give a company some of whose changes are folded and some fresh, over several months."""
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders(*ORDERS[:2])
    with world.kernel.db.write() as session:
        assert fold_changes(session, world.company.id) > 0
    world.orders(*ORDERS[2:])
    assert verified(world) == NOTHING
    return world


def verified(world: World) -> Differences:
    with world.kernel.db.read() as session:
        return verify_profit(session, world.company.id)


def rebuilt(world: World) -> int:
    with world.kernel.db.write() as session:
        return rebuild_profit(session, world.company.id)


def lines(world: World) -> dict[str, int]:
    with world.kernel.db.read() as session:
        return profit_report(session, world.company.id, "month").total_lines


def test_what_was_right_stays_as_it_is(traded: World) -> None:
    before = lines(traded)

    assert rebuilt(traded) == 0

    assert (lines(traded), verified(traded)) == (before, NOTHING)
    assert traded.rows("SELECT COUNT(*) FROM ledger_profit_fresh")[0][0] == 0
    assert not traded.broken()


def test_another_line_of_the_waterfall_holds_for_what_was_booked_too(traded: World) -> None:
    before = lines(traded)
    traded.change("UPDATE ledger_account SET profit_line = 'payment_fees' WHERE code = '6000'")
    assert verified(traded) == Differences(1, 0, 300)

    assert rebuilt(traded) == 1

    assert verified(traded) == NOTHING
    assert lines(traded) == {**before, "fees": 0, "payment_fees": -150}


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("UPDATE ledger_profit_sum SET sales = sales + 7 WHERE cut = 'sku.day'", (0, 2)),
        ("DELETE FROM ledger_profit_sum WHERE cut = 'place.month'", (0, 1)),
        ("UPDATE ledger_profit_sum SET fees = fees + 7 WHERE cut = 'sku.year'", (0, 2)),
        ("DELETE FROM ledger_profit_fresh", (0, 8)),
    ],
)
def test_wrong_sums_are_seen_and_made_anew(
    traded: World, harm: str, found: tuple[int, int]
) -> None:
    before = lines(traded)
    traded.change(harm)
    wrong = verified(traded)
    assert (wrong.changes, wrong.sums) == found

    rebuilt(traded)

    assert (lines(traded), verified(traded)) == (before, NOTHING)


def test_an_empty_company_has_nothing_to_compare(world: World) -> None:
    assert (verified(world), rebuilt(world)) == (NOTHING, 0)


def test_commands_tell_the_difference(traded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(build(), ["profit", *arguments], obj=traded.kernel.config)
        return done.exit_code, done.output

    assert run("verify") == (0, "Profit is what was booked: difference 0.00 GBP.\n")
    traded.change("UPDATE ledger_account SET profit_line = 'payment_fees' WHERE code = '6000'")
    code, said = run("verify")
    assert (code, "1 changes and 0 sums differ from the postings, by 3.00 GBP" in said) == (2, True)
    code, said = run("rebuild", "--json")
    assert (code, json.loads(said)) == (0, {"corrected": 1, "difference": "0.00"})
