"""Reversals: an entry that undoes another one, linked to it, once."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from core.cli import build
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ledger.reversing import reverse_entry
from tests.ledger.test_periods import FEBRUARY
from tests.ledger.test_periods import JANUARY
from tests.ledger.test_periods import close
from tests.ledger.test_periods import post
from tests.world import World


def reverse(world: World, key: str, reason: str = "twice", on: date | None = None) -> date:
    with world.kernel.db.write() as session:
        return reverse_entry(session, world.company.id, key, reason=reason, on=on).booked_on


def test_a_reversal_undoes_an_entry_and_points_to_it(world: World) -> None:
    post(world, "rent", JANUARY)
    assert reverse(world, "rent") == JANUARY
    assert world.booked("") == {}
    rows = world.rows(
        "SELECT r.natural_key, e.natural_key, r.narration FROM ledger_entry r"
        " JOIN ledger_entry e ON e.company_id = r.company_id AND e.id = r.reverses_id"
    )
    assert [tuple(row) for row in rows] == [("reversal:rent", "rent", "Reversal of rent: twice")]
    assert world.broken() == []


def test_an_entry_is_reversed_once_and_a_reversal_never(world: World) -> None:
    post(world, "rent", JANUARY)
    reverse(world, "rent")
    with pytest.raises(Conflict, match="reversed already, by reversal:rent"):
        reverse(world, "rent")
    with pytest.raises(Conflict, match="kind reversal"):
        reverse(world, "reversal:rent")


def test_a_reversal_of_a_closed_month_is_booked_later_and_says_its_own(world: World) -> None:
    post(world, "rent", JANUARY)
    close(world, JANUARY)
    assert reverse(world, "rent") == FEBRUARY
    own = world.rows("SELECT attributed_on FROM ledger_entry WHERE reverses_id IS NOT NULL")
    assert str(own[0][0]) == "2011-01-01"
    assert world.broken() == []


def test_what_cannot_be_reversed_is_told_why(world: World) -> None:
    world.stock("MUG 5 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 1 @ 5.00 on 2011-02-01 to US")
    (key,) = world.rows("SELECT natural_key FROM ledger_entry WHERE kind = 'sale'")[0]
    with pytest.raises(Conflict, match="Undo the document"):
        reverse(world, key)
    with pytest.raises(NotFound, match="no entry 'x'"):
        reverse(world, "x")
    post(world, "rent", FEBRUARY)
    with pytest.raises(InputError, match="say why"):
        reverse(world, "rent", " ")
    with pytest.raises(InputError, match="before the entry's own day"):
        reverse(world, "rent", on=JANUARY)


def test_the_command_reverses(world: World) -> None:
    post(world, "rent", JANUARY)
    arguments = ["ledger", "reverse", "rent", "--reason", "twice", "--on", "2011-02-03", "--json"]
    ran = CliRunner().invoke(build(), arguments, obj=world.kernel.config)
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == {"entry": "reversal:rent", "booked_on": "2011-02-03"}
