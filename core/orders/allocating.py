"""Promising goods to orders: routed, summed by component, and a shortage that is never hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import NotFound
from core.fulfilling.asking import sent_by_platform
from core.kernel import hooks
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.orderwork import Work
from core.orders.routing import Option
from core.orders.routing import choose
from core.orders.states import State
from core.rules.ruling import chosen_warehouses


@dataclass(frozen=True, slots=True)
class OrderToRoute:
    """What an addon that chooses warehouses may know of an order."""

    id: int
    company_id: int


def preferred_warehouses(work: Work, orders: Iterable[OrderWork]) -> Mapping[int, int]:
    """Return the warehouse from which each order should leave, where a rule or an addon names one.

    What the seller's rules say goes before. Raises: NotFound for a warehouse that the company does
    not have.
    """
    ids = [order.id for order in orders]
    ruled = work.chosen
    if ruled is None:
        ruled = chosen_warehouses(work.session, work.company_id, ids)
    if not hooks.wanted(work.session, "resolve", "warehouse_for_orders"):
        return ruled
    asked = tuple(OrderToRoute(order_id, work.company_id) for order_id in ids)
    if not asked:
        return {}
    found: Mapping[int, int] = hooks.resolve(
        work.session, "warehouse_for_orders", default={}, orders=asked
    )
    if unknown := sorted(set(found.values()) - work.warehouses.keys()):
        raise NotFound(
            f"An addon sends orders to warehouse {unknown[0]}, which the company does not have.",
            hint="Disable or correct the addon that answers warehouse_for_orders.",
        )
    return {**found, **ruled}


def promise_goods(work: Work, orders: Iterable[OrderWork]) -> None:
    """Promise goods to orders, the oldest promise first; what is not there waits visibly."""
    waiting = sorted(orders, key=lambda order: (order.promised_at, order.id))
    preferred = preferred_warehouses(work, waiting)
    elsewhere = sent_by_platform(work, waiting, preferred)
    for order in waiting:
        if order.id in elsewhere:
            _leave_to_platform(work, order)
            continue
        places = _places(work, preferred.get(order.id))
        if not places:
            work.raise_exception(order, "no_route")
            continue
        work.solve(order, "no_route")
        _promise(work, order, places)
        if short := work.short_of(order):
            work.raise_exception(order, "short", missing=short)
        else:
            work.solve(order, "short")


def _leave_to_platform(work: Work, order: OrderWork) -> None:
    """Promise nothing of ours: a platform promises the stock of its own warehouse itself."""
    for line in order.open_goods:
        work.give_up(line)
    for kind in ("no_route", "short"):
        work.solve(order, kind)


def settle_state(work: Work, order: OrderWork) -> None:
    """Let an order that is to be allocated say what came of it."""
    if "no_route" in order.exceptions:
        return
    if "short" in order.exceptions:
        work.step(order, State.BACKORDERED, missing=work.short_of(order))
    else:
        work.step(order, State.ALLOCATED)


def _places(work: Work, preferred: int | None) -> list[int]:
    """Return the warehouses that may send, the preferred one first."""
    places = list(work.stocks)
    if preferred in places:
        places.remove(preferred)
        places.insert(0, preferred)
    return places


def _promise(work: Work, order: OrderWork, places: Sequence[int]) -> None:
    missing = {line: _missing_units(work, line) for line in order.open_goods}
    needs: Counter[int] = Counter()
    for line, units in missing.items():
        for sku_id, each in line.parts:
            needs[sku_id] += units * each
    needs = +needs
    if not needs:
        return
    options = [
        Option(place, {sku: work.stocks[place].available(sku) for sku in needs}) for place in places
    ]
    route = choose(needs, options)
    for line, units in missing.items():
        left = units
        if route is not None and units:
            _withdraw(work, line)
            left = _spread(work, line, units, route.places)
        if left:
            _wait(work, line, places)


def _missing_units(work: Work, line: LineWork) -> int:
    """Return how many units of a line are not wholly promised by one warehouse."""
    return line.quantity - sum(whole_units(work, line).values())


def whole_units(work: Work, line: LineWork) -> dict[int, int]:
    """Return how many whole units each warehouse has promised to a line."""
    found: dict[int, int] = {}
    for warehouse_id, stock in work.stocks.items():
        units = min(
            (stock.promised(line.id, sku_id)[0] // each for sku_id, each in line.parts), default=0
        )
        if units:
            found[warehouse_id] = units
    return found


def _withdraw(work: Work, line: LineWork) -> None:
    """Take back what waits, and components that alone make no unit."""
    whole = whole_units(work, line)
    for sku_id, each in line.parts:
        for warehouse_id, (promised, waiting) in work.promised(line, sku_id).items():
            loose = promised - whole.get(warehouse_id, 0) * each
            if loose + waiting:
                work.take_back(line, sku_id, warehouse_id, loose + waiting)


def _spread(work: Work, line: LineWork, units: int, places: Iterable[int]) -> int:
    """Promise whole units from warehouses in turn and return how many are left over."""
    for place in places:
        stock = work.stocks[place]
        fits = min(stock.available(sku_id) // each for sku_id, each in line.parts)
        taken = min(units, fits)
        if taken > 0:
            for sku_id, each in line.parts:
                stock.promise(line.id, sku_id, taken * each, line.order.promised_at)
            units -= taken
    return units


def _wait(work: Work, line: LineWork, places: Sequence[int]) -> None:
    """Promise what the first warehouse has and let the line wait there for the rest."""
    for sku_id, each in line.parts:
        needed = line.quantity * each - sum(
            promised + waiting for promised, waiting in work.promised(line, sku_id).values()
        )
        if needed > 0:
            place = next((p for p in places if work.stocks[p].knows(sku_id)), None)
            if place is None:
                continue
            work.stocks[place].promise(line.id, sku_id, needed, line.order.promised_at)
