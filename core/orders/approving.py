"""Approving orders: by themselves when they come in, or by a person who has looked."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import InputError
from core.money import MICRO
from core.money import minor_digits
from core.money import round_div
from core.orders import exceptions
from core.orders.allocating import promise_goods
from core.orders.allocating import settle_state
from core.orders.deeds import deed_of_orders
from core.orders.duplicates import find_duplicates
from core.orders.foreseen import FEW
from core.orders.handed import Handed
from core.orders.inhand import OrderWork
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.ruled import CANNOT_BE_ACCEPTED
from core.orders.ruled import Rulings
from core.orders.states import State
from core.privacy.records import AddressMarks
from core.privacy.records import address_marks
from core.stock.reserving import may_look

UNKNOWN_COUNTRY = "ZZ"


def review_new(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    actor: Actor,
    *,
    unseen: bool = False,
    handed: Handed | None = None,
) -> list[Outcome]:
    """Look at orders that came in: promise their goods, and approve those that lack nothing.

    One that a person must look at keeps its goods meanwhile. `unseen` says that nobody else can
    see the orders yet, so that nobody waits for them while we wait for their goods. What is known
    of them already may be `handed` over.
    """
    work = Work(session, company_id, actor, handed)
    look = unseen and len(order_ids) <= FEW and may_look(session)
    work.open(order_ids, look=look)
    fresh = [order for order in work.orders.values() if order.kind == "sale"]
    early = (State.DRAFT, State.PENDING_PAYMENT)
    ready = [order for order in fresh if order.state not in early and not order.hold]
    fresh_ids = {order.id for order in ready if order.state == State.TO_REVIEW}
    doubtful = fresh_ids - (handed.first_of_buyer if handed else frozenset())
    twins = find_duplicates(session, company_id, sorted(doubtful))
    marks = handed.marks if handed else address_marks(session, company_id, fresh_ids)
    for order in ready:
        if order.state == State.TO_REVIEW and order.origin_id is None:
            _examine(work, order, twins.get(order.id), marks.get(order.id))
    # A part of an order was ruled with the whole of it.
    ruled = [o for o in ready if o.id in fresh_ids and o.origin_kind != "split"]
    rulings = Rulings(work, ruled, new=unseen)
    waiting = [o for o in ready if o.open_goods and not rulings.locks(o)]
    promise_goods(work, waiting)
    if look and not work.secure(waiting):
        promise_goods(work, waiting)
    for order in ready:
        if not rulings.hold(order):
            rulings.accept(order)
            go_on(work, order)
    work.write()
    return rulings.finish()


def _examine(work: Work, order: OrderWork, twin: str | None, address: AddressMarks | None) -> None:
    """Put an order into the queues of what a person should see before it goes on."""
    wrong = [f"{field} {code}" for field, code in address.problems] if address else []
    if order.country == UNKNOWN_COUNTRY or wrong:
        work.raise_exception(order, "address", country=order.country, fields=wrong)
    if twin is not None:
        work.raise_exception(order, "duplicate", like=twin)
    if (margin := expected_margin(work, order)) is not None and margin < 0:
        work.raise_exception(order, "loss", margin=margin)


def expected_margin(work: Work, order: OrderWork) -> int | None:
    """Return net price less last known cost, None where a cost or a rate is not known."""
    if order.currency != work.company.currency or not order.open_goods:
        return None
    micro = 0
    for line in order.open_goods:
        for sku_id, each in line.parts:
            cost = next((s.unit_cost(sku_id) for s in work.stocks.values() if s.knows(sku_id)), 0)
            if not cost:
                return None
            micro += cost * each * line.quantity
    cost = round_div(micro, MICRO // 10 ** minor_digits(order.currency))
    return sum(line.net for line in order.lines if line.is_open) - cost


def go_on(work: Work, order: OrderWork) -> None:
    """Let an order whose goods were looked for go on, unless a person must see it first."""
    if order.exceptions & exceptions.STOPPING:
        return
    if order.state in (State.TO_REVIEW, State.BACKORDERED, State.ALLOCATED):
        work.step(order, State.TO_ALLOCATE)
    if order.state == State.TO_ALLOCATE:
        settle_state(work, order)
    elif order.state in (State.SHIPPED, State.DELIVERED) and order.open_goods:
        # The platform added goods to an order that had left: a fact.
        work.jump(order, State.PARTIALLY_SHIPPED)


@deed_of_orders("approved")
def approve(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Approve orders and allocate their goods; it ends a hold and accepts what was doubtful.

    Back orders are allocated anew, also from other warehouses. Raises: Conflict for an order that
    is past approval, has a SKU that is not mapped, or is not paid.
    """
    work = Work(session, company_id, actor)
    work.open(order_ids)
    for order in work.orders.values():
        _accept(work, order)
        if order.state != State.TO_ALLOCATE:
            work.step(order, State.TO_ALLOCATE)
        order.hold = None
        work.record.set(order.id, hold=None)
    promise_goods(work, work.orders.values())
    for order in work.orders.values():
        settle_state(work, order)
    work.write()
    return outcomes(work.orders.values())


def _accept(work: Work, order: OrderWork) -> None:
    for kind in CANNOT_BE_ACCEPTED:
        if kind in order.exceptions:
            raise Conflict(f"Order {order.ref} cannot be approved: {_WHY[kind]}", hint=_FIX[kind])
    for kind in order.exceptions & exceptions.STOPPING - {"no_route"}:
        work.solve(order, kind)


_WHY = {"unmapped": "one of its codes stands for no SKU.", "unpaid": "it is not paid."}
_FIX = {
    "unmapped": "Map the code to a SKU; the order goes on by itself.",
    "unpaid": "Mark it as paid, or wait until the platform says so.",
}


@deed_of_orders("solved")
def solve(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor, *, kind: str
) -> list[Outcome]:
    """Take orders out of a queue because a person has looked; what lacks nothing more goes on.

    Raises: InputError for a queue that empties itself or needs another fix.
    """
    if kind not in exceptions.STOPPING - {*CANNOT_BE_ACCEPTED}:
        raise InputError(f"Orders are not taken out of the queue {kind!r} by hand.", where="queue")
    work = Work(session, company_id, actor)
    work.open(order_ids)
    for order in work.orders.values():
        if kind in order.exceptions:
            work.solve(order, kind)
            work.record.event(order.id, "solved", exception=kind)
    _try_again(work, work.orders.values())
    work.write()
    return outcomes(work.orders.values())


def _try_again(work: Work, orders: Iterable[OrderWork]) -> None:
    ready = [o for o in orders if o.state == State.TO_REVIEW and not o.hold]
    promise_goods(work, ready)
    for order in ready:
        go_on(work, order)


@deed_of_orders("paid")
def mark_paid(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Let unpaid orders go on.

    Raises: Conflict for an order that does not wait for its payment.
    """
    work = Work(session, company_id, actor)
    work.open(order_ids)
    for order in work.orders.values():
        if order.state != State.PENDING_PAYMENT:
            raise Conflict(f"Order {order.ref} is {order.state}: it waits for no payment.")
        work.step(order, State.TO_REVIEW, paid=True)
        work.solve(order, "unpaid")
    _try_again(work, work.orders.values())
    work.write()
    return outcomes(work.orders.values())
