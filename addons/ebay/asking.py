"""Asking eBay: a page of a list, and until when nothing more is answered today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from typing import Any

from addons.ebay.operations import USER_LIMITS
from core.api import ConnectorError
from core.api import Http
from core.api import MappingError
from core.api import Operation
from core.api import RateLimited
from core.api import moment
from core.api import now

NOTHING = 204
LONGEST = 86_400.0


@dataclass(frozen=True)
class Listed:
    """A page of a list: its rows, where it began, and how many rows there are on all pages."""

    rows: list[Any]
    offset: int
    total: int

    @property
    def end(self) -> int:
        """Return where the next page begins."""
        return self.offset + len(self.rows)


def list_page(http: Http, operation: Operation, name: str, *, api: str, **query: object) -> Listed:
    """Return a page of a list.

    Raises: ConnectorError, MappingError when the answer is no page.
    """
    answer = ask(http, operation, api=api, query=query, expect=(200, NOTHING))
    if answer is None:
        return Listed([], 0, 0)
    rows, total, offset = (answer.get(key) for key in (name, "total", "offset"))
    if not isinstance(rows, list) or not isinstance(total, int) or not isinstance(offset, int):
        raise MappingError(name, type(rows).__name__)
    return Listed(rows, offset, total)


def following(page: Listed, offset: int, total: int | None) -> str | None:
    """Return the place behind a page, None at the end: where it begins, how long the list was.

    eBay makes a list anew for each page. What leaves it meanwhile lets those behind it move up: so
    the next page begins as much earlier as the list became shorter.

    Raises: ConnectorError for a page without rows before the end.
    """
    moved = max(0, total - page.total) if total is not None else 0
    if moved and page.offset:
        return f"{max(0, offset - moved)}/{page.total}"
    if page.end >= page.total:
        return None
    if not page.rows:
        raise ConnectorError("eBay answers an empty page before the end of its list.")
    return f"{page.end}/{page.total}"


def place_in(cursor: str | None) -> tuple[int, int | None]:
    """Return where a page begins, and how long the list was before.

    Raises: ConnectorError for a cursor that is none of ours.
    """
    if cursor is None:
        return 0, None
    offset, mark, total = cursor.partition("/")
    if not (mark and offset.isdecimal() and total.isdecimal()):
        raise ConnectorError("The place in a list of eBay's cannot be read.")
    return int(offset), int(total)


def ask(
    http: Http,
    operation: Operation,
    *,
    api: str,
    query: Mapping[str, object] | None = None,
    expect: tuple[int, ...] = (),
    **more: Any,
) -> Any:
    """Return an answer, None where there is nothing.

    Raises: ConnectorError; RateLimited with the moment from which on eBay answers again.
    """
    try:
        answer = http.call(operation, query=query, expect=expect, **more)
    except RateLimited as error:
        if (spent := _spent(http, api)) is None:
            raise
        raise RateLimited(
            f"{error.message} eBay's quota of {spent.limit} questions is used up;"
            f" it begins anew on {spent.reset.astimezone(UTC):%Y-%m-%d at %H:%M} UTC.",
            retry_after=max(error.retry_after, spent.seconds),
            hint=error.hint,
        ) from error
    if answer.status == NOTHING:
        return None
    told = answer.json()
    if not isinstance(told, dict):
        # Its type alone: the answer may tell of persons.
        raise MappingError("body", type(told).__name__)
    return told


def text_of(at: datetime) -> str:
    """Return a moment as eBay's filters take it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(frozen=True)
class _Spent:
    """A quota that is used up: how many questions it had, and when it begins anew."""

    limit: int
    reset: datetime

    @property
    def seconds(self) -> float:
        """Return for how long nothing more is answered."""
        return min(LONGEST, max(0.0, (self.reset - now()).total_seconds()))


def _spent(http: Http, api: str) -> _Spent | None:
    """Return the quota of an API that is used up for longest, None if some of each is left.

    eBay tells no rate with its answers; it can be asked for.
    """
    query = {"api_context": "sell", "api_name": api}
    try:
        told = http.call(USER_LIMITS, query=query).json()
        rates = [
            rate
            for limit in told["rateLimits"]
            for resource in limit["resources"]
            for rate in resource.get("rates") or ()
        ]
        ends = [
            _Spent(int(rate["limit"]), moment(rate["reset"], path="reset"))
            for rate in rates
            if rate["remaining"] == 0
        ]
    except (ConnectorError, LookupError, TypeError, ValueError):
        return None
    return max(ends, key=lambda each: each.reset, default=None)
