"""What an addon stored, as files that any program reads: a ZIP with a CSV of each of its tables."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection as DbConnection

from core.errors import InputError
from core.errors import NotFound
from core.kernel import states
from core.kernel.kernel import Kernel
from core.kernel.removal import owned_tables

BATCH = 1000


def export_addon(kernel: Kernel, name: str, file: Path) -> dict[str, int]:
    """Write the tables of an addon, installed or not any more; return the rows of each.

    Raises: NotFound where nothing is stored of it, InputError if the file is there or cannot be
    written.
    """
    with kernel.db.read() as session:
        row = states.stored_addons(session).get(name)
        if row is None:
            raise NotFound(f"Nothing is stored of an addon {name}.")
        connection = session.connection()
        try:
            with zipfile.ZipFile(file, "x", zipfile.ZIP_DEFLATED) as archive:
                tables = owned_tables(connection, name, row)
                return {table: _write(connection, archive, table) for table in tables}
        except OSError as error:
            raise InputError(
                f"it cannot be written: {error.strerror}.", where=str(file), hint="Name a new file."
            ) from error


def _write(connection: DbConnection, archive: zipfile.ZipFile, table: str) -> int:
    found = connection.execution_options(yield_per=BATCH).execute(
        sa.select(sa.text("*")).select_from(sa.table(table))
    )
    number = 0
    with (
        archive.open(f"{table}.csv", "w", force_zip64=True) as raw,
        io.TextIOWrapper(raw, "utf-8", newline="") as text,
    ):
        writer = csv.writer(text)
        writer.writerow(found.keys())
        for rows in found.partitions():
            writer.writerows(_cells(row) for row in rows)
            number += len(rows)
    return number


def _cells(row: Sequence[Any]) -> list[object]:
    return [value.hex() if isinstance(value, bytes | memoryview) else value for value in row]
