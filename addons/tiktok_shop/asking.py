"""Asking TikTok Shop: the data of an answer, and lists that are gone through by time.

A list is made anew for each page, and nobody says what its tokens mean. So the next page begins at
the last moment of the page before, which is told again, and what changes meanwhile pushes nothing
out; by its token only a page goes on that is full of one single moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from addons.tiktok_shop.amounts import Document
from core.api import Call
from core.api import ConnectorError
from core.api import Http
from core.api import MappingError
from core.api import Operation

ASC = "ASC"


@dataclass(frozen=True)
class Place:
    """Where a list goes on: from which second, and by which token within it."""

    since: int
    token: str = ""

    def text(self) -> str:
        """Return it as it stands in a cursor."""
        return f"{self.since}/{self.token}"


@dataclass(frozen=True)
class Listed:
    """A page of a list, and the place behind it; None at the end."""

    rows: Sequence[Document]
    following: Place | None


def ask(http: Http, operation: Operation, **more: Any) -> Document:
    """Return the data of an answer.

    Raises: ConnectorError; MappingError when there is none.
    """
    told = http.call(operation, **more).json()
    data = told.get("data") if isinstance(told, dict) else None
    if not isinstance(data, dict):
        # Its type alone: the answer may tell of persons.
        raise MappingError("data", type(data).__name__)
    return data


def rows_of(data: Document, name: str) -> list[Any]:
    """Return the rows of a list, which TikTok leaves out where there are none.

    Raises: MappingError.
    """
    rows = data.get(name, [])
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise MappingError(name, type(rows).__name__)
    return rows


def by_time(
    call: Call, operation: Operation, name: str, place: Place, until: datetime, size: int
) -> Listed:
    """Return a page of what changed from a place on, the oldest first.

    Raises: ConnectorError, also for a page without rows that is not the last.
    """
    query: dict[str, object] = {
        "page_size": size,
        "sort_field": "update_time",
        "sort_order": ASC,
        "page_token": place.token or None,
    }
    # What changed in the second in which the window ends is a part of it.
    body = {"update_time_ge": place.since, "update_time_lt": int(until.timestamp()) + 1}
    data = ask(call.http, operation, query=query, json=body)
    rows, token = rows_of(data, name), data.get("next_page_token") or ""
    if not token:
        return Listed(rows, None)
    if not rows:
        raise ConnectorError("TikTok Shop answers an empty page before the end of its list.")
    last = max(_second(row) for row in rows)
    return Listed(rows, Place(last) if last > place.since else Place(place.since, str(token)))


def place_in(text: str) -> Place:
    """Return the place that stands in a cursor.

    Raises: ConnectorError for a text that is none of ours.
    """
    since, mark, token = text.partition("/")
    if not mark or not since.isdecimal():
        raise ConnectorError("The place in a list of TikTok Shop's cannot be read.")
    return Place(int(since), token)


def _second(row: Mapping[str, Any]) -> int:
    told = row.get("update_time")
    if not isinstance(told, int):
        raise MappingError("update_time", told)
    return told
