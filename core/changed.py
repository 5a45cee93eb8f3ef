"""Which of the tables that seldom change a transaction has changed itself, noted on its connection.

`core.stamps` tells others of it with the commit; until then only the transaction itself knows.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event

STAMPED = (
    "kernel_secret",
    "kernel_setting",
    "ledger_account",
    "rules_rule",
    "stock_warehouse",
    "tax_channel",
    "tax_registration",
)
"""Who changes one of these waits for others who change it too: they are for what people set up."""

_CHANGED = "stamped tables changed in the transaction"
_NAMES = re.compile(rf"\b({'|'.join(STAMPED)})\b")
_NONE: frozenset[str] = frozenset()


def changed_on(info: dict[Any, Any]) -> AbstractSet[str]:
    """Return the tables that a connection's transaction has changed, or may have."""
    found: AbstractSet[str] = info.get(_CHANGED, _NONE)
    return found


def note_change(info: dict[Any, Any], table: str) -> None:
    """Note that a connection's transaction changes a table, if it is one of these."""
    if table in STAMPED:
        info.setdefault(_CHANGED, set()).add(table)


def watch(engine: Engine) -> None:
    """Let an engine's connections note what their transactions change by SQLAlchemy."""
    event.listen(engine, "begin", _forget)
    event.listen(engine, "before_cursor_execute", _before_statement)


def _forget(connection: Connection) -> None:
    connection.info.pop(_CHANGED, None)


def _before_statement(connection: Connection, _cursor: Any, statement: str, *_: object) -> None:
    if statement.startswith("SELECT") and ";" not in statement:
        return
    for table in _NAMES.findall(statement):
        note_change(connection.info, table)
