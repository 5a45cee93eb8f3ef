"""Splitting an order into orders that go their own ways: by items, by stock, by warehouse.

Each part keeps its share of postage and discounts, and bears the number of the first with a suffix;
to the platform they stay one order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.orders import platforms
from core.orders.allocating import settle_state
from core.orders.allocating import whole_units
from core.orders.deeds import deed_of_orders
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.making import make_order
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.states import State
from core.orders.writing import split_amount

SPLITTABLE = frozenset(
    {State.TO_REVIEW, State.ON_HOLD, State.TO_ALLOCATE, State.BACKORDERED, State.ALLOCATED}
)

By = Literal["stock", "warehouse"]
WAYS: tuple[By, ...] = ("stock", "warehouse")


@deed_of_orders("split")
def split(
    session: Session,
    company_id: int,
    order_id: int,
    actor: Actor,
    *,
    quantities: Mapping[int, int] | None = None,
    by: By | None = None,
) -> list[Outcome]:
    """Split off quantities of lines, what is not there (`stock`), or what lies elsewhere.

    Raises: Conflict where nothing can be split off, or nothing would be left; InputError for a
    quantity that a line does not have.
    """
    work = Work(session, company_id, actor)
    work.open([order_id])
    order = work.orders[order_id]
    _check(order)
    if quantities:
        groups = [_named(work, order, quantities)]
    elif by == "stock":
        groups = [_missing(work, order)]
    elif by == "warehouse":
        groups = _elsewhere(work, order)
    else:
        raise InputError("Say what to split off: lines, or by stock or warehouse.", where="by")
    groups = [group for group in groups if group]
    if not groups:
        raise Conflict(f"There is nothing to split off order {order.ref}.")
    if not set(order.open_goods) - {line for group in groups for line in group}:
        raise Conflict(f"Nothing would be left of order {order.ref}.", hint="Name fewer lines.")
    for group in groups:
        _move(work, order, group)
    for part in tuple(work.orders.values()):
        _settle(work, part)
    work.write()
    return outcomes(work.orders.values())


def _check(order: OrderWork) -> None:
    if order.state not in SPLITTABLE or order.kind != "sale":
        raise Conflict(
            f"Order {order.ref} is {order.state}: it cannot be split.",
            hint="Split it before it is handed to the warehouse, or ship a part of it.",
        )
    if not platforms.allows(order.platform, "split"):
        raise Conflict(f"{order.platform} does not let its orders be split.")
    if order.consignment_id is not None:
        raise Conflict(f"Order {order.ref} leaves with others.", hint="Separate it first.")


def _named(work: Work, order: OrderWork, quantities: Mapping[int, int]) -> list[LineWork]:
    lines = {line.id: line for line in order.open_goods}
    group = []
    for line_id, units in quantities.items():
        if line_id not in lines:
            raise NotFound(f"Line {line_id} is not an open line of order {order.ref}.")
        line = lines[line_id]
        if not 0 < units <= line.quantity:
            raise InputError(
                f"{units} of {line.code} cannot be split off, the line has {line.quantity}.",
                where="quantity",
            )
        group.append(line if units == line.quantity else _part(work, line, units))
    return group


def _part(work: Work, line: LineWork, units: int) -> LineWork:
    """Divide units off a line; they take promised goods first."""
    part = work.divide(line, units)
    for sku_id, each in line.parts:
        needed = units * each
        held = work.promised(line, sku_id)
        for place, (promised, waiting) in held.items():
            taken = min(needed, promised)
            late = min(needed - taken, waiting)
            work.stocks[place].hand_over(line.id, sku_id, part.id, taken, late)
            needed -= taken + late
    return part


def _missing(work: Work, order: OrderWork) -> list[LineWork]:
    """Return what of an order is not wholly there, as lines of their own."""
    group = []
    for line in order.open_goods:
        whole = whole_units(work, line)
        there = sum(whole.values())
        if there == line.quantity:
            continue
        if not there:
            group.append(line)
            continue
        part = work.divide(line, line.quantity - there)
        for sku_id, each in line.parts:
            for place, (promised, waiting) in work.promised(line, sku_id).items():
                loose = promised - whole.get(place, 0) * each
                work.stocks[place].hand_over(line.id, sku_id, part.id, loose, waiting)
        group.append(part)
    return group


def _elsewhere(work: Work, order: OrderWork) -> list[list[LineWork]]:
    """Return what would leave from each warehouse but the first, as lines of their own."""
    places: dict[int, list[tuple[LineWork, int]]] = {}
    for line in order.open_goods:
        for place, units in whole_units(work, line).items():
            places.setdefault(place, []).append((line, units))
    stays = max(places, key=lambda place: sum(units for _, units in places[place]), default=None)
    return [
        [work.carve(line, units, place) for line, units in held]
        for place, held in places.items()
        if place != stays
    ]


def _move(work: Work, order: OrderWork, group: list[LineWork]) -> None:
    """Make an order of some lines, with their share of what goes beside the goods."""
    stay = [line for line in order.open_goods if line not in group]
    weights = [abs(line.net) for line in (*group, *stay)]
    charges = []
    for charge in order.open_charges:
        amount = sum(split_amount(charge.net, weights)[: len(group)])
        if amount:
            charges.append(charge if amount == charge.net else work.divide(charge, 0, amount))
    part = make_order(work, order, "split", state=order.state, hold=order.hold)
    for line in (*group, *charges):
        order.lines.remove(line)
        part.lines.append(line)
        line.order = part
        work.lines.give(line.id, part.id)
    work.record.event(order.id, "split", into=part.ref, lines=len(group))
    work.record.event(part.id, "split", off=order.ref, lines=len(group))
    for kind in order.exceptions - {"short"}:
        work.raise_exception(part, kind)


def _settle(work: Work, order: OrderWork) -> None:
    """Let a part say anew whether it waits for goods."""
    short = work.short_of(order)
    if short:
        work.raise_exception(order, "short", missing=short)
    else:
        work.solve(order, "short")
    now = State.BACKORDERED if short else State.ALLOCATED
    if order.state in (State.BACKORDERED, State.ALLOCATED) and order.state != now:
        work.step(order, State.TO_ALLOCATE)
        settle_state(work, order)
