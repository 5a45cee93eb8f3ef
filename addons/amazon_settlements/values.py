"""Numbers and moments as Amazon writes them in the languages of its marketplaces.

What a file writes is never guessed: the mark of its decimals and the order of its dates are taken
from what leaves no doubt in it, and a file that leaves one is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from datetime import timezone

from core.api import InputError
from core.api import parse_decimal
from core.api import to_minor

_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)*")
_DATE = re.compile(
    r"(?P<a>\d{1,4})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})"
    r"(?:[ T]+(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>[A-Za-z]{1,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}:?\d{2})?"
)
_ZONES = {
    "": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2,
    "MESZ": 2, "EET": 2, "EEST": 3, "JST": 9, "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6,
    "CDT": -5, "EST": -5, "EDT": -4, "AEST": 10, "AEDT": 11, "SGT": 8, "BRT": -3,
}  # fmt: skip
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?")


def decimal_mark(texts: Iterable[str]) -> str | None:
    """Return what marks decimals in some amounts, None where none of them tells.

    Raises: InputError if they contradict each other.
    """
    marks = {mark for text in texts if (mark := _mark_of(text)) is not None}
    if len(marks) > 1:
        raise InputError("The file writes some amounts with a decimal point, some with a comma.")
    return next(iter(marks), None)


def _mark_of(text: str) -> str | None:
    plain = text.translate(_SPACES)
    found = [c for c in plain if c in ".,"]
    if not found:
        return None
    if len(set(found)) == 2:
        return found[-1]
    if len(found) > 1:
        # The same mark twice sets thousands apart: the other one marks decimals.
        return "," if found[0] == "." else "."
    return found[0] if len(plain) - plain.index(found[0]) - 1 != 3 else None


def minor_amount(text: str, mark: str | None, currency: str, *, where: str) -> int:
    """Return an amount in minor units.

    Raises: InputError for what is no number, or could be two.
    """
    plain = text.translate(_SPACES).replace("\u2212", "-")
    if plain.endswith("-"):
        plain = f"-{plain[:-1]}"
    if not _NUMBER.fullmatch(plain):
        raise InputError(f"{text!r} is not an amount.", where=where)
    if mark is None and any(c in plain for c in ".,"):
        if to_minor(parse_decimal("1"), currency) != 1:
            raise InputError(
                f"{text!r} could be two amounts: nothing in the file tells what marks decimals.",
                where=where,
            )
        mark = ""
    grouping = {".": ",", ",": "."}.get(mark or "", ".,")
    for sign in grouping:
        plain = plain.replace(sign, "")
    if mark:
        plain = plain.replace(mark, ".")
    try:
        return to_minor(parse_decimal(plain, where=where), currency)
    except InputError as error:
        raise InputError(error.message, where=where) from None


def date_order(texts: Iterable[str]) -> str | None:
    """Return `dmy` or `mdy` as the dates of a file leave no doubt of it, None where they do.

    Raises: InputError if they contradict each other.
    """
    orders = set()
    for text in texts:
        found = _DATE.fullmatch(text.strip())
        if found is None or len(found["a"]) == 4:
            continue
        if found["mark"] == "." or int(found["a"]) > 12:
            orders.add("dmy")
        elif int(found["b"]) > 12:
            orders.add("mdy")
    if len(orders) > 1:
        raise InputError("The file writes the day first in some dates, the month in others.")
    return next(iter(orders), None)


def moment_of(text: str, order: str | None, *, where: str) -> datetime:
    """Return a moment in UTC; a day without a time is its noon, which is that day almost anywhere.

    Raises: InputError for what is no moment, or could be two.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text!r} is not a date that Amazon writes.", where=where)
    a, b, c = int(found["a"]), int(found["b"]), int(found["c"])
    if len(found["a"]) == 4:
        year, month, day = a, b, c
    elif order is None:
        raise InputError(
            f"{text!r} could be two days: nothing in the file tells which comes first.", where=where
        )
    else:
        year, (day, month) = c, (a, b) if order == "dmy" else (b, a)
    try:
        moment = datetime(year, month, day, *_time(found), tzinfo=zone_of(found["zone"], where))
    except ValueError as error:
        raise InputError(f"{text!r} is no moment: {error}.", where=where) from None
    return moment.astimezone(UTC)


def _time(found: re.Match[str]) -> tuple[int, int, int]:
    if found["h"] is None:
        return 12, 0, 0
    hour = int(found["h"])
    if half := found["half"]:
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    return hour, int(found["m"]), int(found["s"] or 0)


def zone_of(name: str | None, where: str) -> timezone:
    """Return the zone of a moment, UTC where it names none.

    Raises: InputError for one that is not known.
    """
    text = (name or "").upper()
    if text in _ZONES:
        return timezone(timedelta(hours=_ZONES[text]))
    if (found := _OFFSET.fullmatch(text)) is not None:
        sign = -1 if found[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(found[2]), minutes=int(found[3] or 0)))
    raise InputError(f"{name!r} is a time zone that is not known.", where=where)
