"""The values of cells: whole numbers, prices, moments and countries, read strictly.

Each reader is a dictionary from text to value that fills itself: a file of a million lines holds
some thousands of different dates and prices, and each is read once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from addons.file_channel.countries import english_names
from addons.file_channel.countries import is_country
from addons.file_channel.mapping import Mapping
from core.api import InputError
from core.api import minor_digits
from core.api import to_micro

Value = TypeVar("Value")
Key = TypeVar("Key")

# A file of ever new texts must not fill the memory.
_REMEMBERED = 50_000
_LONGEST = 200

_LARGEST = Decimal(10**9)
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2009\u202f", " "))


class BadValue(Exception):
    """A cell that cannot be read; the message is the reason for the person who must mend it."""


class UnknownCurrency(Exception):
    """A currency that does not exist: the file as a whole is not what the mapping takes it for."""


class Memo(dict[Key, Value]):
    """A dictionary that works out what it does not hold, and empties when it grows too large."""

    def __init__(self, work_out: Callable[[Key], Value]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, key: Key) -> Value:
        if len(self) >= _REMEMBERED:
            self.clear()
        value = self[key] = self._work_out(key)
        return value


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in UTC, the day it was in the shop, and a text that is the same for every format."""

    at: datetime
    on: date
    canonical: str


def number_reader(decimal: str, thousands: str) -> Callable[[str], Decimal]:
    """Return a function that reads numbers written with these separators.

    A minus may stand before or after the number, or brackets around it. Groups must be groups (of
    three, or of two in the Indian way), so that 1.234 is never taken for 1234 by mistake.
    """
    group, point = re.escape(thousands), re.escape(decimal)
    whole = "[0-9]+"
    if thousands:
        whole = f"(?:[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|[0-9]+)"
    shape = re.compile(rf"({whole})(?:{point}([0-9]*))?|{point}([0-9]+)")

    def read(text: str) -> Decimal:
        negative, body = _unsigned(text.translate(_SPACES).strip())
        match = shape.fullmatch(body)
        if match is None:
            raise BadValue(f"{text!r} is not a number")
        units = (match[1] or "0").replace(thousands, "") if thousands else match[1] or "0"
        value = Decimal(f"{units}.{match[2] or match[3] or '0'}")
        if value > _LARGEST:
            raise BadValue(f"{text!r} is too large")
        return -value if negative else value

    return read


def _unsigned(text: str) -> tuple[bool, str]:
    """Return whether a number is negative, and its digits and separators."""
    text = text.replace("\u2212", "-")
    if text.startswith("(") and text.endswith(")"):
        return True, text[1:-1].strip()
    if text.startswith("-"):
        return True, text[1:].lstrip()
    if text.endswith("-"):
        return True, text[:-1].rstrip()
    return False, text.removeprefix("+")


def quantities(mapping: Mapping) -> Memo[str, int]:
    """Return the reader of quantities, which are whole numbers."""
    read = number_reader(mapping.decimal, mapping.thousands)

    def work_out(text: str) -> int:
        value = read(text)
        if value != value.to_integral_value():
            raise BadValue(f"{text!r} is not a whole number")
        return int(value)

    return Memo(_named(mapping.columns.quantity, work_out))


def prices(mapping: Mapping) -> Memo[str, int]:
    """Return the reader of prices, in millionths."""
    read = number_reader(mapping.decimal, mapping.thousands)
    return Memo(_named(mapping.columns.price, lambda text: to_micro(read(text))))


def amounts(mapping: Mapping) -> Callable[[str, str], int]:
    """Return the reader of any column's amounts, in millionths, by the column's name."""
    read = number_reader(mapping.decimal, mapping.thousands)
    return lambda column, text: _named(column, lambda given: to_micro(read(given)))(text)


def days(mapping: Mapping) -> Callable[[str, str], date]:
    """Return the reader of any column's days in the shop, by the column's name."""
    read = _moment_reader(mapping)
    return lambda column, text: _named(column, lambda given: read(given).on)(text)


def moments(mapping: Mapping) -> Memo[str, Moment]:
    """Return the reader of dates and times, which are local unless they tell their offset."""
    return Memo(_named(mapping.columns.date, _moment_reader(mapping)))


def _moment_reader(mapping: Mapping) -> Callable[[str], Moment]:
    local, shop = ZoneInfo(mapping.date_timezone), ZoneInfo(mapping.timezone)
    # Dates of a spreadsheet's own kind come as ISO 8601, whatever the format of its texts.
    formats = (*mapping.date_formats, "%Y-%m-%d %H:%M:%S")

    def work_out(text: str) -> Moment:
        for layout in formats:
            try:
                read = datetime.strptime(text, layout)  # noqa: DTZ007 - its zone follows
                aware = read if read.tzinfo else read.replace(tzinfo=local)
                at = aware.astimezone(UTC)
                # As written, so that a corrected time zone does not make it another row.
                said = at if read.tzinfo else read
                return Moment(at, at.astimezone(shop).date(), said.isoformat())
            except (ValueError, OverflowError):
                continue
        raise BadValue(f"{text!r} is not a date of the form {' or '.join(mapping.date_formats)}")

    return work_out


def country_codes(mapping: Mapping) -> Memo[str, str]:
    """Return the reader of countries: the mapping's names, ISO codes, then English names."""
    read = country_of(mapping, mapping.country_default)
    return Memo(_named(mapping.columns.country, read))


def country_of(mapping: Mapping, default: str = "") -> Callable[[str], str]:
    """Return a function from the name of a country to its code; what it does not know is bad."""
    given = {name.casefold(): code for name, code in mapping.country_names.items()}

    def work_out(text: str) -> str:
        name = text.casefold()
        known = given.get(name) or (text.upper() if is_country(text.upper()) else None)
        code = known or english_names().get(name) or default
        if not code:
            raise BadValue(f"{text!r} is not a country; add it to countries.names of the mapping")
        return code

    return work_out


def currencies(mapping: Mapping) -> Memo[str, str]:
    """Return the reader of currencies; without a column all are the one of the mapping."""

    def work_out(text: str) -> str:
        if not mapping.columns.currency:
            return mapping.currency
        try:
            minor_digits(text)
        except InputError:
            raise UnknownCurrency(repr(text[:_LONGEST])) from None
        return text

    return Memo(work_out)


def within_reason(text: str) -> str:
    """Return a text that is short enough to be a number, a date, a name or a code."""
    if len(text) > _LONGEST:
        raise BadValue(f"has {len(text):,} characters, more than {_LONGEST}")
    return text


def _named(column: str, work_out: Callable[[str], Value]) -> Callable[[str], Value]:
    """Make the reasons of bad values name their column."""

    def read(text: str) -> Value:
        try:
            return work_out(within_reason(text))
        except BadValue as error:
            reason = "is empty" if not text else str(error)
            raise BadValue(f"{column}: {reason}") from None

    return read
