"""Tables in XLSX workbooks, checked before a byte of them is unpacked and read row by row."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from datetime import date
from datetime import datetime
from datetime import time
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO
from typing import Any
from xml.etree.ElementTree import ParseError

from addons.file_channel.table import Row
from addons.file_channel.table import Table
from addons.file_channel.unpacking import unpacked
from core.api import InputError

_IN_MEMORY = 16 << 20
_RATIO_FROM = 64 << 20

# The sheet is read piece by piece, but its table of texts and its styles are held whole.
_LARGEST_PART = 48 << 20
_MOST_PARTS = 10_000
_LAST_ROW = 1_048_576

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    OSError,
    ParseError,
    TypeError,
    ValueError,
)


class SheetTable(Table):
    """A sheet of a workbook as a table."""

    def read(self) -> Iterator[Row]:
        """Yield the number and the cells of every row that is not empty."""
        with self._content() as stream:
            rows = self._sheet_rows(stream)
            number = 0
            while True:
                number += 1
                try:
                    cells = next(rows, None)
                except _UNREADABLE as error:
                    raise self._damaged(error, number) from None
                if cells is None:
                    return
                if number > _LAST_ROW:
                    raise self.error("The sheet has more rows than Excel allows.", number, _AGAIN)
                if len(cells) > self.mapping.limits.columns:
                    raise self._too_wide(len(cells), number)
                texts = [self._text(value, number) for value in cells]
                if any(texts):
                    yield number, texts

    @contextmanager
    def _content(self) -> Iterator[IO[bytes]]:
        """Give the workbook as a file that can be searched, unpacked if it was packed."""
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as stream:
            for piece in unpacked(self.path, self.mapping.limits):
                stream.write(piece)
            stream.seek(0)
            self._check_parts(stream)
            stream.seek(0)
            yield stream

    def _check_parts(self, stream: IO[bytes]) -> None:
        limits = self.mapping.limits
        try:
            with zipfile.ZipFile(stream) as archive:
                parts = archive.infolist()
        except _UNREADABLE as error:
            raise self._damaged(error, None) from None
        total = sum(part.file_size for part in parts)
        packed = max(sum(part.compress_size for part in parts), 1)
        held = [part for part in parts if "worksheets/" not in part.filename]
        if (
            len(parts) > _MOST_PARTS
            or total > limits.unpacked_bytes
            or total > max(_RATIO_FROM, packed * limits.unpacked_ratio)
            or any(part.file_size > _LARGEST_PART for part in held)
        ):
            raise self.error(
                f"The workbook unpacks to {total >> 20:,} MB in {len(parts):,} parts, too much to"
                " be read.",
                None,
                "If it is what you expect, save the sheet as CSV and import that.",
            )

    def _sheet_rows(self, stream: IO[bytes]) -> Iterator[tuple[Any, ...]]:
        import openpyxl

        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        with closing(book):
            name = self.mapping.file.sheet
            if name and name not in book.sheetnames:
                raise self.error(
                    f"The workbook has no sheet {name!r}, only {', '.join(book.sheetnames)}.",
                    None,
                    "Correct file.sheet in the mapping.",
                )
            sheet = book[name] if name else book.worksheets[0]
            # The size that a sheet states of itself is often wrong.
            sheet.reset_dimensions()
            yield from sheet.iter_rows(values_only=True)

    def _text(self, value: object, number: int) -> str:
        """Return the text of a cell, numbers in the mapping's way of writing, dates as ISO 8601."""
        if value is None:
            return ""
        if isinstance(value, str):
            if len(value) > self.mapping.limits.cell_chars:
                limit = self.mapping.limits.cell_chars
                raise self.error(
                    f"A cell has more than {limit:,} characters.",
                    number,
                    "Shorten it, or raise limits.cell_chars.",
                )
            return value
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, int | float):
            return _plain(value).replace(".", self.mapping.decimal)
        if isinstance(value, datetime):
            return value.isoformat(" ", "seconds")
        if isinstance(value, date):
            return f"{value.isoformat()} 00:00:00"
        return value.isoformat() if isinstance(value, time) else str(value)

    def _too_wide(self, found: int, number: int) -> InputError:
        return self.error(
            f"The row has {found:,} columns.",
            number,
            "Remove those that are not needed, or raise limits.columns in the mapping.",
        )

    def _damaged(self, error: Exception, number: int | None) -> InputError:
        return self.error(
            f"The workbook is cut or damaged ({type(error).__name__}: {error}).", number, _AGAIN
        )


_AGAIN = "Save it again with a spreadsheet program, or as CSV."


def _plain(value: float) -> str:
    """Return a number without exponent, and a whole number without decimals."""
    return str(int(value)) if value == int(value) else f"{Decimal(repr(value)):f}"
