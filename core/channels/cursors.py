"""How far records were fetched: a window of time, and the platform's place within it.

A window starts a little before the last one ended, since platforms show changes late, and ends a
little before now. Its start moves only when its last page is in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from sqlalchemy.orm import Session

from core import clock
from core.channels.external import Window
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import CursorInfo
from core.kernel.cursors import advance_cursor
from core.kernel.cursors import read_cursor
from core.kernel.cursors import reset_cursor

OVERLAP = timedelta(minutes=10)
LAG = timedelta(minutes=2)
SWEEP = timedelta(days=2)
"""How far back a sweep looks: what a platform showed late, and no webhook told, is found then."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where fetching goes on: a window that is open, with the next page in it."""

    window: Window
    page: str | None

    def after(self, next_page: str | None) -> Place:
        """Return the place behind a page of this window."""
        return replace(self, page=next_page)


def place_of(read: CursorInfo, lag: timedelta = LAG) -> Place:
    """Return where to go on: within the window that was left open, else in the next one.

    `lag` is how far before now the next one ends.
    """
    until = clock.now() - lag
    if read.value:
        since, end, page = read.value["since"], read.value["until"], read.value["page"]
        return Place(Window(_moment(since), datetime.fromisoformat(end)), page)
    if read.through_at is None:
        return Place(Window(None, until), None)
    since_at = read.through_at - OVERLAP
    return Place(Window(since_at, max(until, since_at)), None)


def sweep_place(read: CursorInfo) -> Place | None:
    """Return the window that a sweep walks, apart from the cursor; None if nothing was fetched."""
    if read.through_at is None:
        return None
    until = clock.now() - LAG
    return Place(Window(min(read.through_at, until) - SWEEP, until), None)


def store_place(
    session: Session, connection: ConnectionInfo, read: CursorInfo, place: Place
) -> CursorInfo:
    """Keep where fetching goes on; a window without a next page is done.

    Raises: Conflict when another process has fetched meanwhile.
    """
    window = place.window
    if place.page is None:
        return advance_cursor(session, connection, read, {}, through_at=window.until)
    since = window.since.isoformat() if window.since is not None else None
    value = {"since": since, "until": window.until.isoformat(), "page": place.page}
    return advance_cursor(session, connection, read, value, through_at=window.since)


def rewind(
    session: Session, connection: ConnectionInfo, stream: str, since: datetime | None
) -> None:
    """Fetch again from a moment on (None: from the start); what is known changes nothing."""
    if since is None:
        reset_cursor(session, connection, stream)
    else:
        read = read_cursor(session, connection, stream)
        advance_cursor(session, connection, read, {}, through_at=since)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
