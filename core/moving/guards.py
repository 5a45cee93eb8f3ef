"""Triggers and orders of rows, set aside while rows are copied that have obeyed them already.

A trigger that counts rows would count them twice, since what it counted is copied too.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session


@contextmanager
def guards_off(session: Session, tables: Sequence[sa.Table]) -> Iterator[None]:
    """Switch off the triggers of tables, and let a row refer to one that comes later.

    All of it is undone with the transaction where the block fails.
    """
    if session.get_bind().dialect.name == "sqlite":
        # Foreign keys are off there while a schema changes, and checked before the commit.
        with _without_triggers(session):
            yield
        return
    for table in tables:
        session.execute(sa.text(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER'))
    late = list(_late_references(tables))
    _alter(session, late, "DEFERRABLE INITIALLY DEFERRED")
    yield
    session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    _alter(session, late, "NOT DEFERRABLE")
    for table in tables:
        session.execute(sa.text(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER'))


@contextmanager
def _without_triggers(session: Session) -> Iterator[None]:
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid"
    triggers = session.connection().exec_driver_sql(query).all()
    for name, _sql in triggers:
        session.connection().exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _name, statement in triggers:
        session.connection().exec_driver_sql(statement)


def _late_references(tables: Sequence[sa.Table]) -> Iterator[tuple[str, str]]:
    """Yield table and name of each foreign key to a row that may be copied later."""
    places = {table.name: place for place, table in enumerate(tables)}
    for table in tables:
        for constraint in table.foreign_key_constraints:
            if places.get(constraint.referred_table.name, -1) >= places[table.name]:
                yield table.name, str(constraint.name)


def _alter(session: Session, constraints: Sequence[tuple[str, str]], how: str) -> None:
    for table, name in constraints:
        session.execute(sa.text(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" {how}'))
