"""Hooks around sales channels and their connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.connections import ConnectionInfo


@hookspec(kind="collect")
def connectors() -> Sequence[object]:
    """Offer connectors to platforms; a connection names the addon whose connector serves it.

    A connector's `test(settings)` is called before settings are stored, outside any transaction;
    it raises `AuthFailed`, `Unavailable` or another error of `core.api` when they do not work.
    """
    raise NotImplementedError


@hookspec(kind="observe")
def connection_state_changed(connection: ConnectionInfo, before: str, session: Session) -> None:
    """After a connection went from the state `before` to `connection.state`, before the commit."""
