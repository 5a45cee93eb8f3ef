"""Shipping: goods leave in parcels, one for each order and warehouse, each booked by itself."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.fulfilling.asking import EXCEPTION
from core.fulfilling.asking import lines_elsewhere
from core.fulfilling.noticing import Left
from core.fulfilling.noticing import note_parcels
from core.labelling.showing import numbers_of
from core.ledger.journal import Dimensions
from core.orders.allocating import promise_goods
from core.orders.allocating import whole_units
from core.orders.deeds import deed_of_orders
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.states import GONE
from core.orders.states import IN_WAREHOUSE
from core.orders.states import State
from core.orders.states import require
from core.orders.states import way
from core.orders.writing import split_amount
from core.stock.states import Why


@deed_of_orders("shipped")
def ship(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    actor: Actor,
    *,
    quantities: Mapping[int, int] | None = None,
    at: datetime | None = None,
    tracking: str = "",
    carrier: str = "",
) -> list[Outcome]:
    """Let promised goods of orders leave, all of them or some quantities of lines, and book them.

    The channel that sold them is told of it; without a number it is that of the label. What leaves
    in the same consignment leaves together. An order that was not handed over yet takes the steps
    in between. Raises: Conflict for an order that may not leave or whose goods are not all
    promised, InputError for a quantity that a line does not have.
    """
    work = Work(session, company_id, actor)
    work.open_consignments(order_ids)
    _check(work, quantities)
    elsewhere = lines_elsewhere(session, company_id, work.elsewhere())
    labels = numbers_of(session, company_id, work.orders) if not tracking else {}
    left: list[Left] = []
    for order in work.orders.values():
        wanted = _wanted(order, quantities)
        if not wanted:
            continue
        if {line.id for line, _ in wanted} & elsewhere:
            raise Conflict(
                f"Order {order.ref} is sent by another warehouse.",
                hint="Its parcels come in by themselves; recall it to send it from elsewhere.",
            )
        parcel = _Parcel(work, order, at or work.now)
        for line, units in wanted:
            parcel.send_promised(line, units)
        parcel.send_charges()
        by, number = labels.get(order.id, (carrier, tracking))
        _arrive(work, order, number)
        sent = [line for line, _ in parcel.sent]
        left.append(Left(order, sent, parcel.at, carrier or by, number))
    note_parcels(work, left)
    work.write(book="shipment")
    return outcomes(work.orders.values())


def _check(work: Work, quantities: Mapping[int, int] | None) -> None:
    if quantities is None:
        return
    lines = {line.id: line for order in work.orders.values() for line in order.open_goods}
    for line_id, units in quantities.items():
        if line_id not in lines:
            raise NotFound(f"Line {line_id} has no goods that could leave.")
        if not 0 < units <= lines[line_id].quantity:
            raise InputError(
                f"{units} of {lines[line_id].code} cannot leave, the line has"
                f" {lines[line_id].quantity}.",
                where="quantity",
            )
    if not quantities:
        raise InputError("Nothing was named to ship.", where="lines")


def _wanted(order: OrderWork, quantities: Mapping[int, int] | None) -> list[tuple[LineWork, int]]:
    if quantities is None:
        if not order.open_goods:
            require(order.ref, order.state, State.SHIPPED)
        return [(line, line.quantity) for line in order.open_goods]
    return [(line, quantities[line.id]) for line in order.open_goods if line.id in quantities]


def _arrive(work: Work, order: OrderWork, tracking: str) -> None:
    """Take an order to the state in which its parcel leaves it, by allowed steps."""
    detail: dict[str, object] = {"tracking": tracking} if tracking else {}
    to = State.PARTIALLY_SHIPPED if order.open_goods else State.SHIPPED
    if order.state == to:
        work.record.event(order.id, str(to), **detail)
        work.record.set(order.id, state=str(to))
        return
    steps = way(order.state, to, IN_WAREHOUSE)
    if not steps or order.state == State.CANCEL_REQUESTED:
        # Who wants to cancel is answered first.
        require(order.ref, order.state, to)
    for step in steps:
        work.step(order, step, **(detail if step == to else {}))


def ship_as_told(work: Work, order: OrderWork, at: datetime) -> None:
    """Let all the rest of an order leave because the platform says it did: a fact.

    What was not promised leaves short. The caller writes the work and books its documents.
    """
    # What lies free is used before anything leaves short.
    promise_goods(work, [order])
    parcel = _Parcel(work, order, at)
    for line in tuple(order.open_goods):
        parcel.send_promised(line, sum(whole_units(work, line).values()))
    for line in tuple(order.open_goods):
        parcel.send_short(line)
    parcel.send_charges()
    order.hold = None
    work.record.set(order.id, hold=None)
    for kind in tuple(order.exceptions - {"waiting"}):
        work.solve(order, kind)
    if order.state not in GONE:
        work.jump(order, State.SHIPPED, at, told=True)


def ship_from(
    work: Work,
    order: OrderWork,
    warehouse_id: int,
    units: Mapping[int, int],
    at: datetime,
    carrier: str,
    tracking: str,
) -> bool:
    """Let units of lines leave a warehouse of somebody else because it says that they did: a fact.

    What is not promised there leaves from what lies there, or short. Return whether all of it was
    still to leave; the caller writes the work and books its documents.
    """
    parcel, rest = _Parcel(work, order, at), dict(units)
    for line in tuple(order.open_goods):
        if taken := min(rest.pop(line.id, 0), line.quantity):
            parcel.send_told(line, taken, warehouse_id)
            rest[line.id] = units[line.id] - taken
    if not parcel.sent:
        return False
    parcel.send_charges()
    if not order.open_goods:
        for kind in {EXCEPTION, "short", "no_route"} & order.exceptions:
            work.solve(order, kind)
    to = State.PARTIALLY_SHIPPED if order.open_goods else State.SHIPPED
    if order.state != to and not way(order.state, to, IN_WAREHOUSE):
        work.jump(order, to, at, tracking=tracking)
    else:
        _arrive(work, order, tracking)
    sent = [line for line, _ in parcel.sent]
    note_parcels(work, [Left(order, sent, at, carrier, tracking)])
    return not any(rest.values())


class _Parcel:
    """What leaves of one order at a moment; from several warehouses it is as many parcels."""

    def __init__(self, work: Work, order: OrderWork, at: datetime) -> None:
        self.work = work
        self.order = order
        self.at = at
        self.day = work.day_of(order, at)
        self.sent: list[tuple[LineWork, int]] = []

    def send_promised(self, line: LineWork, units: int) -> None:
        """Send units of a line from wherever they are promised."""
        whole = whole_units(self.work, line)
        if (there := sum(whole.values())) < units:
            raise Conflict(
                f"Of {line.code} in order {self.order.ref} only {there} of {units} are promised.",
                hint="Split off what is there, approve it again, or wait for the rest.",
            )
        for warehouse_id, held in whole.items():
            if taken := min(units, held):
                self._send(self.work.carve(line, taken, warehouse_id), warehouse_id)
                units -= taken

    def send_told(self, line: LineWork, units: int, warehouse_id: int) -> None:
        """Send units of a line from a warehouse that has sent them, promised there or not."""
        work, stock = self.work, self.work.stocks[warehouse_id]
        part = line if units == line.quantity else work.divide(line, units)
        for sku_id, each in line.parts:
            needed = units * each
            if part is not line and (held := min(stock.promised(line.id, sku_id)[0], needed)):
                stock.hand_over(line.id, sku_id, part.id, held, 0)
            if part is line:
                for other, sums in work.promised(line, sku_id).items():
                    if other != warehouse_id:
                        work.take_back(line, sku_id, other, sum(sums))
            needed -= stock.promised(part.id, sku_id)[0]
            if needed > 0:
                stock.reserve(part.id, sku_id, needed)
        self._send(part, warehouse_id)

    def send_short(self, line: LineWork) -> None:
        """Send the rest of a line although it is not promised."""
        held = [p for sku, _ in line.parts for p in self.work.promised(line, sku)]
        places = [*held, *self.work.stocks]
        place = next(
            (p for p in places if all(self.work.stocks[p].knows(sku) for sku, _ in line.parts)),
            None,
        )
        if place is None:
            raise Conflict(f"No warehouse can have sent order {self.order.ref}.")
        for sku_id, _ in line.parts:
            for other, (promised, waiting) in self.work.promised(line, sku_id).items():
                if other != place:
                    self.work.take_back(line, sku_id, other, promised + waiting)
        self._send(line, place)

    def _send(self, line: LineWork, warehouse_id: int) -> None:
        work, order = self.work, self.order
        stock = work.stocks[warehouse_id]
        event = work.document(warehouse_id, order, "shipment", self.at, self.day)
        event.currency, event.waiting_for = order.currency, "It is being booked."
        row = work.lines.row(line.id)
        where = Dimensions(
            order.shop_id, row["country"], order.profit_order_id, line.id, line.sku_id, warehouse_id
        )
        why = Why("sale", row["raw_row_id"], where)
        cost, short = 0, False
        for sku_id, each in line.parts:
            needed = line.quantity * each
            reserved = min(stock.promised(line.id, sku_id)[0], needed)
            short = short or reserved < needed
            cost += stock.ship(event.id, self.at, line.id, sku_id, needed, reserved, why)
        line.document_id = event.id
        work.lines.send(line.id, event.id, cost, short=short)
        self.sent.append((line, event.id))

    def send_charges(self) -> None:
        """Let postage and discounts go with the goods by value; the last goods take the rest."""
        if not self.sent:
            return
        weights = [abs(line.net) for line, _ in self.sent]
        staying = [abs(line.net) for line in self.order.open_goods]
        for charge in self.order.open_charges:
            self._send_charge(charge, weights, staying)

    def _send_charge(self, charge: LineWork, weights: Iterable[int], staying: list[int]) -> None:
        work, going = self.work, [*weights]
        part = charge
        if staying:
            amounts = split_amount(charge.net, [*going, *staying])
            amount = sum(amounts[: len(going)])
            if not amount:
                return
            if amount != charge.net:
                part = work.divide(charge, 0, amount)
        document_id = self.sent[0][1]
        part.document_id = document_id
        work.lines.send(part.id, document_id, 0, short=False)
