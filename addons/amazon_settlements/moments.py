"""Moments of date-range reports: months by name in many languages, or numbers as in flat files."""

from __future__ import annotations

import re
from datetime import UTC
from datetime import datetime

from addons.amazon_settlements.values import moment_of
from addons.amazon_settlements.values import zone_of
from addons.amazon_settlements.words import plain
from addons.amazon_settlements.words import words
from core.api import InputError

_NAMED = re.compile(
    r"(?:(?P<first>\d{1,2})\.?\s+(?P<name1>[^\W\d]+)\.?|(?P<name2>[^\W\d]+)\.?\s+(?P<second>\d{1,2}),?)"
    r"\s+(?P<year>\d{4}),?"
    r"(?:\s+(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?\s*(?P<zone>[A-Za-z]{1,5}(?:[+-]\d{1,2}(?::?\d{2})?)?)?"
)
_GLUED = re.compile(r"(?<=\d)(?=[A-Z]{3}$)")


def named_moment(text: str, order: str | None, *, where: str) -> datetime:
    """Return a moment in UTC.

    Raises: InputError for what is no moment, or could be two.
    """
    found = _NAMED.fullmatch(text.strip())
    if found is None:
        # Japan writes the zone without a space.
        return moment_of(_GLUED.sub(" ", text.strip()), order, where=where)
    name = found["name1"] or found["name2"]
    month = words().months.get(plain(name))
    if month is None:
        raise InputError(f"{name!r} is no month that is known.", where=where)
    hour = int(found["h"] or 12)
    if half := found["half"]:
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    day = int(found["first"] or found["second"])
    minute, second = int(found["m"] or 0), int(found["s"] or 0)
    try:
        at = datetime(
            int(found["year"]),
            month,
            day,
            hour,
            minute,
            second,
            tzinfo=zone_of(found["zone"], where),
        )
    except ValueError as error:
        raise InputError(f"{text!r} is no moment: {error}.", where=where) from None
    return at.astimezone(UTC)
