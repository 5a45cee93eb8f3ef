"""The rows of one table: read in batches, written by the bulk path, and compared afterwards.

Nothing here grows with the database: neither the rows in hand nor what is compared.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from decimal import Decimal

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import utc_text
from core.driver import driver_of
from core.errors import KernelError
from core.rows import bulk_insert

BATCH = 5000
_MODULUS = 1 << 256

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How many rows a table has, and a sum of their hashes, which no order of rows changes."""

    rows: int = 0
    hashes: int = 0

    def with_rows(self, rows: Iterable[Row]) -> Fingerprint:
        """Return the fingerprint of these rows too."""
        count, total = self.rows, self.hashes
        for row in rows:
            count += 1
            total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")
        return Fingerprint(count, total % _MODULUS)


def copy_rows(source: Session, target: Session, table: sa.Table) -> Fingerprint:
    """Copy all rows of a table and return the fingerprint of what was read.

    Raises: KernelError when the target refuses one, with its reason.
    """
    columns = [f'"{column.name}"' for column in table.columns]
    found = Fingerprint()
    for batch in _batches(source, table):
        try:
            bulk_insert(target, table, columns, batch)
            # A few rows were sent without waiting: their errors come with the answer.
            driver_of(target)
        except (sqlite3.Error, psycopg.Error) as error:
            raise KernelError(
                f"{table.name} cannot be copied: {error}.", hint="The target is empty again."
            ) from error
        found = found.with_rows(batch)
    return found


def fingerprint(session: Session, table: sa.Table) -> Fingerprint:
    """Return the fingerprint of a table as it stands."""
    found = Fingerprint()
    for batch in _batches(session, table):
        found = found.with_rows(batch)
    return found


def _batches(session: Session, table: sa.Table) -> Iterator[list[Row]]:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    # As text, so that SQLite gives what it holds, without a type that would read it.
    query = sa.text(f'SELECT {names} FROM "{table.name}"')  # noqa: S608
    options = {"stream_results": True, "max_row_buffer": BATCH}
    result = session.connection().execute(query, execution_options=options)
    # With its size said here: `yield_per` has no effect on text.
    for partition in result.partitions(BATCH):
        yield [tuple(map(_plain, row)) for row in partition]


def _plain(value: object) -> object:
    """Return a value as both engines take and give it."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
