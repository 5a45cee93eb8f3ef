"""Engines: how we connect to SQLite and to PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine


def engine_of(url: sa.URL) -> Engine:
    """Return the engine of a database."""
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    return _sqlite_engine(url)


def _sqlite_engine(url: sa.URL) -> Engine:
    engine = sa.create_engine(url)
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes too late (at the first change): we send it ourselves.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # What is deleted or replaced is overwritten: personal data must not outlive its row.
        "secure_delete=ON",
        "busy_timeout=15000",
        "cache_size=-65536",
        "analysis_limit=20000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if mode == 'READ' else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if mode == "READ" else "BEGIN IMMEDIATE")
