"""Engines: how we connect to SQLite and to PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from core import changed
from core.driver import watch

IDLE_SECONDS = 1.0
"""After so long without use a connection is tried before it is used again."""

_RETURNED = "returned at"
_MODE = "begun last to"


def engine_of(url: sa.URL) -> Engine:
    """Return the engine of a database."""
    sqlite = url.get_backend_name() == "sqlite"
    engine = _sqlite_engine(url) if sqlite else _postgres_engine(url)
    changed.watch(engine)
    return engine


def _postgres_engine(url: sa.URL) -> Engine:
    engine = sa.create_engine(url)
    event.listen(engine, "checkin", _note_return)
    event.listen(engine, "checkout", _try_idle)
    watch(engine)
    return engine


def _note_return(_connection: object, record: Any) -> None:
    record.info[_RETURNED] = time.monotonic()


def _try_idle(connection: Any, record: Any, _proxy: object) -> None:
    """Try a connection that nobody used for a moment: the server may have been started anew.

    One that was in use just now is tried by its next statement, not by one more beforehand.
    """
    returned = record.info.get(_RETURNED)
    if returned is None or time.monotonic() - returned < IDLE_SECONDS:
        return
    from psycopg import Error

    before = connection.autocommit
    try:
        connection.autocommit = True
        connection.execute("SELECT 1")
        connection.autocommit = before
    except Error as error:
        raise sa.exc.InvalidatePoolError from error


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
    driver: Any = connection.connection.driver_connection
    if connection.info.get(_MODE) != mode:
        driver.execute(f"PRAGMA query_only={'ON' if mode == 'READ' else 'OFF'}")
        connection.info[_MODE] = mode
    begin = "BEGIN" if mode == "READ" else "BEGIN IMMEDIATE"
    try:
        driver.execute(begin)
    except sqlite3.Error as error:
        raise sa.exc.DBAPIError.instance(
            begin, None, error, sqlite3.Error, dialect=connection.dialect
        ) from error
