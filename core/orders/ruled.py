"""Doing what the seller's rules say: at the review of new orders, and again when somebody asks."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.identity.deeds import part_of_another
from core.orders import exceptions
from core.orders.allocating import promise_goods
from core.orders.allocating import settle_state
from core.orders.deeds import deed_of_orders
from core.orders.holding import LOCKED
from core.orders.inhand import OrderWork
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.splitting import SPLITTABLE
from core.orders.splitting import By
from core.orders.splitting import split
from core.orders.states import State
from core.rules.ruling import ask_rules
from core.rules.ruling import chosen_warehouses
from core.rules.ruling import warehouses_chosen_by
from core.rules.ruling import write_down

CANNOT_BE_ACCEPTED = ("unmapped", "unpaid")
"""What has to be put right: no approval makes up for it."""

ASKED_AGAIN = frozenset(
    {State.TO_REVIEW, State.ON_HOLD, State.TO_ALLOCATE, State.ALLOCATED, State.BACKORDERED}
)
"""States of orders that rules may still move: the warehouse does not work on them yet."""


class Rulings:
    """What the live rules say of orders under work; written down at once, done step by step."""

    def __init__(
        self, work: Work, orders: Sequence[OrderWork], *, again: bool = False, new: bool = False
    ) -> None:
        self.work = work
        queues = {order.id: frozenset(order.exceptions) for order in orders}
        known = work.handed.known if work.handed is not None else None
        self.decisions = ask_rules(work.session, work.company_id, queues, known)
        here = (work.session, work.company_id)
        if new:
            work.chosen = warehouses_chosen_by(*here, self.decisions)
        if self.decisions or again:
            write_down(*here, queues, self.decisions, work.record, again=not new)

    def _fate(self, order: OrderWork) -> tuple[str, str, str]:
        """Return what shall become of an order, with the value and the rule's name."""
        decision = self.decisions.get(order.id)
        if decision is None or "fate" not in decision.slots:
            return "", "", ""
        action, rule = decision.slots["fate"]
        return action.do, action.value, rule.name

    def locks(self, order: OrderWork) -> bool:
        """Say whether an order is held without its goods."""
        return self._fate(order)[:2] == ("hold", LOCKED)

    def hold(self, order: OrderWork) -> bool:
        """Hold an order if a rule says so, and return whether it is held."""
        do, kind, rule = self._fate(order)
        if do != "hold":
            return False
        if order.state == State.BACKORDERED:
            self.work.step(order, State.TO_ALLOCATE)
        if order.state != State.ON_HOLD:
            self.work.step(order, State.ON_HOLD, hold=kind, rule=rule)
        order.hold = kind
        self.work.record.set(order.id, hold=kind)
        if kind == LOCKED:
            for line in order.open_goods:
                self.work.give_up(line)
            self.work.solve(order, "short")
        return True

    def accept(self, order: OrderWork) -> bool:
        """Accept what is doubtful in an order if a rule approves it; return whether one does."""
        if self._fate(order)[0] != "approve":
            return False
        for kind in order.exceptions & exceptions.STOPPING - {"no_route", *CANNOT_BE_ACCEPTED}:
            self.work.solve(order, kind)
        return True

    def finish(self) -> list[Outcome]:
        """Split the orders that rules want split, once all is written; return how orders stand.

        One that can be sent whole, or that its platform keeps together, stays as it is.
        """
        found = {outcome.id: outcome for outcome in outcomes(self.work.orders.values())}
        for order_id, decision in sorted(self.decisions.items()):
            by = decision.chosen("split")
            if by is not None and self.work.orders[order_id].state in SPLITTABLE:
                parts = _split(self.work, order_id, "stock" if by == "stock" else "warehouse")
                found |= {part.id: part for part in parts}
        return list(found.values())


@deed_of_orders("ruled")
def apply_rules(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Ask the live rules about orders again and do what they say now.

    Tags and choices of earlier rulings that no rule asks for any more are taken back. Orders that
    the warehouse works on, or that have left, stay as they are.
    """
    work = Work(session, company_id, actor)
    work.open(order_ids)
    orders = [o for o in work.orders.values() if o.kind == "sale" and o.state in ASKED_AGAIN]
    before = chosen_warehouses(session, company_id, [order.id for order in orders])
    rulings = Rulings(work, orders, again=True)
    after = chosen_warehouses(session, company_id, [order.id for order in orders])
    moved = {o.id for o in orders if before.get(o.id) != after.get(o.id)}
    for order in orders:
        if not rulings.hold(order):
            _go_on(work, order, accepted=rulings.accept(order), moved=order.id in moved)
    _promise(work, (order for order in orders if order.state == State.TO_ALLOCATE))
    work.write()
    return rulings.finish()


def _go_on(work: Work, order: OrderWork, *, accepted: bool, moved: bool) -> None:
    """Let an order be allocated anew if it was approved, or shall leave from elsewhere."""
    stopped = order.exceptions & exceptions.STOPPING
    if accepted and not stopped and order.state in (State.TO_REVIEW, State.ON_HOLD):
        order.hold = None
        work.record.set(order.id, hold=None)
        work.step(order, State.TO_ALLOCATE)
    elif moved and order.state in (State.ALLOCATED, State.BACKORDERED):
        work.step(order, State.TO_ALLOCATE)
        for line in order.open_goods:
            work.give_up(line)


def _promise(work: Work, orders: Iterable[OrderWork]) -> None:
    ready = list(orders)
    promise_goods(work, ready)
    for order in ready:
        settle_state(work, order)


def _split(work: Work, order_id: int, by: By) -> list[Outcome]:
    try:
        with part_of_another():
            return split(work.session, work.company_id, order_id, work.actor, by=by)
    except Conflict:
        return []
