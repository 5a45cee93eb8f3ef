"""What seldom changes, remembered from one transaction to the next until its table changes.

Triggers give a table a new stamp with every change, below every caller and with the change itself.
The stamps are read once in each transaction; what was remembered under another one is read anew.
So a transaction sees what others committed before it looked, and never what was rolled back.

What the transaction has changed itself is always read.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Generic
from typing import NamedTuple
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.changed import STAMPED
from core.changed import changed_on
from core.driver import held_by
from core.prepared import Prepared
from core.stamps import STAMPS

Value = TypeVar("Value")
Rows = Sequence[Any]

MOST = 10_000
"""So many values are kept at most: then the companies of one installation are beyond counting."""

_SEEN = "stamps seen"
_MADE = "made in the session"

LOOK = Prepared(sa.select(STAMPS.c.topic, STAMPS.c.stamp))
"""Asks for the stamps; who asks for other things at the same moment hands the rows to `look`."""


class _Seen(NamedTuple):
    """The stamps as a transaction found them, and what is noted on its connection."""

    transaction: object
    stamps: Mapping[str, int]
    info: dict[Any, Any]
    kept: dict[Any, Any]


class Remembered(Generic[Value]):
    """What is made of the rows of a query; all that it reads must be in the tables named.

    The value is handed to many: it must not be changed.
    """

    def __init__(
        self,
        query: sa.Select[*tuple[Any, ...]],
        tables: Sequence[str],
        made: Callable[[Rows], Value],
    ) -> None:
        if unknown := set(tables) - set(STAMPED):
            raise ValueError(f"nobody stamps {', '.join(sorted(unknown))}")
        self._query = Prepared(query)
        self._tables = tuple(tables)
        self._made = made

    def of(self, session: Session, **values: int | str) -> Value:
        """Return the value as the session's transaction sees it."""
        session.flush()
        seen: _Seen | None = session.info.get(_SEEN)
        if seen is None or seen.transaction is not Session.get_transaction(session):
            seen = look(session)
        if seen is None or not changed_on(seen.info).isdisjoint(self._tables):
            return self._made(self._query.rows(session, **values))
        key = (self, *values.items())
        mark = tuple(map(seen.stamps.get, self._tables))
        known = seen.kept.get(key)
        if known is None or known[0] != mark:
            known = (mark, self._made(self._query.rows(session, **values)))
            remember(seen.kept, {key: known})
        value: Value = known[1]
        return value


class Lasting:
    """Ids of rows that are never changed nor taken away, by what names them in a company.

    The query has the values `company` and `keys` and the columns key and id. Of rows that the
    transaction made itself nothing is remembered: they may be undone.
    """

    def __init__(self, query: sa.Select[*tuple[Any, ...]]) -> None:
        self._query = Prepared(query)

    def find(self, session: Session, company_id: int, keys: Collection[str]) -> dict[str, int]:
        """Return the ids of those that are stored."""
        database = session.info.get("database")
        kept: dict[Any, int] = {} if database is None else database.remembered
        found = {key: kept[name] for key in keys if (name := (self, company_id, key)) in kept}
        asked = [key for key in keys if key not in found]
        if asked:
            stored = dict(self._query.rows(session, company=company_id, keys=asked))
            if not session.info.get((_MADE, self)):
                remember(kept, {(self, company_id, key): each for key, each in stored.items()})
            found |= stored
        return found

    def made(self, session: Session) -> None:
        """Note that the session makes such rows."""
        session.info[_MADE, self] = True


def remember(kept: dict[Any, Any], values: Mapping[Any, Any]) -> None:
    """Keep values beside what else is remembered, and forget all of it where that is too much."""
    if len(kept) >= MOST:
        kept.clear()
    kept.update(values)


def look(session: Session, rows: Rows | None = None) -> _Seen | None:
    """Note the stamps that hold for the session's transaction; None where nothing is kept."""
    database = session.info.get("database")
    if database is None:
        return None
    held = held_by(session)
    stamps = dict(LOOK.rows(session) if rows is None else rows)
    transaction = Session.get_transaction(session)
    seen = session.info[_SEEN] = _Seen(transaction, stamps, held.info, database.remembered)
    return seen
