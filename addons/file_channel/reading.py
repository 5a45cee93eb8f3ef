"""Opening a file as a table: what it is, its content says before its name."""

from __future__ import annotations

from pathlib import Path

from addons.file_channel.mapping import Mapping
from addons.file_channel.table import Table
from addons.file_channel.texts import TextTable
from addons.file_channel.unpacking import check_packing
from addons.file_channel.unpacking import unpacked
from core.api import InputError

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF = b"%PDF-"


def open_table(path: Path, mapping: Mapping) -> tuple[Table, list[str]]:
    """Return a file as a table, and its header.

    Raises: InputError if it is no table, damaged, or beyond the limits of the mapping.
    """
    if path.exists() and not path.is_file():
        raise InputError("This is not a file.", where=str(path), hint="Name one file of orders.")
    start = next(unpacked(path, mapping.limits), b"")
    if start.startswith(_OLD_OFFICE):
        raise _foreign(path, "an Excel file of the old kind (.xls)")
    if start.startswith(_PDF):
        raise _foreign(path, "a PDF")
    if start.startswith(_ZIP):
        from addons.file_channel.sheets import SheetTable

        table: Table = SheetTable(path, mapping)
    else:
        table = TextTable(path, mapping)
    check_packing(path, mapping.limits)
    return table, table.header()


def _foreign(path: Path, what: str) -> InputError:
    return InputError(f"This is {what}.", where=path.name, hint="Save it as XLSX or CSV.")
