"""Stamps: a number for each of some tables that seldom change, another after every change.

Triggers draw it by chance: a number that was rolled back with its change, or lost with a backup
that was put back, does not come again.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.changed import STAMPED
from core.db import Base
from core.db import BigInt

ACTS = ("insert", "update", "delete")

STAMPS = sa.Table(
    "kernel_stamp",
    Base.metadata,
    sa.Column("topic", sa.Text(), primary_key=True),
    sa.Column("stamp", BigInt, nullable=False),
    sqlite_strict=True,
)
"""A table that has not changed since the triggers were made has no row."""


def create_stamps(connection: Connection) -> None:
    """Make the triggers that are missing; SQLite loses a table's when a migration rebuilds it."""
    missing = missing_stamps(connection)
    if missing and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_FUNCTION)
    for name in missing:
        table, _, act = name.removeprefix("kernel_stamp_").rpartition("_")
        connection.exec_driver_sql(_trigger(connection.dialect.name, name, table, act))


def missing_stamps(connection: Connection) -> list[str]:
    """Return the names of the triggers that the database lacks."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    present = set(connection.execute(sa.text(query)).scalars())
    return [name for name in _names() if name not in present]


def drop_stamps(connection: Connection) -> None:
    """Take the triggers away."""
    for name in _names():
        table = name.removeprefix("kernel_stamp_").rpartition("_")[0]
        where = f" ON {table}" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{where}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS kernel_stamp_table()")


def _names() -> Iterator[str]:
    return (f"kernel_stamp_{table}_{act}" for table in STAMPED for act in ACTS)


def _trigger(dialect: str, name: str, table: str, act: str) -> str:
    head = f"CREATE TRIGGER {name} AFTER {act.upper()} ON {table}"
    if dialect == "postgresql":
        return f"{head} FOR EACH STATEMENT EXECUTE FUNCTION kernel_stamp_table()"
    topic = f"'{table}'"
    return f"{head} BEGIN {_STAMP.format(topic=topic, chance='random()')}; END"


_STAMP = (
    "INSERT INTO kernel_stamp (topic, stamp) VALUES ({topic}, {chance})"
    " ON CONFLICT (topic) DO UPDATE SET stamp = excluded.stamp"
)
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION kernel_stamp_table() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    + _STAMP.format(topic="TG_TABLE_NAME", chance="(random() * 9e15)::bigint")
    + "; RETURN NULL; END $$"
)
