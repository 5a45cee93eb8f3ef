"""The caller's transaction is not an addon's to end: not by a method, not by a word of SQL.

Three walls, since SQLAlchemy knows several ways: the methods of the session and its connection are
replaced for as long as the addon runs, the statements on a guarded connection are read, and the
commit and the rollback themselves are refused there. Savepoints by `session.begin_nested()` stay
allowed. What an addon does to the driver's own connection is out of reach; the savepoint that the
dispatcher releases afterwards then fails, so that it does not stay unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from typing import NoReturn

from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ClauseElement

from core.driver import connection_of
from core.driver import settle_sent

GUARDED = "entrepot.guarded"

_SHARED = ("commit", "rollback", "close", "invalidate", "get_transaction", "get_nested_transaction")
_OF_SESSION = (*_SHARED, "prepare", "reset")
_OF_CONNECTION = (*_SHARED, "detach")

_ENDS = ("ABORT", "BEGIN", "COMMIT", "END", "RELEASE", "ROLLBACK", "SAVEPOINT", "START")
# What may hold a semicolon or a word that is none of the statement's own.
_HIDDEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\1\$", re.DOTALL
)
_WORDS = re.compile(rf"(?:{'|'.join(_ENDS)}|PREPARE\s+TRANSACTION)\b", re.IGNORECASE)


def ends_transaction(statement: str, *, several: bool) -> bool:
    """Say whether SQL text begins, ends or names a transaction or a savepoint.

    `several` tells that the driver takes more than one statement at once.
    """
    # Nearly every statement begins with another word and has no second part.
    if not several and not _HIDDEN.match(statement.lstrip()):
        return bool(_WORDS.match(statement.lstrip("; \t\r\n")))
    text = _HIDDEN.sub(" ", statement)
    if not several:
        return bool(_WORDS.match(text.lstrip("; \t\r\n")))
    # The body of a function in standard SQL has statements of its own, which end no transaction.
    if re.search(r"\bBEGIN\s+ATOMIC\b", text, re.IGNORECASE):
        return False
    return any(_WORDS.match(part.lstrip()) for part in text.split(";"))


def watch(engine: Engine) -> None:
    """Let an engine's connections refuse, while they are guarded, what ends a transaction."""
    event.listen(engine, "before_cursor_execute", _before_statement)
    event.listen(engine, "commit", _before_end)
    event.listen(engine, "rollback", _before_end)


@contextmanager
def guarded_transaction(session: Session) -> Iterator[None]:
    """Make what would end the session's transaction raise inside the block."""
    with guarded_connection(connection_of(session)):
        hidden = _replace(session, _REFUSED_BY_SESSION)
        try:
            yield
        finally:
            _restore(session, hidden)


@contextmanager
def guarded_connection(connection: Connection) -> Iterator[None]:
    """Make what would end the connection's transaction raise inside the block."""
    # What the core has sent and nobody has answered yet is not the addon's, and the other way.
    settle_sent(connection.info)
    before = connection.info.get(GUARDED)
    connection.info[GUARDED] = True
    hidden = _replace(connection, _REFUSED_BY_CONNECTION)
    try:
        yield
        settle_sent(connection.info)
    finally:
        _restore(connection, hidden)
        connection.info[GUARDED] = before


def _replace(thing: Any, refusals: dict[str, Callable[..., NoReturn]]) -> dict[str, Any]:
    own = thing.__dict__
    hidden = {verb: own[verb] for verb in refusals if verb in own}
    own.update(refusals)
    return hidden


def _restore(thing: Any, hidden: dict[str, Any]) -> None:
    own = thing.__dict__
    for verb in _REFUSED_BY_SESSION if isinstance(thing, Session) else _REFUSED_BY_CONNECTION:
        own.pop(verb, None)
    own.update(hidden)


def _refusal(verb: str) -> Callable[..., NoReturn]:
    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        raise RuntimeError(f"an addon may not {verb} the transaction of its caller")

    return refuse


_REFUSED_BY_SESSION = {verb: _refusal(verb) for verb in _OF_SESSION}
_REFUSED_BY_CONNECTION = {verb: _refusal(verb) for verb in _OF_CONNECTION}


def _before_statement(
    connection: Connection,
    _cursor: Any,
    statement: str,
    _parameters: Any,
    context: Any,
    _many: bool,
) -> None:
    if not connection.info.get(GUARDED) or _by_sqlalchemy(context):
        return
    if ends_transaction(statement, several=connection.dialect.name != "sqlite"):
        words = " ".join(statement.split())[:60]
        raise RuntimeError(f"an addon may not end the transaction of its caller: {words}")


def _by_sqlalchemy(context: Any) -> bool:
    """Say whether a statement is a savepoint of `begin_nested`, which are allowed."""
    compiled = getattr(context, "compiled", None)
    statement: ClauseElement | None = getattr(compiled, "statement", None)
    return getattr(statement, "__visit_name__", "") in (
        "savepoint",
        "rollback_to_savepoint",
        "release_savepoint",
    )


def _before_end(connection: Connection) -> None:
    if connection.info.get(GUARDED):
        raise RuntimeError("an addon may not end the transaction of its caller")
