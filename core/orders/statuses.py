"""What platforms say of orders: facts, which may jump, come twice, late and in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.orders.allocating import promise_goods
from core.orders.approving import go_on
from core.orders.cancel_requests import BEFORE
from core.orders.cancel_requests import states_before
from core.orders.cancelling import drop
from core.orders.holding import PARKED
from core.orders.inhand import OrderWork
from core.orders.lookups import Account
from core.orders.models import Order
from core.orders.orderwork import Work
from core.orders.platforms import Meaning
from core.orders.platforms import meaning_of
from core.orders.record import Actor
from core.orders.shipping import ship_as_told
from core.orders.states import GONE
from core.orders.states import IN_WAREHOUSE
from core.orders.states import State


@dataclass(frozen=True, slots=True)
class StatusFact:
    """A platform's state of one of its orders, and when the platform changed it."""

    ref: str
    native: str
    updated_at: datetime


@dataclass(slots=True)
class StatusResult:
    """What became of the facts: their sum is what was received."""

    received: int = 0
    applied: int = 0
    superseded: int = 0
    unknown: tuple[str, ...] = ()


BEFORE_WAREHOUSE = (
    State.DRAFT,
    State.PENDING_PAYMENT,
    State.TO_REVIEW,
    State.TO_ALLOCATE,
    State.BACKORDERED,
    State.ALLOCATED,
)
READY = (State.TO_REVIEW, State.TO_ALLOCATE)
UNREADY = (State.DRAFT, State.PENDING_PAYMENT, State.TO_REVIEW)
"""Before these are over an order does not go on by itself."""
_RANK: dict[str, int] = {
    state: place
    for place, state in enumerate(
        (
            State.DRAFT,
            State.PENDING_PAYMENT,
            State.TO_REVIEW,
            State.ON_HOLD,
            State.TO_ALLOCATE,
            State.BACKORDERED,
            State.ALLOCATED,
            State.RELEASED,
            State.PICKING,
            State.PACKED,
            State.CANCEL_REQUESTED,
            State.PARTIALLY_SHIPPED,
            State.SHIPPED,
            State.DELIVERED,
            State.COMPLETED,
        )
    )
}


def apply_statuses(
    session: Session, account: Account, map_name: str, facts: Sequence[StatusFact], actor: Actor
) -> StatusResult:
    """Bring orders of an account to what their platform says; what is older than known is left.

    Facts of orders that are not known yet are named in the result: fetch those orders. Raises:
    MappingError for a state that the platform's map does not know.
    """
    meanings = {fact.native: meaning_of(map_name, fact.native) for fact in facts}
    newest: dict[str, StatusFact] = {}
    for fact in facts:
        known = newest.get(fact.ref)
        if known is None or fact.updated_at > known.updated_at:
            newest[fact.ref] = fact
    families = families_of(session, account, list(newest))
    work = Work(session, account.company_id, actor)
    work.open([order_id for ids in families.values() for order_id in ids])
    asked = [each.id for each in work.orders.values() if each.state == State.CANCEL_REQUESTED]
    before = states_before(session, account.company_id, asked)
    applied = 0
    for ref, order_ids in families.items():
        orders = [work.orders[order_id] for order_id in order_ids]
        if orders[0].remote_at is None or newest[ref].updated_at > orders[0].remote_at:
            applied += 1
            for order in orders:
                meaning = meanings[newest[ref].native]
                if not _goes_back(work, order, newest[ref], meaning, before.get(order.id)):
                    _apply(work, order, newest[ref], meaning)
    work.write(book="shipment")
    unknown = tuple(sorted(newest.keys() - families.keys()))
    lost = sum(fact.ref in unknown for fact in facts)
    return StatusResult(len(facts), applied, len(facts) - applied - lost, unknown)


def families_of(session: Session, account: Account, refs: Sequence[str]) -> dict[str, list[int]]:
    """Return the orders of each number, the first of them before what was split from it."""
    mine = (
        Order.company_id == account.company_id,
        Order.platform == account.platform,
        Order.account == account.account,
    )
    first = sa.select(Order.external_ref, Order.id).where(
        *mine, any_of(session, Order.external_ref, list(refs))
    )
    families = {ref: [order_id] for ref, order_id in session.execute(first)}
    refs_of = {ids[0]: ref for ref, ids in families.items()}
    parts = (
        sa.select(Order.origin_id, Order.id)
        .where(
            Order.company_id == account.company_id,
            any_of(session, Order.origin_id, sorted(refs_of)),
            Order.origin_kind == "split",
        )
        .order_by(Order.id)
    )
    for origin_id, order_id in session.execute(parts):
        families[refs_of[origin_id or 0]].append(order_id)
    return families


def _goes_back(
    work: Work, order: OrderWork, fact: StatusFact, meaning: Meaning, was: State | None
) -> bool:
    """Let an order go on from where it was when its buyer's request has ended, and say so."""
    ended = order.remote_state == State.CANCEL_REQUESTED == order.state
    if not ended or meaning.state not in READY or was in (None, *UNREADY):
        return False
    _note(work, order, fact, meaning)
    work.jump(order, str(was), fact.updated_at, status=fact.native)
    return True


def _note(work: Work, order: OrderWork, fact: StatusFact, meaning: Meaning) -> None:
    """Write down what the platform says."""
    order.remote_state = meaning.state or order.remote_state
    order.remote_at = fact.updated_at
    work.record.set(
        order.id,
        remote_status=fact.native,
        remote_state=order.remote_state and str(order.remote_state),
        remote_at=fact.updated_at,
    )


def _apply(work: Work, order: OrderWork, fact: StatusFact, meaning: Meaning) -> None:
    before = order.remote_state
    _note(work, order, fact, meaning)
    if meaning.state is None or "unmapped" in order.exceptions or order.state == State.CANCELLED:
        # Kept for later: an order that waits for its mapping goes on to what was said last.
        work.record.event(order.id, "platform", fact.updated_at, status=fact.native)
        return
    steps = {
        State.CANCELLED: _cancelled,
        State.CANCEL_REQUESTED: _cancel_requested,
        State.ON_HOLD: _held,
        State.PENDING_PAYMENT: _unpaid,
        **dict.fromkeys(GONE, _gone),
        **dict.fromkeys((*IN_WAREHOUSE, State.PARTIALLY_SHIPPED), _further),
        **dict.fromkeys(READY, _ready),
    }
    step = steps.get(meaning.state)
    if step is None or not step(work, order, fact, meaning.state, before):
        work.record.event(order.id, "platform", fact.updated_at, status=fact.native)


def _cancelled(
    work: Work, order: OrderWork, _fact: StatusFact, _to: State, _was: str | None
) -> bool:
    # A cancellation never takes a shipment back: what has left has left.
    if order.state in GONE:
        return False
    drop(work, order)
    return True


def _cancel_requested(
    work: Work, order: OrderWork, fact: StatusFact, to: State, was: str | None
) -> bool:
    # What was answered here is not asked again by the same request.
    if _RANK.get(order.state, 0) >= _RANK[State.CANCEL_REQUESTED] or was == to:
        return False
    work.stopped.add(order.id)
    told = {BEFORE: str(order.state), "status": fact.native}
    work.jump(order, to, fact.updated_at, **told)
    return True


def _held(work: Work, order: OrderWork, fact: StatusFact, to: State, _was: str | None) -> bool:
    if order.state not in BEFORE_WAREHOUSE:
        return False
    _pay(work, order)
    promise_goods(work, [order])
    order.hold = PARKED
    work.record.set(order.id, hold=PARKED)
    work.jump(order, to, fact.updated_at, status=fact.native)
    return True


def _unpaid(work: Work, order: OrderWork, fact: StatusFact, to: State, _was: str | None) -> bool:
    if order.state not in BEFORE_WAREHOUSE or order.state == to:
        return False
    for line in order.open_goods:
        work.give_up(line)
    work.solve(order, "short")
    work.raise_exception(order, "unpaid")
    work.jump(order, to, fact.updated_at, status=fact.native)
    return True


def _ready(work: Work, order: OrderWork, fact: StatusFact, to: State, before: str | None) -> bool:
    freed = before == order.state and order.state in (State.ON_HOLD, State.CANCEL_REQUESTED)
    if order.state not in (State.DRAFT, State.PENDING_PAYMENT) and not freed:
        return False
    _pay(work, order)
    order.hold = None
    work.record.set(order.id, hold=None)
    work.jump(order, State.TO_REVIEW, fact.updated_at, status=fact.native)
    promise_goods(work, [order])
    go_on(work, order)
    return True


def _further(work: Work, order: OrderWork, fact: StatusFact, to: State, _was: str | None) -> bool:
    if _RANK.get(order.state, 0) >= _RANK[to]:
        return False
    _pay(work, order)
    if not any(work.promised(line, sku) for line in order.open_goods for sku, _ in line.parts):
        promise_goods(work, [order])
    order.hold = None
    work.record.set(order.id, hold=None)
    work.jump(order, to, fact.updated_at, status=fact.native)
    return True


def _gone(work: Work, order: OrderWork, fact: StatusFact, to: State, _was: str | None) -> bool:
    if order.open_goods:
        if order.id in work.elsewhere():
            # The warehouse that sends it says itself what has left, and from where.
            return False
        ship_as_told(work, order, fact.updated_at)
    if _RANK.get(order.state, 0) < _RANK[to]:
        work.jump(order, to, fact.updated_at, status=fact.native)
    return True


def _pay(work: Work, order: OrderWork) -> None:
    work.solve(order, "unpaid")
