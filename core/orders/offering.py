"""Which verbs an order offers in its state: the buttons of its page, each with what it needs."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from core.invoicing.correcting import correct_tax_and_invoices
from core.orders.approving import approve
from core.orders.approving import mark_paid
from core.orders.cancelling import cancel
from core.orders.cancelling import confirm_cancel
from core.orders.cancelling import refuse_cancel
from core.orders.holding import hold
from core.orders.holding import resume
from core.orders.late_numbers import LATE_NUMBER
from core.orders.late_numbers import keep_tax
from core.orders.merging import separate
from core.orders.outcome import Outcome
from core.orders.releasing import advance
from core.orders.releasing import recall
from core.orders.releasing import release
from core.orders.shipping import ship
from core.orders.splitting import SPLITTABLE
from core.orders.states import State

S = State


@dataclass(frozen=True, slots=True)
class Offer:
    """A verb of whole orders with the states in which it is offered and the permission it needs."""

    verb: Callable[..., list[Outcome]]
    states: frozenset[State]
    permission: str = "orders.edit"
    options: tuple[tuple[str, Any], ...] = ()
    main: bool = False


OFFERS: dict[str, Offer] = {
    "approve": Offer(
        approve, frozenset({S.TO_REVIEW, S.ON_HOLD, S.TO_ALLOCATE, S.BACKORDERED}), main=True
    ),
    "paid": Offer(mark_paid, frozenset({S.PENDING_PAYMENT}), main=True),
    "release": Offer(release, frozenset({S.ALLOCATED}), "orders.ship", main=True),
    "pick": Offer(advance, frozenset({S.RELEASED}), "orders.ship", (("to", S.PICKING),), main=True),
    "pack": Offer(advance, frozenset({S.PICKING}), "orders.ship", (("to", S.PACKED),), main=True),
    "ship": Offer(
        ship, frozenset({S.ALLOCATED, S.PACKED, S.PARTIALLY_SHIPPED}), "orders.ship", main=True
    ),
    "hold": Offer(
        hold, frozenset({S.PENDING_PAYMENT, S.TO_REVIEW, S.TO_ALLOCATE, S.BACKORDERED, S.ALLOCATED})
    ),
    "lock": Offer(
        hold,
        frozenset({S.TO_REVIEW, S.TO_ALLOCATE, S.BACKORDERED, S.ALLOCATED}),
        options=(("keep_stock", False),),
    ),
    "resume": Offer(resume, frozenset({S.ON_HOLD})),
    "recall": Offer(recall, frozenset({S.RELEASED}), "orders.ship"),
    "confirm_cancel": Offer(confirm_cancel, frozenset({S.CANCEL_REQUESTED}), "orders.ship"),
    "refuse_cancel": Offer(refuse_cancel, frozenset({S.CANCEL_REQUESTED}), "orders.ship"),
    "cancel": Offer(
        cancel,
        frozenset(
            {S.DRAFT, S.PENDING_PAYMENT, S.TO_REVIEW, S.ON_HOLD, S.TO_ALLOCATE, S.BACKORDERED}
            | {S.ALLOCATED, S.RELEASED, S.PICKING, S.PACKED, S.PARTIALLY_SHIPPED}
        ),
    ),
    "correct_tax": Offer(correct_tax_and_invoices, frozenset(S), main=True),
    "keep_tax": Offer(keep_tax, frozenset(S)),
    "separate": Offer(
        separate, frozenset({S.TO_REVIEW, S.TO_ALLOCATE, S.BACKORDERED, S.ALLOCATED})
    ),
}


def offered(kind: str, state: str, exceptions: Collection[str], *, together: bool) -> list[str]:
    """Return the verbs that an order offers, the next step of its life first."""
    if kind != "sale":
        return []
    verbs = [verb for verb, offer in OFFERS.items() if state in offer.states]
    if not together:
        verbs = [verb for verb in verbs if verb != "separate"]
    if LATE_NUMBER not in exceptions:
        verbs = [verb for verb in verbs if verb not in ("correct_tax", "keep_tax")]
    if {"unmapped", "unpaid"} & set(exceptions):
        verbs = [verb for verb in verbs if verb != "approve"]
    if "short" in exceptions:
        verbs = [verb for verb in verbs if verb not in ("pick", "pack", "ship")]
    return verbs


def splits(kind: str, state: str) -> bool:
    """Say whether an order may be split."""
    return kind == "sale" and state in SPLITTABLE
