"""The days of the demo's files, moved so that its last one is a day that somebody wants."""

from __future__ import annotations

import re
from datetime import date
from datetime import timedelta
from pathlib import Path

LAST = date(2026, 10, 31)
"""The last day in the files."""

_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def moved(file: Path, folder: Path, until: date) -> Path:
    """Write a file of the demo with all days moved by as many, so that they end with `until`.

    A document that is called by its month, such as FEE-2026-10, gets the name of the month that
    its day is in then.
    """
    by = until - LAST
    copy = folder / file.name
    lines = file.read_text("utf-8").splitlines(keepends=True)
    copy.write_text("".join(_moved(line, by) for line in lines), encoding="utf-8")
    return copy


def _moved(line: str, by: timedelta) -> str:
    found = _DAY.search(line)
    if found is None:
        return line
    before = found[0]
    after = (date.fromisoformat(before) + by).isoformat()
    return line.replace(before, after).replace(before[:7], after[:7])
