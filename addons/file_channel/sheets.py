"""Tables in XLSX workbooks, checked before a byte of them is unpacked and read row by row."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Generator
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from datetime import date
from datetime import datetime
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO
from typing import Any
from xml.etree.ElementTree import ParseError

from addons.file_channel.table import Row
from addons.file_channel.table import Table
from addons.file_channel.unpacking import RATIO_FROM
from addons.file_channel.unpacking import unpacked
from core.api import InputError

_IN_MEMORY = 16 << 20

# The sheet is read piece by piece, but its table of texts and its styles are held whole.
_LARGEST_PART = 48 << 20
_MOST_PARTS = 10_000
_LAST_ROW = 1_048_576

_PIECE = 1 << 16
_ROW_END = re.compile(rb"</(?:\w+:)?row>|<(?:\w+:)?row\b[^<>]*/>")

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

    rows_may_be_short = True

    def read(self) -> Generator[Row, None, None]:
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
                texts = [self._text(value, number, at) for at, value in enumerate(cells, 1)]
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
        try:
            with zipfile.ZipFile(stream) as archive:
                self._check_sizes(archive.infolist())
                for part in archive.infolist():
                    if _is_sheet(part):
                        self._check_rows(archive, part)
        except _UNREADABLE as error:
            raise self._damaged(error, None) from None

    def _check_sizes(self, parts: list[zipfile.ZipInfo]) -> None:
        limits = self.mapping.limits
        total = sum(part.file_size for part in parts)
        packed = max(sum(part.compress_size for part in parts), 1)
        if (
            len(parts) > _MOST_PARTS
            or total > limits.unpacked_bytes
            or total > max(RATIO_FROM, packed * limits.unpacked_ratio)
            or any(part.file_size > _LARGEST_PART for part in parts if not _is_sheet(part))
        ):
            raise self.error(
                f"The workbook unpacks to {total >> 20:,} MB in {len(parts):,} parts, too much to"
                " be read.",
                None,
                "If it is what you expect, save the sheet as CSV and import that.",
            )

    def _check_rows(self, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
        """Refuse a sheet with a row so long that reading it would fill the memory."""
        limit, number, rest = self.mapping.limits.line_chars, 1, b""
        with archive.open(part) as stream:
            while piece := stream.read(_PIECE):
                *rows, rest = _ROW_END.split(rest + piece)
                number += len(rows)
                if len(rest) > limit:
                    raise self.error(
                        f"The row takes more than {limit:,} bytes.",
                        number,
                        "Shorten its cells, or raise limits.line_chars in the mapping.",
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

    def _text(self, value: object, number: int, column: int) -> str:
        """Return the text of a cell, numbers in the mapping's way of writing."""
        if value is None:
            return ""
        if not isinstance(value, str):
            return _text_of(value, self.mapping.decimal)
        limit = self.mapping.limits.cell_chars
        if len(value) > limit:
            raise self.error(
                f"The cell in column {column} has more than {limit:,} characters.",
                number,
                "Shorten it, or raise limits.cell_chars.",
            )
        return value

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


def _is_sheet(part: zipfile.ZipInfo) -> bool:
    return "worksheets/" in part.filename


_AGAIN = "Save it again with a spreadsheet program, or as CSV."


def _text_of(value: object, decimal: str) -> str:
    """Return dates as ISO 8601, numbers without exponent, whole numbers without decimals."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        whole = isinstance(value, int) or value.is_integer()
        text = str(int(value)) if whole else f"{Decimal(repr(value)):f}"
        return text.replace(".", decimal)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return f"{value.isoformat()} 00:00:00"
    return str(value)
