"""What is sent without waiting fails where it must, and nothing of it stays; on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database
from core.driver import driver_of
from core.driver import held_by
from core.driver import rows_from
from core.driver import settle_sent
from core.orders.models import Order
from core.prepared import Prepared
from core.prepared import among
from core.prepared import ask_together
from core.rows import bulk_insert
from tests.world import World

NOTE = sa.table("note", sa.column("id"), sa.column("text"))
COUNT = sa.text("SELECT count(*) FROM note")


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    with database.write() as session:
        session.execute(sa.text("CREATE TABLE note (id BIGINT PRIMARY KEY, text TEXT)"))
        add(session, 1)
    yield database
    database.dispose()


def add(session: Session, number: int) -> None:
    bulk_insert(session, NOTE, ["id", "text"], [(number, "x")])


def ids(session: Session) -> list[int]:
    return list(session.execute(sa.text("SELECT id FROM note ORDER BY id")).scalars())


def break_off(database: Database, *numbers: int, error: bool = False, asked: bool = False) -> None:
    """Add notes in a transaction that comes to nothing."""
    with database.write() as session:
        for number in numbers:
            add(session, number)
        if asked:
            session.execute(COUNT)
        if error:
            raise ZeroDivisionError


def test_a_row_that_cannot_be_kept_undoes_the_transaction(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)unique"):
        break_off(database, 2, 1)

    with database.write() as session:
        assert ids(session) == [1]
        add(session, 3)
    with database.read() as session:
        assert ids(session) == [1, 3]


def test_an_error_comes_with_what_is_asked_next(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)unique"):
        break_off(database, 1, asked=True)

    with database.read() as session:
        assert ids(session) == [1]


@pytest.mark.parametrize("asked", [False, True])
def test_a_savepoint_is_undone_with_what_was_sent_in_it(database: Database, asked: bool) -> None:
    with database.write() as session:
        # Often enough that the driver has prepared the statement.
        for number in range(10, 20):
            add(session, number)
        savepoint = session.begin_nested()
        with pytest.raises(Exception, match=r"(?i)unique"):  # noqa: PT012
            add(session, 30)
            add(session, 1)
            if asked:
                driver_of(session)
            savepoint.commit()
        savepoint.rollback()
        add(session, 40)
    with database.read() as session:
        assert ids(session) == [1, *range(10, 20), 40]


def test_an_error_of_python_leaves_the_connection_as_it_was(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        break_off(database, 2, error=True)

    with database.write() as session:
        assert ids(session) == [1]


def test_only_what_is_on_its_way_is_waited_for(database: Database) -> None:
    if database.dialect != "postgresql":
        return
    with pytest.raises(Exception, match=r"(?i)unique"), database.write() as session:  # noqa: PT012
        add(session, 2)
        held = held_by(session)
        assert rows_from(held, "SELECT id FROM note ORDER BY id", ()) == [(1,), (2,)]
        settle_sent(held.info)
        assert held.driver.pgconn.pipeline_status
        add(session, 3)
        settle_sent(held.info)
        assert not held.driver.pgconn.pipeline_status
        add(session, 1)
        settle_sent(held.info)
        raise AssertionError("the error of the third row came too late")

    with database.write() as session:
        assert ids(session) == [1]


def test_queries_asked_together_answer_as_one_by_one(world: World) -> None:
    world.orders(*(f"{n} MUG 1 @ 1.00 on 2011-02-0{n}" for n in (1, 2, 3)))
    query = sa.select(Order.external_ref).where(among(Order.external_ref, "refs"))
    by_ref = Prepared(query.order_by(Order.external_ref))
    with world.kernel.db.read() as session:
        asked = [(by_ref, {"refs": refs}) for refs in (["1", "3"], [], ["2"])]
        together = ask_together(session, asked)
        assert together == [by_ref.rows(session, **values) for _, values in asked]
        assert [[row[0] for row in rows] for rows in together] == [["1", "3"], [], ["2"]]
