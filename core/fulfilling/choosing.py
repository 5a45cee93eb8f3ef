"""Choosing by hand from which warehouse an order shall leave, against what the rules say."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import table_of
from core.errors import Conflict
from core.fulfilling.asking import EXCEPTION
from core.fulfilling.asking import sent_by_platform
from core.orders.allocating import promise_goods
from core.orders.allocating import settle_state
from core.orders.deeds import deed_of_orders
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.states import State
from core.rows import upsert_missing
from core.rules.models import OrderChoice
from core.stock.models import Warehouse
from core.stock.warehouses import RESERVABLE
from core.warehousing.floor import warehouse_named

CHOOSABLE = frozenset({State.TO_ALLOCATE, State.BACKORDERED, State.ALLOCATED})
"""States of orders that are approved, and that no warehouse works on yet."""


@deed_of_orders("sent_from")
def send_from(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    actor: Actor,
    *,
    warehouse: str,
) -> list[Outcome]:
    """Let orders leave from a warehouse, also one of somebody else that sends for us.

    What another warehouse had promised them is given back. Raises: NotFound for a warehouse that
    there is not, Conflict for an order that is not waiting to be handed over, or that the warehouse
    cannot send.
    """
    place = warehouse_named(session, company_id, warehouse)
    work = Work(session, company_id, actor)
    work.open(order_ids)
    orders = list(work.orders.values())
    for order in orders:
        if order.state not in CHOOSABLE:
            raise Conflict(
                f"Order {order.ref} is {order.state}.",
                hint="Approve it first, or recall it from the warehouse that has it.",
            )
    _require_sender(work, place)
    _choose(session, company_id, [order.id for order in orders], place.id)
    for order in orders:
        for line in order.open_goods:
            work.give_up(line)
        work.solve(order, EXCEPTION)
        if order.state != State.TO_ALLOCATE:
            work.step(order, State.TO_ALLOCATE, warehouse=place.code)
    work.chosen = {order.id: place.id for order in orders}
    promise_goods(work, orders)
    for order in orders:
        settle_state(work, order)
    work.write()
    return outcomes(orders)


def _require_sender(work: Work, place: Warehouse) -> None:
    if place.kind in RESERVABLE:
        return
    orders = list(work.orders.values())
    able = sent_by_platform(work, orders, dict.fromkeys(work.orders, place.id))
    unable = next((order for order in orders if order.id not in able), None)
    if unable is not None:
        raise Conflict(
            f"No connection has {place.code} send order {unable.ref}.",
            hint="A platform sends orders of other channels than its own, through a connection"
            " whose setting stored_in names its warehouse.",
        )


def _choose(session: Session, company_id: int, order_ids: list[int], warehouse_id: int) -> None:
    rows = [{"company_id": company_id, "id": order_id, "row_version": 1} for order_id in order_ids]
    upsert_missing(session, table_of(OrderChoice), rows)
    session.execute(
        sa.update(OrderChoice)
        .where(OrderChoice.company_id == company_id, OrderChoice.id.in_(order_ids))
        .values(warehouse_id=warehouse_id, row_version=OrderChoice.row_version + 1)
        .execution_options(synchronize_session=False)
    )
