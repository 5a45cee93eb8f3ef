"""Copies that nobody waits for: in their order, seen by whoever asks, and undone when one fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.behind import do_behind
from core.behind import drop_behind
from core.behind import is_behind
from core.behind import wait_behind
from core.bulk import FEW
from core.db import Database
from core.driver import held_by
from core.errors import Conflict
from core.rows import bulk_insert
from core.rows import bulk_update
from core.rows import bulk_upsert

NOTE = sa.table(
    "note",
    *(sa.column(name, sa.BigInteger()) for name in ("company_id", "id", "number")),
)
NAMES = ["company_id", "id", "number"]
MANY = FEW + 30


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    with database.write() as session:
        session.execute(
            sa.text(
                "CREATE TABLE note (company_id BIGINT, id BIGINT, number BIGINT,"
                " PRIMARY KEY (company_id, id))"
            )
        )
    yield database
    database.dispose()


def rows(start: int, end: int) -> list[tuple[int, int, int]]:
    return [(1, number, 0) for number in range(start, end)]


def total(session: Session) -> tuple[int, int]:
    found = session.execute(sa.text("SELECT count(*), sum(number) FROM note")).one()
    return found[0], int(found[1] or 0)


def test_what_is_written_after_a_copy_finds_its_rows(database: Database) -> None:
    with database.write() as session:
        bulk_insert(session, NOTE, NAMES, rows(0, MANY))
        changed = [(1, number, 2) for number in range(MANY)]
        bulk_update(session, NOTE, NAMES, changed, assign="number = number + {number}")
        bulk_insert(session, NOTE, NAMES, rows(MANY, MANY + 3))
        bulk_insert(session, NOTE, NAMES, rows(MANY + 3, 3 * MANY))

    with database.read() as session:
        assert total(session) == (3 * MANY, 2 * MANY)


def test_who_asks_sees_what_was_copied_before(database: Database) -> None:
    with database.write() as session:
        bulk_insert(session, NOTE, NAMES, rows(0, 5 * MANY))
        assert total(session) == (5 * MANY, 0)


def test_a_list_may_be_filled_anew_while_its_rows_are_copied(database: Database) -> None:
    with database.write() as session:
        batch = rows(0, MANY)
        bulk_insert(session, NOTE, NAMES, batch)
        batch.clear()
        batch += rows(MANY, 2 * MANY)
        bulk_insert(session, NOTE, NAMES, batch)

    with database.read() as session:
        assert total(session)[0] == 2 * MANY


def copy_twice(database: Database, *, ask: bool) -> None:
    with database.write() as session:
        bulk_insert(session, NOTE, NAMES, rows(0, MANY))
        bulk_insert(session, NOTE, NAMES, rows(MANY - 1, 2 * MANY))
        bulk_insert(session, NOTE, NAMES, rows(5 * MANY, 6 * MANY))
        if ask:
            total(session)


@pytest.mark.parametrize("ask", [False, True])
def test_a_copy_that_fails_undoes_the_transaction(database: Database, ask: bool) -> None:
    with pytest.raises(Exception, match=r"(?i)unique"):
        copy_twice(database, ask=ask)

    with database.write() as session:
        assert total(session) == (0, 0)
        bulk_insert(session, NOTE, NAMES, rows(0, MANY))
    with database.read() as session:
        assert total(session) == (MANY, 0)


def test_a_savepoint_is_undone_with_the_copy_in_it(database: Database) -> None:
    with database.write() as session:
        bulk_insert(session, NOTE, NAMES, rows(0, MANY))
        with pytest.raises(Exception, match=r"(?i)unique"), session.begin_nested():
            bulk_insert(session, NOTE, NAMES, rows(MANY - 1, 2 * MANY))
        bulk_insert(session, NOTE, NAMES, rows(MANY, 2 * MANY))

    with database.read() as session:
        assert total(session) == (2 * MANY, 0)


def raise_numbers(database: Database, changed: list[tuple[int, int, int]], copied: int) -> None:
    with database.write() as session:
        bulk_insert(session, NOTE, NAMES, rows(MANY, MANY + copied))
        bulk_update(
            session,
            NOTE,
            NAMES,
            changed,
            assign="number = number + {number}",
            guard="AND number + {number} < 10",
            refused=lambda missing: Conflict(f"{missing} are too many."),
        )


@pytest.mark.parametrize("copied", [0, 1, MANY])
def test_rows_that_a_guard_refuses_undo_all(database: Database, copied: int) -> None:
    with database.write() as session:
        bulk_insert(session, NOTE, NAMES, rows(0, MANY))
    raise_numbers(database, [(1, 0, 9), (1, 1, 1)], 0)

    with pytest.raises(Conflict, match="2 are too many"):
        raise_numbers(database, [(1, 0, 1), (1, 1, 9), (1, 2, 9)], copied)

    with database.read() as session:
        assert total(session) == (MANY, 10)


@pytest.mark.parametrize("count", [1, MANY])
def test_rows_are_added_to_those_that_are_there(database: Database, count: int) -> None:
    for _ in range(2):
        with database.write() as session:
            bulk_upsert(
                session,
                NOTE,
                NAMES,
                [(1, number, 3) for number in range(count)],
                key=("company_id", "id"),
                assign="number = {old}.number + excluded.number",
            )

    with database.read() as session:
        assert total(session) == (count, 6 * count)


def test_after_a_step_that_failed_no_other_is_done() -> None:
    info: dict[object, object] = {}
    done: list[int] = []

    def fail() -> None:
        raise ZeroDivisionError

    for step in (lambda: done.append(1), fail, lambda: done.append(2)):
        do_behind(info, step)
    assert is_behind(info)
    with pytest.raises(ZeroDivisionError):
        wait_behind(info)

    assert done == [1]
    assert not is_behind(info)
    do_behind(info, fail)
    drop_behind(info)
    do_behind(info, lambda: done.append(3))
    wait_behind(info)
    assert done == [1, 3]


def test_nothing_waits_for_a_copy_before_the_commit(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.write() as session:
        session.execute(sa.text("CREATE TABLE note (company_id int, id int, number bigint)"))
    try:
        with database.write() as session:
            bulk_insert(session, NOTE, NAMES, rows(0, MANY))
            assert is_behind(held_by(session).info)
    finally:
        database.dispose()
