"""Triggers that keep the audit trail as it was written, below every caller."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

APPEND_ONLY = ("identity_audit", "identity_seal")


def create_guards(connection: Connection) -> None:
    """Make the triggers that are missing."""
    missing = missing_guards(connection)
    if missing and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION identity_append_only() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$"
        )
    for name in missing:
        table, _, act = name.rpartition("_no_")
        connection.exec_driver_sql(_trigger(connection.dialect.name, name, table, act))


def missing_guards(connection: Connection) -> list[str]:
    """Return the names of the triggers that the database lacks."""
    acts = ["update", "delete"]
    if connection.dialect.name == "postgresql":
        acts.append("truncate")
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    present = set(connection.execute(sa.text(query)).scalars())
    names = [f"{table}_no_{act}" for table in APPEND_ONLY for act in acts]
    return [name for name in names if name not in present]


def _trigger(dialect: str, name: str, table: str, act: str) -> str:
    head = f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table}"
    if dialect == "sqlite":
        return f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return f"{head} FOR EACH STATEMENT EXECUTE FUNCTION identity_append_only()"
