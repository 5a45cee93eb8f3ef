"""Orders that leave in one parcel: each keeps its number, its lines and its money."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import InputError
from core.orders import platforms
from core.orders.deeds import deed_of_orders
from core.orders.inhand import OrderWork
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.states import State
from core.privacy.records import address_indexes

MERGEABLE = frozenset({State.TO_REVIEW, State.TO_ALLOCATE, State.BACKORDERED, State.ALLOCATED})


@deed_of_orders("merged")
def merge(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    actor: Actor,
    *,
    accept_value: bool = False,
) -> list[Outcome]:
    """Let orders of one buyer leave together: handed over and shipped as one.

    Raises: Conflict saying which two orders do not fit, or that the goods together are worth more
    than a small consignment may be; `accept_value` accepts that.
    """
    work = Work(session, company_id, actor)
    work.open_consignments(order_ids)
    orders = list(work.orders.values())
    if len(orders) < 2:
        raise InputError("Name at least two orders.", where="orders")
    for order in orders:
        _check_alone(order)
    addresses = address_indexes(session, company_id, [order.id for order in orders])
    for other in orders[1:]:
        _check_together(work, orders[0], other)
        if addresses.get(orders[0].id) != addresses.get(other.id):
            raise Conflict(
                f"Orders {orders[0].ref} and {other.ref} go to two addresses.",
                hint="Correct the address of one if both mean the same place.",
            )
    if not accept_value:
        _check_value(work, orders)
    first = min(order.id for order in orders)
    for order in orders:
        order.consignment_id = first
        work.record.set(order.id, consignment_id=first)
        others = [each.ref for each in orders if each is not order]
        work.record.event(order.id, "merged", orders=others)
    work.write()
    return outcomes(orders)


@deed_of_orders("separated")
def separate(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Let orders leave by themselves again.

    Raises: Conflict for one that does not leave with others, or is with the warehouse.
    """
    work = Work(session, company_id, actor)
    work.open(order_ids)
    for order in work.orders.values():
        if order.consignment_id is None or order.state not in MERGEABLE:
            raise Conflict(f"Order {order.ref} cannot be separated: it is {order.state}.")
        order.consignment_id = None
        work.record.set(order.id, consignment_id=None)
        work.record.event(order.id, "separated")
    work.write()
    return outcomes(work.orders.values())


def _check_alone(order: OrderWork) -> None:
    if order.kind != "sale" or order.state not in MERGEABLE:
        raise Conflict(
            f"Order {order.ref} is {order.state}: it cannot leave with others.",
            hint="Merge orders before they are handed to the warehouse.",
        )
    if not platforms.allows(order.platform, "merge"):
        raise Conflict(f"{order.platform} does not let its orders be sent together.")


def _check_together(work: Work, one: OrderWork, other: OrderWork) -> None:
    """Refuse two orders that cannot be one parcel."""
    reasons = (
        ((one.platform, one.account) != (other.platform, other.account), "are of two accounts"),
        (one.customer_id is None or one.customer_id != other.customer_id, "are not of one buyer"),
        (one.country != other.country, "go to two countries"),
        (one.currency != other.currency, "are in two currencies"),
        (_places(work, one) != _places(work, other), "lie in different warehouses"),
    )
    for wrong, words in reasons:
        if wrong:
            raise Conflict(f"Orders {one.ref} and {other.ref} {words}.")


def _places(work: Work, order: OrderWork) -> set[int]:
    return {
        place
        for line in order.open_goods
        for sku_id, _ in line.parts
        for place in work.promised(line, sku_id)
    }


def _check_value(work: Work, orders: Sequence[OrderWork]) -> None:
    """Refuse a parcel over the value of a small consignment where each order is below it."""
    limit = platforms.consignment_limit(orders[0].country)
    places = {work.warehouses[place].country for order in orders for place in _places(work, order)}
    inside = all(platforms.consignment_limit(country) == limit for country in places)
    if limit is None or inside:
        return
    currency, most = limit
    if orders[0].currency != currency:
        raise Conflict(
            f"The goods are priced in {orders[0].currency}, the limit of a small consignment to"
            f" {orders[0].country} is in {currency}.",
            hint="Compare the values yourself, then merge with the value accepted.",
        )
    values = [sum(line.net for line in order.open_goods) for order in orders]
    if sum(values) > most and all(value <= most for value in values):
        raise Conflict(
            f"Together the goods are worth more than a small consignment to {orders[0].country}"
            f" may be ({currency} {most // 100}): duty and import tax would fall due.",
            hint="Send them apart, or merge with the value accepted.",
        )
