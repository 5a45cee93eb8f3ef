"""Hooks around warehouses and stock moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@hookspec(kind="observe")
def stock_moved(moves: Sequence[object], session: Session) -> None:
    """After a batch of stock moves was stored, before the commit.

    Moves are physical facts: an error here is recorded and the moves are kept.
    """


@hookspec(kind="collect", attributes=("code", "can_reserve"))
def warehouse_providers() -> Sequence[object]:
    """Offer ways to store and send goods: an own warehouse, a fulfilment service, a platform."""
    raise NotImplementedError
