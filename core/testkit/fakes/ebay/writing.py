"""Amounts, moments and lists as eBay writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from core.money import to_text
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.faults import Fault

Document = dict[str, Any]


def amount_text(amount: int, currency: str) -> Document:
    """Return an amount."""
    return {"value": to_text(amount, currency), "currency": currency}


def moment_text(at: datetime) -> str:
    """Return a moment."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def page_of(asked: Asked, name: str, rows: Sequence[Any], most: int, usual: int) -> Document:
    """Return a page of rows: so many after so many, and where the next one is.

    A fault lets the page begin one row earlier than was asked for, as it then says, or end early.

    Raises: Refusal.
    """
    size, begin = _number(asked, "limit", usual), _number(asked, "offset", 0)
    if not 1 <= size <= most:
        raise Refusal(400, "31100", f"Invalid limit: {size}")
    end = begin + size
    if asked.fault is Fault.OVERLAP and begin:
        begin, end = begin - 1, end - 1
    elif asked.fault is Fault.PARTIAL and size > 1:
        end = begin + (size + 1) // 2
    found = list(rows[begin:end])
    page: Document = {
        "href": asked.request.url,
        "limit": size,
        "offset": begin,
        "total": len(rows),
        name: found,
    }
    if begin + len(found) < len(rows):
        given = {**asked.request.args.to_dict(), "offset": str(begin + len(found))}
        page["next"] = f"{asked.request.base_url}?{urlencode(given)}"
    return page


def filters(asked: Asked, known: Sequence[str]) -> dict[str, str]:
    """Return what a list is filtered by: `name:value` after `name:value`, separated by commas.

    Raises: Refusal for a name that is not known: the real one would not look at it.
    """
    found: dict[str, str] = {}
    for part in (asked.query("filter") or "").split(","):
        if part.strip():
            name, _, value = part.partition(":")
            if name.strip() not in known:
                raise Refusal(400, "30700", f"Invalid filter name: {name.strip()}")
            found[name.strip()] = value.strip()
    return found


def span(value: str, latest: datetime) -> tuple[datetime, datetime]:
    """Return the moments of `[from..to]`, where `to` may be missing.

    Raises: Refusal.
    """
    begin, mark, end = value.removeprefix("[").removesuffix("]").partition("..")
    try:
        since = datetime.fromisoformat(begin)
        until = datetime.fromisoformat(end) if end else latest
        wrong = not mark or not value.startswith("[") or since.tzinfo is None
    except ValueError:
        wrong = True
    if wrong:
        raise Refusal(400, "30810", "Invalid date format")
    if max(since, until) > latest:
        raise Refusal(400, "30850", "Start and end dates can't be in the future")
    if since > until:
        raise Refusal(400, "30840", "Start date should be before end date")
    return since, until


def one_of(value: str) -> list[str]:
    """Return the values of `{A|B}`."""
    return value.removeprefix("{").removesuffix("}").split("|")


def _number(asked: Asked, name: str, usual: int) -> int:
    text = asked.query(name)
    if text is None:
        return usual
    if not text.isdecimal():
        raise Refusal(400, "31000", f"Invalid {name}: {text}")
    return int(text)
