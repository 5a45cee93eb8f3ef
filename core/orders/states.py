"""The states of an order and the steps between them; what a platform reports may jump."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from core.errors import Conflict


class State(StrEnum):
    """Where an order is in its life."""

    DRAFT = "draft"
    PENDING_PAYMENT = "pending_payment"
    ON_HOLD = "on_hold"
    TO_REVIEW = "to_review"
    TO_ALLOCATE = "to_allocate"
    BACKORDERED = "backordered"
    ALLOCATED = "allocated"
    RELEASED = "released"
    PICKING = "picking"
    PACKED = "packed"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELLED = "cancelled"


S = State

TRANSITIONS: dict[State, tuple[State, ...]] = {
    S.DRAFT: (S.PENDING_PAYMENT, S.TO_REVIEW, S.CANCELLED),
    S.PENDING_PAYMENT: (S.TO_REVIEW, S.ON_HOLD, S.CANCELLED),
    S.TO_REVIEW: (S.ON_HOLD, S.TO_ALLOCATE, S.CANCELLED),
    S.ON_HOLD: (S.TO_REVIEW, S.TO_ALLOCATE, S.CANCELLED),
    S.TO_ALLOCATE: (S.ALLOCATED, S.BACKORDERED, S.ON_HOLD, S.CANCELLED),
    S.BACKORDERED: (S.TO_ALLOCATE, S.CANCELLED),
    S.ALLOCATED: (S.RELEASED, S.TO_ALLOCATE, S.ON_HOLD, S.CANCELLED),
    S.RELEASED: (S.PICKING, S.CANCEL_REQUESTED, S.ALLOCATED),
    S.PICKING: (S.PACKED, S.CANCEL_REQUESTED),
    S.PACKED: (S.SHIPPED, S.PARTIALLY_SHIPPED, S.CANCEL_REQUESTED),
    S.PARTIALLY_SHIPPED: (S.SHIPPED, S.CANCELLED),
    S.SHIPPED: (S.DELIVERED, S.COMPLETED),
    S.DELIVERED: (S.COMPLETED,),
    S.COMPLETED: (),
    S.CANCEL_REQUESTED: (S.CANCELLED, S.PICKING, S.PACKED, S.RELEASED),
    S.CANCELLED: (),
}

WAITING = frozenset({S.DRAFT, S.PENDING_PAYMENT, S.ON_HOLD, S.TO_REVIEW})
"""Before an order is approved."""

IN_WAREHOUSE = frozenset({S.RELEASED, S.PICKING, S.PACKED})
"""The warehouse works on it: a cancellation is a request."""

GONE = frozenset({S.SHIPPED, S.DELIVERED, S.COMPLETED})
"""Everything that will leave has left."""

OVER = GONE | {S.CANCELLED}
"""Nothing of the stock is promised to it any more."""


def may(before: str, after: str) -> bool:
    """Say whether an order may go from one state to the next by a command."""
    return before in TRANSITIONS and after in TRANSITIONS[State(before)]


def require(ref: str, before: str, after: str) -> None:
    """Refuse a step that no command may take.

    Raises: Conflict naming the order, its state and the states that may follow.
    """
    if not may(before, after):
        follow = TRANSITIONS[State(before)] if before in TRANSITIONS else ()
        raise Conflict(
            f"Order {ref} is {before}: it cannot become {after}.",
            hint=f"From here it may become: {', '.join(follow)}." if follow else "It is final.",
        )


def way(before: str, after: str, over: frozenset[State]) -> tuple[State, ...]:
    """Return the shortest way of allowed steps that passes only some states, () if there is none.

    The last step is `after`; the state it starts from is not named.
    """
    start = State(before)
    found: dict[State, tuple[State, ...]] = {start: ()}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for step in TRANSITIONS[here]:
            if step not in found and (step == after or step in over):
                found[step] = (*found[here], step)
                queue.append(step)
    return found.get(State(after), ())
