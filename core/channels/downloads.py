"""Reports that sellers download: a table as CSV or XLSX, with words about it above its header."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from pathlib import Path

from core.errors import InputError

HEAD_LINES = 40
MOST_BYTES = 200_000_000
"""Of a report, and of a workbook after it was unpacked."""
Row = dict[str, str]
Numbered = tuple[int, Row]
_ZIP = b"PK\x03\x04"
_DAMAGED = (zipfile.BadZipFile, KeyError, ValueError, OSError, TypeError, IndexError)


@dataclass(frozen=True)
class Download:
    """A kind of report: titles by which its header is known, those needed, and where it comes from.

    Titles are compared as `plain_title` writes them.
    """

    marks: Sequence[str]
    needed: Sequence[str]
    hint: str

    def fits(self, path: Path) -> bool:
        """Say whether a file has the header of such a report near its start."""
        try:
            for place, (_, cells) in enumerate(self._table(path)):
                if self._is_head(cells):
                    return True
                if place >= HEAD_LINES:
                    return False
        except InputError:
            return False
        return False

    def rows(self, path: Path) -> Iterator[Numbered]:
        """Yield every row below the header by its titles, with its number in the file.

        Raises: InputError for a file that is too large, damaged, cut, or without the header.
        """
        if path.stat().st_size > MOST_BYTES:
            raise InputError("The file is too large.", where=path.name, hint="Report fewer days.")
        head: list[str] | None = None
        for number, cells in self._table(path):
            if head is None:
                head = self._head(cells) if self._is_head(cells) else None
            elif any(cells):
                if len(cells) != len(head):
                    said = "The line has not as many cells as the header."
                    raise InputError(said, where=f"line {number}", hint=self.hint)
                yield number, dict(zip(head, (cell.strip() for cell in cells), strict=True))
        if head is None:
            raise InputError("It has no header of such a report.", where=path.name, hint=self.hint)

    def _is_head(self, cells: Sequence[str]) -> bool:
        return set(self.marks) <= {plain_title(cell) for cell in cells}

    def _head(self, cells: Sequence[str]) -> list[str]:
        names = [plain_title(cell) for cell in cells]
        if missing := [name for name in self.needed if name not in names]:
            said = f"The columns {', '.join(missing)} are missing."
            raise InputError(said, where="the header", hint=self.hint)
        return names

    def _table(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        with path.open("rb") as stream:
            packed = stream.read(len(_ZIP)) == _ZIP
        yield from self._sheets(path) if packed else self._lines(path)

    def _lines(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            try:
                for cells in reader:
                    yield reader.line_num, cells
            except (csv.Error, UnicodeDecodeError) as error:
                raise self._unreadable(path, error) from None

    def _sheets(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of the first sheet that has the header."""
        from openpyxl import load_workbook

        try:
            with zipfile.ZipFile(path) as archive:
                if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                    raise InputError("The workbook is too large.", where=path.name)
            book = load_workbook(path, read_only=True, data_only=True)
            try:
                for sheet in book.worksheets:
                    rows = enumerate(sheet.iter_rows(values_only=True), 1)
                    for number, values in rows:
                        cells = [_text(value) for value in values]
                        if self._is_head(cells):
                            yield number, cells
                            width = len(cells)
                            for n, more in rows:
                                yield (
                                    n,
                                    [_text(v) for v in more[:width]] + [""] * (width - len(more)),
                                )
                            return
                        if number >= HEAD_LINES:
                            break
            finally:
                book.close()
        except _DAMAGED as error:
            raise self._unreadable(path, error) from None

    def _unreadable(self, path: Path, error: Exception) -> InputError:
        said = f"The file cannot be read: {type(error).__name__}."
        return InputError(said, where=path.name, hint=self.hint)


def plain_title(title: str) -> str:
    """Return a title as it is compared: in lower case, with one kind of dash and of blank."""
    text = title.replace("\u2013", "-").replace("\u2014", "-")
    return " ".join(text.split()).lower()


def _text(value: object) -> str:
    """Return a cell as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        # A workbook holds amounts as binary numbers; sixteen digits are more than any amount has.
        return f"{value:.15g}"
    return str(value)
