"""Durations as they are written in declarations and commands: `30s`, `15m`, `2h`, `1d`."""

from __future__ import annotations

import re

from core.errors import InputError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_FORM = re.compile(r"([1-9]\d{0,6})([smhd])\Z")


def seconds_of(text: str) -> int:
    """Return how many seconds a duration has.

    Raises: InputError.
    """
    found = _FORM.match(text)
    if found is None:
        raise InputError(f"{text!r} is no duration.", hint="Write for example 30s, 15m, 2h or 1d.")
    return int(found[1]) * _UNITS[found[2]]
