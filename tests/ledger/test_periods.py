"""Periods: they close in order, take nothing more, reopen with a reason; late facts say theirs."""

from __future__ import annotations

import threading
from datetime import date

import pytest
import sqlalchemy as sa

from core.errors import Conflict
from core.errors import InputError
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.periods import close_period
from core.ledger.periods import hold_books
from core.ledger.periods import last_day
from core.ledger.periods import next_month
from core.ledger.periods import open_day
from core.ledger.periods import reopen_period
from tests.world import World

JANUARY, FEBRUARY = date(2011, 1, 1), date(2011, 2, 1)
TODAY = date(2011, 3, 10)


def post(world: World, key: str, day: date, happened_on: date | None = None) -> None:
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        entry = journal.entry(next_id(session), key, "manual", day, happened_on=happened_on)
        entry.add("8120", 500, Dimensions())
        entry.add("1000", -500, Dimensions())
        journal.post()


def close(world: World, month: date, today: date = TODAY) -> None:
    with world.kernel.db.write() as session:
        close_period(session, world.company.id, month, today=today, by="ann")


def reopen(world: World, month: date, reason: str = "a bill came late") -> None:
    with world.kernel.db.write() as session:
        reopen_period(session, world.company.id, month, reason=reason, by="ann")


def test_months_are_told_apart() -> None:
    assert next_month(date(2011, 12, 31)) == date(2012, 1, 1)
    assert last_day(date(2012, 2, 1)) == date(2012, 2, 29)
    assert open_day(date(2011, 11, 30), {date(2011, 11, 1), date(2011, 12, 1)}) == date(2012, 1, 1)


def test_months_close_in_their_order_and_open_backwards(world: World) -> None:
    post(world, "a", JANUARY)
    post(world, "b", FEBRUARY)
    with pytest.raises(Conflict, match="2011-01 is open"):
        close(world, FEBRUARY)
    close(world, JANUARY)
    close(world, FEBRUARY)
    with pytest.raises(Conflict, match="closed already"):
        close(world, FEBRUARY)
    with pytest.raises(Conflict, match="2011-02 is closed too"):
        reopen(world, JANUARY)
    reopen(world, FEBRUARY)
    with pytest.raises(Conflict, match="is not closed"):
        reopen(world, FEBRUARY)
    kept = world.rows("SELECT state, changed_by, reason FROM ledger_period ORDER BY month")
    assert [tuple(row) for row in kept] == [
        ("closed", "ann", None), ("open", "ann", "a bill came late")
    ]  # fmt: skip
    said = world.rows("SELECT action FROM identity_audit WHERE subject = 'period:2011-02'")
    assert sorted(row[0] for row in said) == ["period.closed", "period.reopened"]


def test_a_month_that_is_not_over_or_holds_nothing_stays_open(world: World) -> None:
    post(world, "a", FEBRUARY)
    with pytest.raises(Conflict, match="not over"):
        close(world, FEBRUARY, today=date(2011, 2, 28))
    with pytest.raises(Conflict, match="Nothing was booked in 2011-01"):
        close(world, JANUARY)
    close(world, FEBRUARY, today=date(2011, 3, 1))


def test_reopening_needs_a_reason(world: World) -> None:
    post(world, "a", JANUARY)
    close(world, JANUARY)
    with pytest.raises(InputError, match="say why"):
        reopen(world, JANUARY, "  ")


def test_a_late_fact_says_to_which_period_it_belongs(world: World) -> None:
    post(world, "late", FEBRUARY, happened_on=date(2011, 1, 31))
    post(world, "same month", FEBRUARY, happened_on=date(2011, 2, 20))
    rows = world.rows("SELECT natural_key, attributed_on FROM ledger_entry ORDER BY natural_key")
    assert [(key, str(day)) for key, day in rows] == [
        ("late", "2011-01-31"), ("same month", "None")
    ]  # fmt: skip


def test_the_database_itself_refuses_an_entry_of_a_closed_month(world: World) -> None:
    post(world, "a", JANUARY)
    close(world, JANUARY)
    copied = (
        "INSERT INTO ledger_entry (company_id, id, natural_key, kind, booked_on, narration,"
        " recorded_at) SELECT company_id, id + 1, 'b', kind, booked_on, '', recorded_at"
        " FROM ledger_entry"
    )
    with pytest.raises(sa.exc.DBAPIError, match="closed"):
        world.change(copied)
    reopen(world, JANUARY)
    world.change(copied)


def test_who_books_while_a_month_closes_comes_before_it_or_not_at_all(world: World) -> None:
    """The one who closes holds the books: what he has checked is what he closes."""
    post(world, "a", JANUARY)
    found: list[object] = []

    def book() -> None:
        try:
            post(world, "race", JANUARY)
        except (Conflict, sa.exc.DBAPIError) as error:
            found.append(error)
        except Exception as error:  # the bulk path raises the driver's own errors
            found.append(error)

    with world.kernel.db.write() as session:
        hold_books(session)
        other = threading.Thread(target=book)
        other.start()
        close_period(session, world.company.id, JANUARY, today=TODAY, by="ann")
    other.join(30)
    assert len(found) == 1
    assert "closed" in str(found[0])
    assert world.rows("SELECT COUNT(*) FROM ledger_entry")[0][0] == 1
