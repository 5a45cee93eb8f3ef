"""The driver's own connection beneath a session, for the statements of hot paths.

On PostgreSQL what is written waits for no answer: it is sent in the driver's pipeline mode, and its
errors come with the answer to what is asked next, at the latest with the commit. Whatever cannot
work in that mode (SQLAlchemy's own statements, a copy, an addon) ends it first, see `watch`. Copies
are waited for no sooner, see `core.behind`; what is written after them is written by their thread.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from typing import Any
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.orm import Session

from core.behind import do_behind
from core.behind import drop_behind
from core.behind import is_behind
from core.behind import wait_behind

_HELD = "driver of the transaction"
_PIPELINE = "pipeline"
_LAST = "to be sent with the commit"
_UNANSWERED = "sent without waiting, and not answered yet"
_READER, _WRITER = "cursor to read with", "cursor to write with"
_READERS = "cursors to read with at once"


class Held(NamedTuple):
    """The connection of a session's transaction, at each layer; `whole` is around savepoints."""

    whole: object
    transaction: object
    connection: Connection
    driver: Any
    info: dict[Any, Any]


def held_by(session: Session) -> Held:
    """Return the connection of a session's transaction; what the session has pending is written."""
    session.flush()
    transaction = _innermost(session)
    held: Held | None = session.info.get(_HELD)
    if held is None or transaction is None or held.transaction is not transaction:
        # A savepoint is made when its transaction is first asked for the connection.
        connection = session.connection()
        fairy = connection.connection
        held = session.info[_HELD] = Held(
            Session.get_transaction(session),
            _innermost(session),
            connection,
            fairy.driver_connection,
            fairy.info,
        )
    if _LAST in held.info:
        _do_last(held.info)
    return held


def connection_of(session: Session) -> Connection:
    """Return the connection of a session's transaction; a savepoint not made yet stays so."""
    held: Held | None = session.info.get(_HELD)
    if held is None or held.whole is not Session.get_transaction(session):
        return session.connection()
    return held.connection


def _innermost(session: Session) -> object:
    # By the class: while an addon runs, its session refuses to tell.
    return Session.get_nested_transaction(session) or Session.get_transaction(session)


def driver_of(session: Session) -> Any:
    """Return the driver's connection of a session's transaction, in no pipeline."""
    held = held_by(session)
    end_pipeline(held.info)
    return held.driver


def rows_from(held: Held, statement: str, cells: Any) -> list[Any]:
    """Return the rows of a statement; what was sent before it has then been answered too.

    The cursor is kept: to make one takes psycopg as long as to send what it asks.
    """
    wait_behind(held.info)
    cursor = held.info.get(_READER)
    if cursor is None:
        cursor = held.info[_READER] = held.driver.cursor()
    try:
        cursor.execute(statement, cells)
        found = list(cursor.fetchall())
    except BaseException:
        drop_pipeline(held.info)
        raise
    held.info.pop(_UNANSWERED, None)
    return found


def rows_of_each(held: Held, statements: Sequence[tuple[str, Any]]) -> list[list[Any]]:
    """Return the rows of several statements that PostgreSQL is sent at once."""
    begin_pipeline(held)
    cursors = held.info.setdefault(_READERS, [])
    cursors += [held.driver.cursor() for _ in statements[len(cursors) :]]
    try:
        for cursor, each in zip(cursors, statements, strict=False):
            cursor.execute(*each)
        found = [cursor.fetchall() for cursor, _ in zip(cursors, statements, strict=False)]
    except BaseException:
        drop_pipeline(held.info)
        raise
    held.info.pop(_UNANSWERED, None)
    return found


def write_behind(held: Held, statement: str, cells: Any) -> None:
    """Send a statement to PostgreSQL and do not wait for what comes of it."""
    if is_behind(held.info):
        do_behind(held.info, lambda: held.driver.execute(statement, cells))
        return
    begin_pipeline(held)
    cursor = held.info.get(_WRITER)
    if cursor is None:
        cursor = held.info[_WRITER] = held.driver.cursor()
    held.info[_UNANSWERED] = True
    cursor.execute(statement, cells)


def write_in_turn(held: Held, statement: str, cells: Any, check: Callable[[int], object]) -> None:
    """Execute a statement and check how many rows it wrote: at once, or behind what is copied."""

    def write() -> None:
        check(held.driver.execute(statement, cells).rowcount)

    if is_behind(held.info):
        do_behind(held.info, write)
    else:
        end_pipeline(held.info)
        write()


def copy_behind(held: Held, copy: Callable[[], object]) -> None:
    """Let a copy be made after all that was sent before it, and do not wait for it."""
    pipeline = held.info.pop(_PIPELINE, None)
    held.info.pop(_UNANSWERED, None)
    if pipeline is not None:
        do_behind(held.info, lambda: pipeline.__exit__(None, None, None))
    do_behind(held.info, copy)


def begin_pipeline(held: Held) -> None:
    """Let what is sent from now on wait for no answer."""
    wait_behind(held.info)
    if _PIPELINE not in held.info:
        pipeline = held.driver.pipeline()
        pipeline.__enter__()
        held.info[_PIPELINE] = pipeline


def end_pipeline(info: dict[Any, Any]) -> None:
    """Wait for what is on its way.

    Raises: psycopg.Error where any of it failed, or what a step of the thread raised.
    """
    wait_behind(info)
    pipeline = info.pop(_PIPELINE, None)
    info.pop(_UNANSWERED, None)
    if pipeline is not None:
        pipeline.__exit__(None, None, None)


def drop_pipeline(info: dict[Any, Any]) -> None:
    """End a pipeline after a failure: what else failed in it is undone with the rest."""
    drop_behind(info)
    if _PIPELINE not in info:
        return
    # Only then is it there for sure: SQLite needs no other driver.
    from psycopg import Error

    with suppress(Error):
        end_pipeline(info)


class WatchedSession(Session):
    """A session that waits for what is on its way before it commits, or releases a savepoint."""


@event.listens_for(WatchedSession, "before_commit")
def _before_release(session: Session) -> None:
    # Not later: a savepoint whose release has failed is never rolled back to.
    held: Held | None = session.info.get(_HELD)
    if held is not None and held.transaction is _innermost(session):
        settle(held.info)


class _Last(NamedTuple):
    """The last statement of a transaction, and the error to raise where it fails as foreseen."""

    driver: Any
    statement: str
    values: Mapping[str, Any]
    code: str
    error: Exception


def send_with_commit(
    session: Session, statement: str, values: Mapping[str, Any], code: str, error: Exception
) -> None:
    """Keep a statement to be sent with the commit; `error` is raised if it fails by `code`.

    What it locks is then held while the server commits, and no longer. Whatever else is asked or
    done on the connection before, it is sent first: nobody sees the transaction without it.
    """
    held = held_by(session)
    held.info[_LAST] = _Last(held.driver, statement, values, code, error)


def commit_with_last(session: Session) -> None:
    """Commit, if a statement waits to be sent with it; SQLAlchemy then finds nothing to commit."""
    held: Held | None = session.info.get(_HELD)
    if held is None or _LAST not in held.info:
        return
    last = held.info.pop(_LAST)
    begin_pipeline(held)
    with _foreseen(last):
        last.driver.execute(last.statement, last.values)
        last.driver.commit()
        end_pipeline(held.info)


def _do_last(info: dict[Any, Any]) -> None:
    last = info.pop(_LAST)
    end_pipeline(info)
    with _foreseen(last):
        last.driver.execute(last.statement, last.values)


@contextmanager
def _foreseen(last: _Last) -> Iterator[None]:
    from psycopg import Error

    try:
        yield
    except Error as error:
        raise (last.error if error.sqlstate == last.code else error) from error


def settle(info: dict[Any, Any]) -> None:
    """Do what was to be done last, and wait for what is on its way."""
    if _LAST in info:
        _do_last(info)
    end_pipeline(info)


def settle_sent(info: dict[Any, Any]) -> None:
    """Do as `settle` if anything is on its way; a pipeline in which all is answered stays open.

    To end it would be one more wait; whatever cannot work in it ends it, see `watch`.
    """
    if _LAST in info or _UNANSWERED in info or is_behind(info):
        settle(info)


def watch(engine: Engine) -> None:
    """Let an engine's connections end their pipeline before what would not work in it."""
    event.listen(engine, "before_cursor_execute", _before_statement)
    event.listen(engine, "commit", _before_commit)
    event.listen(engine, "rollback", _before_rollback)
    event.listen(engine, "checkin", _before_return)


def _before_statement(connection: Connection, *_: object) -> None:
    settle(connection.info)


def _before_commit(connection: Connection) -> None:
    try:
        settle(connection.info)
    except BaseException:
        # SQLAlchemy takes a commit that was never begun for one that was made.
        driver: Any = connection.connection.driver_connection
        driver.rollback()
        raise


def _before_rollback(connection: Connection) -> None:
    connection.info.pop(_LAST, None)
    drop_pipeline(connection.info)


def _before_return(_connection: object, record: Any) -> None:
    record.info.pop(_LAST, None)
    drop_pipeline(record.info)
