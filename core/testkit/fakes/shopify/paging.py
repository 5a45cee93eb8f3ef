"""Connections: rows in an order, cut into pages by cursors that hold the last row's place."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.faults import Fault

MOST = 250
Place = tuple[Any, ...]
Resolve = Callable[..., Mapping[str, Any]]


def page_of(
    rows: Iterable[tuple[Place, Any]],
    first: int | None,
    after: str | None,
    asked: Asked | None = None,
) -> dict[str, Any]:
    """Return a page of rows, each with its place; the fault of a request spoils a list's page.

    Raises: GraphQLError.
    """
    if first is None or not 1 <= first <= MOST:
        raise GraphQLError(f"you must provide one of first or last, from 1 to {MOST}")
    ordered = sorted(rows, key=lambda row: row[0])
    places = [row[0] for row in ordered]
    start = 0
    if after is not None:
        place = _place(after)
        start = sum(1 for each in places if each <= place)
    end = start + first
    fault = asked.fault if asked is not None else None
    if fault is Fault.OVERLAP and start:
        start -= 1
        end -= 1
    elif fault is Fault.PARTIAL and first > 1:
        end = start + (first + 1) // 2
    chosen = ordered[start:end]
    return {
        "nodes": [row[1] for row in chosen],
        "edges": [{"cursor": _cursor(row[0]), "node": row[1]} for row in chosen],
        "pageInfo": {
            "hasNextPage": end < len(ordered),
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(chosen[0][0]) if chosen else None,
            "endCursor": _cursor(chosen[-1][0]) if chosen else None,
        },
    }


def told_as(page: Mapping[str, Any], tell: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a page with documents in place of its rows."""
    edges = [{**each, "node": tell(each["node"])} for each in page["edges"]]
    return {**page, "edges": edges, "nodes": [each["node"] for each in edges]}


def counted(found: int, limit: int | None) -> dict[str, Any]:
    """Return how many there are, at most so many."""
    if limit is not None and found > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": found, "precision": "EXACT"}


def listed(nodes: Iterable[Any]) -> Resolve:
    """Return what answers a connection within a document."""
    rows = [((number,), node) for number, node in enumerate(nodes)]

    def resolve(_info: Any, first: int | None = None, after: str | None = None) -> dict[str, Any]:
        return page_of(rows, first, after)

    return resolve


def some_of(nodes: Sequence[Any]) -> Callable[..., Sequence[Any]]:
    """Return what answers a list that is cut by `first`."""
    return lambda _info, first=None: nodes if first is None else nodes[:first]


def _cursor(place: Place) -> str:
    return base64.b64encode(json.dumps(list(place)).encode()).decode()


def _place(cursor: str) -> tuple[Any, ...]:
    try:
        return tuple(json.loads(base64.b64decode(cursor, validate=True)))
    except ValueError:
        raise GraphQLError(f"Invalid cursor for current pagination sort: {cursor!r}") from None
