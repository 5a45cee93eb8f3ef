"""What came of a verb, for whoever asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.orders.inhand import OrderWork


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an order stands after a verb."""

    id: int
    order: str
    state: str
    exceptions: tuple[str, ...] = ()


def outcomes(orders: Iterable[OrderWork]) -> list[Outcome]:
    """Return how orders stand."""
    return [
        Outcome(order.id, order.ref, str(order.state), tuple(sorted(order.exceptions)))
        for order in orders
    ]
