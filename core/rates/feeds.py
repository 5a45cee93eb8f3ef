"""How the fetching of rates fares, source by source: what pages, `/health` and doctors tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.rates.models import Feed

PATIENCE = timedelta(days=3)
"""Rates hold over a long weekend: a failure is a person's matter at once, a machine's after it."""


def note_success(session: Session, source: str, addon: str, last_day: date, problem: str) -> None:
    """Note that a source was fetched; `problem` says if it has nothing new for long."""
    feed = _feed(session, source, addon)
    feed.fetched_at, feed.last_day = feed.tried_at, last_day
    _note(feed, problem)


def note_trouble(session: Session, source: str, addon: str, problem: str) -> None:
    """Note why a source could not be fetched; what is kept stays."""
    _note(_feed(session, source, addon), problem)


def list_feeds(session: Session) -> Sequence[Feed]:
    """Return how each source fares, by name."""
    return session.scalars(sa.select(Feed).order_by(Feed.source)).all()


def failing_query() -> sa.Select[*tuple[Any, ...]]:
    """Return the query of the sources that a person should look at."""
    return sa.select(Feed.source).where(Feed.problem != "")


def failing_long(session: Session) -> Sequence[str]:
    """Return the sources that have failed for days."""
    query = sa.select(Feed.source).where(Feed.failing_since < clock.now() - PATIENCE)
    return session.scalars(query.order_by(Feed.source)).all()


def feed_document(feed: Feed) -> dict[str, Any]:
    """Return how a source fares as commands and the API show it."""
    return {
        "source": feed.source,
        "addon": feed.addon,
        "last_day": feed.last_day,
        "tried_at": feed.tried_at,
        "fetched_at": feed.fetched_at,
        "problem": feed.problem,
        "failing_since": feed.failing_since,
    }


def _feed(session: Session, source: str, addon: str) -> Feed:
    feed = session.get(Feed, source)
    if feed is None:
        feed = Feed(source=source, problem="")
        session.add(feed)
    feed.addon, feed.tried_at = addon, clock.now()
    return feed


def _note(feed: Feed, problem: str) -> None:
    feed.problem = problem
    feed.failing_since = (feed.failing_since or feed.tried_at) if problem else None
