"""Lists in pages by key: the next page starts after a row, never after a number of rows.

Counting or skipping rows gets slower with every page and shows rows twice while orders come in.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Generic
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import InputError

Row = TypeVar("Row")
Shown = TypeVar("Shown")

PAGE_SIZE = 50
COUNT_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: right after, or right before, the row with this key."""

    key: tuple[Any, ...]
    backwards: bool = False

    def text(self) -> str:
        """Return the cursor as it stands in an address."""
        body = json.dumps([self.backwards, *self.key], separators=(",", ":"), default=str)
        return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of a list, with the cursors of its neighbours."""

    rows: Sequence[Row]
    next: str | None = None
    previous: str | None = None


def read_cursor(text: str | None, *types: Callable[[Any], Any]) -> Cursor | None:
    """Read a cursor from an address; `types` turn its parts into values.

    Raises: InputError if it was not made by us.
    """
    if not text:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        backwards, *key = json.loads(base64.urlsafe_b64decode(padded))
        values = tuple(kind(part) for kind, part in zip(types, key, strict=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise InputError(
            "this page address is damaged.", where="page", hint="Open the list from its start."
        ) from error
    return Cursor(values, bool(backwards))


def fetch_page(
    session: Session,
    query: sa.Select[*tuple[Any, ...]],
    key: Sequence[Any],
    cursor: Cursor | None,
    *,
    descending: bool = False,
    limit: int = PAGE_SIZE,
    among: Sequence[sa.ColumnElement[bool]] = (),
) -> Page[Any]:
    """Return one page of a query whose first columns, in order, are the key.

    `among` are conditions of which each row meets one, such as a shop each: every one finds its
    rows by its own index and no further than the page goes, whatever the planner would think.
    """
    backwards = cursor is not None and cursor.backwards
    falling = descending != backwards
    if cursor is not None:
        here = sa.tuple_(*key)
        there = sa.tuple_(
            *[sa.bindparam(None, v, type_=c.type) for v, c in zip(cursor.key, key, strict=True)]
        )
        query = query.where(here < there if falling else here > there)
    order = [column.desc() if falling else column.asc() for column in key]
    ordered = query.order_by(*order).limit(limit + 1)
    if among:
        parts = [ordered.where(each).subquery() for each in among]
        rows_of_all = sa.union_all(*(sa.select(part) for part in parts)).subquery()
        ends = list(rows_of_all.c)[: len(key)]
        order = [column.desc() if falling else column.asc() for column in ends]
        ordered = sa.select(rows_of_all).order_by(*order).limit(limit + 1)
    found = session.execute(ordered).all()
    more = len(found) > limit
    rows = found[:limit]
    if backwards:
        rows = rows[::-1]
    return _page(rows, len(key), cursor, more=more)


def _page(rows: Sequence[Any], width: int, cursor: Cursor | None, *, more: bool) -> Page[Any]:
    backwards = cursor is not None and cursor.backwards
    if not rows:
        return Page(rows)
    onwards = backwards or more
    back = more if backwards else cursor is not None
    return Page(
        rows,
        next=Cursor(_key(rows[-1], width)).text() if onwards else None,
        previous=Cursor(_key(rows[0], width), backwards=True).text() if back else None,
    )


def _key(row: Any, width: int) -> tuple[Any, ...]:
    return tuple(row)[:width]


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows there are, counted no further than is of use."""

    number: int
    more: bool


def count_rows(session: Session, query: sa.Select[*tuple[Any, ...]]) -> Count:
    """Count the rows of a query up to a limit, so that the count of a huge list stays cheap."""
    number = session.scalar(_bounded(query)) or 0
    return _count(number)


def count_each(
    session: Session, queries: Mapping[str, sa.Select[*tuple[Any, ...]]]
) -> dict[str, Count]:
    """Count the rows of several queries as `count_rows` does, asking the database once."""
    counts = [_bounded(query).scalar_subquery().label(name) for name, query in queries.items()]
    found = session.execute(sa.select(*counts)).one()
    return {name: _count(number or 0) for name, number in zip(queries, found, strict=True)}


def _bounded(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[int]:
    # The columns go, and with them would go a table that no condition names.
    one = query.with_only_columns(sa.literal(1), maintain_column_froms=True)
    bounded = one.order_by(None).limit(COUNT_LIMIT + 1)
    return sa.select(sa.func.count()).select_from(bounded.subquery())


def _count(number: int) -> Count:
    return Count(min(number, COUNT_LIMIT), number > COUNT_LIMIT)
