"""What a parcel is asked about: who sells a label for it, what is in it, where it leaves and goes.

Nothing is written here. What is missing is said so that the asker knows what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Sku
from core.channels.calling import as_addon
from core.channels.labels import LabelLine
from core.channels.labels import LabelRequest
from core.channels.labels import ParcelSize
from core.channels.models import RawRow
from core.db import any_of
from core.db import rows_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.kernel import hooks
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import list_connections
from core.kernel.kernel import Kernel
from core.labelling.models import Label
from core.labelling.senders import sender_of
from core.orders.allocating import whole_units
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.orderwork import Work
from core.orders.record import Actor
from core.orders.states import State
from core.privacy.records import read_people
from core.warehousing.floor import warehouse_named

METHOD = "buy_label"
WAITING, BUYING, BOUGHT = "waiting", "buying", "bought"
REFUSED, UNKNOWN, VOIDING, VOIDED = "refused", "unknown", "voiding", "voided"
STANDING = (WAITING, BUYING, BOUGHT, UNKNOWN, VOIDING)
"""States of labels that cover their lines: for those no second one is bought."""
READY = frozenset({State.ALLOCATED, State.RELEASED, State.PICKING, State.PACKED})
READY |= {State.PARTIALLY_SHIPPED}
LARGEST = 10**7
SIDES = ("length_mm", "width_mm", "height_mm")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A parcel that needs a label, before its lines have the names that the seller knows.

    `rows` are the raw rows of the lines by their ids, `charged` says that the platform that sold
    the goods sells the label too, and settles it.
    """

    order_id: int
    warehouse_id: int
    connection: ConnectionInfo
    request: LabelRequest
    rows: Mapping[int, tuple[str, str, str, int]]
    charged: bool


def sellers_of(session: Session, company_id: int, platform: str, account: str) -> list[Any]:
    """Return the connections that sell labels for orders of an account, its own first."""
    offered = {
        addon: connector
        for addon, connector in hooks.collect(session, "connectors")
        if callable(getattr(connector, METHOD, None))
    }
    if not offered:
        return []
    found = []
    for each in list_connections(session, company_id=company_id):
        connector = offered.get(each.addon)
        if connector is None or each.state == PAUSED:
            continue
        own = (connector.platform, each.account) == (platform, account)
        if own or getattr(connector, "labels_for_all", False):
            found.append((not own, each))
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


def wanted(
    session: Session,
    company_id: int,
    order_id: int,
    *,
    size: Mapping[str, int | None],
    warehouse: str = "",
    seller: str = "",
    key: str = "offers",
) -> Wanted:
    """Return what is asked of a seller of labels for what has still to leave of an order.

    Raises: NotFound where nobody sells one, Conflict for an order that is not ready or has its
    label, InputError for a parcel of which nobody knows what it weighs and measures.
    """
    work = Work(session, company_id, Actor("labels"))
    work.open([order_id])
    order = work.orders[order_id]
    lines = _open_lines(session, work, order)
    connection = _seller(session, order, company_id, seller)
    place = _place(session, work, lines, warehouse)
    charged = (order.platform, order.account) == (
        _platform(session, connection),
        connection.account,
    )
    person = read_people(session, company_id, [order_id]).get(order_id)
    address = person.address if person is not None and not person.address.is_empty() else None
    if address is None and not charged:
        raise Conflict(
            "Nothing is known of where the parcel goes.",
            hint="Correct the address on the order's page.",
        )
    request = LabelRequest(
        key,
        _channel_ref(session, company_id, order),
        (),
        _parcel(session, company_id, lines, size),
        sender_of(session, company_id, place),
        address,
        clock.now(),
    )
    return Wanted(order_id, place, connection, request, _rows(session, work, lines), charged)


def again(session: Session, label: Label) -> Wanted:
    """Return what was asked for a label, as it stood when it was decided.

    Raises: NotFound when the address of its warehouse was taken away.
    """
    company_id = label.company_id
    order = session.get_one(Order, (company_id, label.order_id))
    connection = next(
        each
        for each in list_connections(session, company_id=company_id)
        if each.id == label.connection_id
    )
    person = read_people(session, company_id, [order.id]).get(order.id)
    request = LabelRequest(
        label.key,
        _channel_ref(session, company_id, order),
        (),
        ParcelSize(**label.parcel),
        sender_of(session, company_id, label.warehouse_id),
        person.address if person is not None and not person.address.is_empty() else None,
        label.created_at,
    )
    quantities = {int(line): units for line, units in label.lines.items()}
    rows = _payloads(session, company_id, quantities)
    charged = (order.platform, order.account) == (
        _platform(session, connection),
        connection.account,
    )
    return Wanted(order.id, label.warehouse_id, connection, request, rows, charged)


def named(kernel: Kernel, connector: Any, found: Wanted) -> LabelRequest:
    """Return the request with the lines by the names that the channel has for them."""
    own = found.charged and callable(getattr(connector, "line_of", None))
    refs = dict.fromkeys(found.rows, "")
    if own:
        with as_addon(kernel, found.connection.addon, "connector:line_of", "Upgrade the addon."):
            refs = {line: connector.line_of(row[0]) for line, row in found.rows.items()}
    lines = [
        LabelLine(refs[line], code, title, units)
        for line, (_, code, title, units) in found.rows.items()
    ]
    return replace(found.request, lines=lines)


def lines_of(found: Wanted) -> dict[str, int]:
    """Return how many of each line a label is for, as it is kept."""
    return {str(line): row[3] for line, row in found.rows.items()}


def covered(session: Session, company_id: int, order_id: int) -> set[int]:
    """Return the lines of an order for which a label stands."""
    query = sa.select(Label.lines).where(
        Label.company_id == company_id, Label.order_id == order_id, Label.state.in_(STANDING)
    )
    return {int(line) for lines in session.scalars(query) for line in lines}


def _open_lines(session: Session, work: Work, order: OrderWork) -> list[LineWork]:
    if order.kind != "sale" or order.state not in READY or not order.open_goods:
        raise Conflict(
            f"Order {order.ref} has nothing that is ready to leave: it is {order.state}.",
            hint="A label is bought for goods that are promised and have not left.",
        )
    taken = covered(session, work.company_id, order.id)
    lines = [line for line in order.open_goods if line.id not in taken]
    if not lines:
        raise Conflict(
            f"Order {order.ref} has its label.",
            hint="Void it before another one is bought; for two parcels split the order.",
        )
    return lines


def _seller(session: Session, order: OrderWork, company_id: int, label: str) -> ConnectionInfo:
    found: list[ConnectionInfo] = sellers_of(session, company_id, order.platform, order.account)
    chosen = [each for each in found if label in ("", each.label)]
    if not chosen:
        raise NotFound(
            f"No connection sells labels for orders of {order.platform} {order.account}.",
            hint=f"Those that could: {', '.join(each.label for each in found) or 'none'}.",
        )
    return chosen[0]


def _platform(session: Session, connection: ConnectionInfo) -> str:
    return next(
        (
            str(connector.platform)
            for addon, connector in hooks.collect(session, "connectors")
            if addon == connection.addon and callable(getattr(connector, METHOD, None))
        ),
        "",
    )


def _place(session: Session, work: Work, lines: Sequence[LineWork], code: str) -> int:
    """Return the warehouse from which a parcel leaves."""
    if code:
        return warehouse_named(session, work.company_id, code).id
    places = {place for line in lines for place in whole_units(work, line)}
    if len(places) != 1:
        codes = sorted(work.warehouses[each].code for each in places if each in work.warehouses)
        raise InputError(
            "The goods do not lie in one warehouse.",
            where="warehouse",
            hint=f"Name the one that the parcel leaves from: {', '.join(codes) or 'none yet'}.",
        )
    return places.pop()


def _channel_ref(session: Session, company_id: int, order: Any) -> str:
    """Return the channel's number of an order; a part of one bears the number of the whole."""
    ref = order.ref if isinstance(order, OrderWork) else order.external_ref
    if order.origin_id is None:
        return str(ref)
    return session.get_one(Order, (company_id, order.origin_id)).external_ref


def _parcel(
    session: Session, company_id: int, lines: Sequence[LineWork], size: Mapping[str, int | None]
) -> ParcelSize:
    """Return what a parcel weighs and measures: as it is said, else by the SKUs in it."""
    told = {name: value for name, value in size.items() if value is not None}
    known = told if len(told) == len(ParcelSize.__slots__) else _by_skus(session, company_id, lines)
    whole = {**known, **told}
    lacking = [name for name in ParcelSize.__slots__ if name not in whole]
    if lacking:
        raise InputError(
            f"Nobody knows the parcel's {', '.join(lacking)}.",
            where=lacking[0],
            hint="Say what it weighs and measures, packing included; or let `entrepot sku measure`"
            " say what a unit does.",
        )
    if wrong := [name for name, value in whole.items() if not 0 < value <= LARGEST]:
        raise InputError(
            f"{wrong[0]} cannot be {whole[wrong[0]]}.",
            where=wrong[0],
            hint="Weights are grams, sides millimetres.",
        )
    return ParcelSize(**whole)


def _by_skus(session: Session, company_id: int, lines: Sequence[LineWork]) -> dict[str, int]:
    """Return what SKUs say of a parcel: all weights, and the sides of one that lies alone in it."""
    units: dict[int, int] = {}
    for line in lines:
        for sku_id, each in line.parts:
            units[sku_id] = units.get(sku_id, 0) + line.quantity * each
    query = sa.select(Sku).where(Sku.company_id == company_id, any_of(session, Sku.id, [*units]))
    skus = list(session.scalars(query))
    found: dict[str, int] = {}
    if skus and all(sku.weight_grams for sku in skus):
        found["grams"] = sum((sku.weight_grams or 0) * units[sku.id] for sku in skus)
    if sum(units.values()) == 1:
        found |= {name: value for name in SIDES if (value := getattr(skus[0], name))}
    return found


def _rows(
    session: Session, work: Work, lines: Sequence[LineWork]
) -> dict[int, tuple[str, str, str, int]]:
    return _payloads(session, work.company_id, {line.id: line.quantity for line in lines})


def _payloads(
    session: Session, company_id: int, quantities: Mapping[int, int]
) -> dict[int, tuple[str, str, str, int]]:
    """Return of each line what was received of it, its code, its title and how many there are."""
    query = (
        sa.select(OrderLine.id, RawRow.payload, OrderLine.code, OrderLine.title)
        .outerjoin(
            RawRow,
            (RawRow.company_id == OrderLine.company_id) & (RawRow.id == OrderLine.raw_row_id),
        )
        .where(
            OrderLine.company_id == company_id,
            any_of(session, OrderLine.id, sorted(quantities)),
        )
        .order_by(OrderLine.id)
    )
    return {
        row[0]: (row[1] or "{}", row[2], row[3], quantities[row[0]])
        for row in rows_of(session, query)
    }
