"""One verb for many orders: what it can be done with is done, and each of the others says why not.

All are tried in one transaction, as sets. If that is refused each is tried by itself, so that one
order does not keep the others from going on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database
from core.db import any_of
from core.errors import EntrepotError
from core.errors import InputError
from core.orders.models import Order
from core.orders.models import OrderException
from core.orders.offering import OFFERS
from core.orders.offering import offered
from core.orders.record import Actor

MOST = 1000
NOT_OFFERED = "not_offered"
NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Came:
    """What came of an order: how it stands, or why nothing was done with it.

    `why` is `not_offered` where its state does not allow the verb, `not_found`, or `refused`, which
    `problem` explains.
    """

    id: int
    order: str
    state: str
    why: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Head:
    id: int
    ref: str
    state: str
    offers: bool


def act_on_several(
    db: Database, company_id: int, order_ids: Sequence[int], verb: str, actor: Actor
) -> list[Came]:
    """Do with orders what a verb says; return what came of each, in the order they were named.

    Raises: InputError for a verb that there is not, for no orders, and for too many.
    """
    if verb not in OFFERS:
        raise InputError(f"there is no verb {verb!r}.", where="verb")
    wanted = list(dict.fromkeys(order_ids))
    if not 0 < len(wanted) <= MOST:
        raise InputError(f"choose 1 to {MOST} orders.", where="order")
    with db.read() as session:
        heads = _heads(session, company_id, wanted, verb)
    open_to = [each for each in wanted if each in heads and heads[each].offers]
    problems = _done_together(db, company_id, open_to, verb, actor)
    with db.read() as session:
        after = _heads(session, company_id, wanted, verb)
    return [_came(each, heads, after, problems) for each in wanted]


def _came(
    order_id: int,
    heads: dict[int, _Head],
    after: dict[int, _Head],
    problems: dict[int, str],
) -> Came:
    head = heads.get(order_id)
    if head is None:
        return Came(order_id, "", "", NOT_FOUND)
    state = after.get(order_id, head).state
    if not head.offers:
        return Came(order_id, head.ref, state, NOT_OFFERED)
    if problem := problems.get(order_id, ""):
        return Came(order_id, head.ref, state, "refused", problem)
    return Came(order_id, head.ref, state)


def _done_together(
    db: Database, company_id: int, order_ids: list[int], verb: str, actor: Actor
) -> dict[int, str]:
    """Do it with all at once, or else with one after another; return who was refused, and why."""
    if not order_ids:
        return {}
    try:
        _do(db, company_id, order_ids, verb, actor)
    except EntrepotError as error:
        if len(order_ids) == 1:
            return {order_ids[0]: str(error)}
    else:
        return {}
    problems = {}
    for order_id in order_ids:
        try:
            _do(db, company_id, [order_id], verb, actor)
        except EntrepotError as error:
            problems[order_id] = str(error)
    return problems


def _do(db: Database, company_id: int, order_ids: list[int], verb: str, actor: Actor) -> None:
    offer = OFFERS[verb]
    with db.write() as session:
        offer.verb(session, company_id, order_ids, actor, **dict(offer.options))


def _heads(session: Session, company_id: int, order_ids: list[int], verb: str) -> dict[int, _Head]:
    """Return the orders that there are, each with whether it offers the verb; two queries."""
    exceptions: dict[int, set[str]] = {}
    query = sa.select(OrderException.order_id, OrderException.kind).where(
        OrderException.company_id == company_id,
        any_of(session, OrderException.order_id, order_ids),
        OrderException.solved_at.is_(None),
    )
    for order_id, kind in session.execute(query):
        exceptions.setdefault(order_id, set()).add(kind)
    orders = sa.select(
        Order.id, Order.external_ref, Order.kind, Order.state, Order.consignment_id
    ).where(Order.company_id == company_id, any_of(session, Order.id, order_ids))
    found = {}
    for row in session.execute(orders):
        verbs = offered(
            row.kind,
            row.state,
            exceptions.get(row.id, set()),
            together=row.consignment_id is not None,
        )
        found[row.id] = _Head(row.id, row.external_ref, row.state, verb in verbs)
    return found
