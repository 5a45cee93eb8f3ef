"""Rates that were fetched: kept for all companies, beside what their source's addon carries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core import clock
from core.db import rows_of
from core.kernel.jobs import enqueue
from core.rates.models import PublishedRate
from core.rates.source import Fetched
from core.rates.source import RateSource

WAITING = ("orders.post", "settlements.resolve")
"""The jobs that book what waited for a rate."""

Points = dict[date, str]


def kept_points(
    session: Session,
    sources: Collection[RateSource],
    currencies: Collection[str],
    until: date,
    since: date | None = None,
) -> Mapping[tuple[str, str], Points]:
    """Return what is kept of sources by source and currency, by one query.

    Days before `since` are included as far as the sources' rates hold.
    """  # fmt: skip
    if not sources:
        return {}
    query = sa.select(
        PublishedRate.source, PublishedRate.quote, PublishedRate.day, PublishedRate.value
    ).where(
        PublishedRate.source.in_(sorted(each.name for each in sources)),
        PublishedRate.quote.in_(sorted(currencies)),
        PublishedRate.day <= until,
    )
    if since is not None:
        longest = timedelta(days=max(each.days for each in sources))
        query = query.where(PublishedRate.day >= max(since - longest, date.min + longest))
    found: defaultdict[tuple[str, str], Points] = defaultdict(dict)
    for source, quote, day, value in rows_of(session, query.order_by(PublishedRate.day)):
        found[source, quote][day] = value
    return found


def last_kept(session: Session, source: str) -> date | None:
    """Return the last day that is kept of a source."""
    query = sa.select(sa.func.max(PublishedRate.day)).where(PublishedRate.source == source)
    return session.scalar(query)


def keep(session: Session, source: RateSource, rates: Sequence[Fetched]) -> None:
    """Keep rates; said again for a day, the last word holds. What waited for them is booked."""
    if not rates:
        return
    now = clock.now()
    rows = [
        {"source": source.name, "base": source.base, "fetched_at": now, **each._asdict()}
        for each in rates
    ]
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(PublishedRate)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "quote", "day"],
            set_={"value": statement.excluded.value, "fetched_at": statement.excluded.fetched_at},
        ),
        rows,
    )
    book_what_waited(session)


def book_what_waited(session: Session) -> None:
    """Let what waited for a rate be booked soon, once the caller has committed."""
    for task in WAITING:
        enqueue(session, task, {}, unique=task)
