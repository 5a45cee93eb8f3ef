"""Many rows reach PostgreSQL by the fastest way that its tables allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.bulk import FEW
from core.bulk import array_cells
from core.db import Database
from core.rows import bulk_insert
from core.rows import bulk_update

NOTE = sa.table(
    "note",
    *(sa.column(name, sa.BigInteger()) for name in ("company_id", "id")),
    sa.column("text", sa.Text()),
)
NAMES = ["company_id", "id", "text"]
MANY = FEW + 30


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    with database.write() as session:
        session.execute(
            sa.text("CREATE TABLE note (company_id BIGINT, id BIGINT PRIMARY KEY, text TEXT)")
        )
    yield database
    database.dispose()


def rows(start: int, end: int) -> list[tuple[object, ...]]:
    return [(1, number, f"tab\t {number}") for number in range(start, end)]


def kept(session: Session) -> list[tuple[Any, ...]]:
    query = sa.text("SELECT company_id, id, text FROM note ORDER BY id")
    return [tuple(row) for row in session.execute(query)]


def test_rows_that_are_there_already_are_left_as_they_are(database: Database) -> None:
    with database.write() as session:
        assert bulk_insert(session, NOTE, NAMES, rows(0, MANY)) == MANY
        changed = [(1, number, "a {new},\\") for number in range(MANY - 5, 2 * MANY)]
        assert bulk_insert(session, NOTE, NAMES, changed, missing=True, counted=True) == MANY

    with database.read() as session:
        assert kept(session)[:MANY] == rows(0, MANY)
        assert {row[2] for row in kept(session)[MANY:]} == {"a {new},\\"}


def add_obediently(database: Database, fresh: list[tuple[object, ...]]) -> None:
    with database.write() as session:
        session.execute(sa.text("SET LOCAL ROLE obedient"))
        assert bulk_insert(session, NOTE, NAMES, fresh) == len(fresh)


def test_a_table_with_row_security_takes_many_rows_from_who_obeys_it(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.write() as session:
        for statement in (
            "CREATE TABLE note (company_id BIGINT, id BIGINT PRIMARY KEY, text TEXT)",
            "CREATE POLICY own ON note USING (company_id = 1)",
            "ALTER TABLE note ENABLE ROW LEVEL SECURITY",
            "CREATE ROLE obedient",
            "GRANT SELECT, INSERT ON note TO obedient",
        ):
            session.execute(sa.text(statement))

    try:
        add_obediently(database, rows(0, MANY))
        with database.read() as session:
            assert kept(session) == rows(0, MANY)
        with pytest.raises(Exception, match="row-level security"):
            add_obediently(database, [(2, number, "") for number in range(MANY, 2 * MANY)])
    finally:
        with database.write() as session:
            session.execute(sa.text("DROP OWNED BY obedient"))
            session.execute(sa.text("DROP ROLE obedient"))
        database.dispose()


def test_values_are_changed_row_by_row_also_to_nothing(database: Database) -> None:
    with database.write() as session:
        bulk_insert(session, NOTE, NAMES, rows(0, MANY))
        changed = [(1, 0, '{,"NULL\\'), (1, 1, None), (1, 2, "")]
        bulk_update(session, NOTE, NAMES, changed, assign="text = {text}")

    with database.read() as session:
        assert [row[2] for row in kept(session)[:4]] == ['{,"NULL\\', None, "", "tab\t 3"]


def test_an_array_of_numbers_is_text_and_any_other_a_list() -> None:
    assert array_cells((1, -2, 10**12)) == "{1,-2,1000000000000}"
    assert array_cells((1, None)) == [1, None]
    assert array_cells((True, False)) == [True, False]
    assert array_cells(("a", "b")) == ["a", "b"]
