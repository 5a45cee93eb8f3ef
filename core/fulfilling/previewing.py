"""Asking a warehouse of somebody else what sending an order would cost; nothing is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import httpx2
from sqlalchemy.orm import Session

from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.fulfilments import FulfilmentLine
from core.channels.fulfilments import FulfilmentOffer
from core.channels.fulfilments import FulfilmentOrder
from core.errors import Conflict
from core.errors import NotFound
from core.fulfilling.sending import NO_ADDRESS
from core.fulfilling.serving import Server
from core.fulfilling.serving import codes_of
from core.fulfilling.serving import servers_of
from core.kernel.kernel import Kernel
from core.orders.orderwork import Work
from core.orders.record import Actor
from core.privacy.records import read_people
from core.warehousing.floor import warehouse_named


def preview(
    kernel: Kernel,
    company_id: int,
    order_id: int,
    warehouse: str,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> Sequence[FulfilmentOffer]:
    """Return what a warehouse would take for sending the rest of an order, and when it would be.

    Raises: NotFound where nobody sends from the warehouse, Conflict for an order without an
    address, ConnectorError as the connector raised it, AddonFailed.
    """
    # An order is opened with its rows locked, for which a reading session is not.
    with kernel.db.write() as session:
        place = warehouse_named(session, company_id, warehouse)
        server = servers_of(session, company_id).get(place.id)
        if server is None:
            raise NotFound(
                f"No connection has {warehouse} send anything.",
                hint="The setting stored_in of a connection names the warehouse.",
            )
        order = _order(session, server, order_id)
    does = "says nothing of what sending would cost"
    connector = connector_with(kernel, server.connection, "preview_fulfilment", does)
    with calling(kernel, server.connection, connector, transport) as call:  # noqa: SIM117
        with as_addon(kernel, server.connection.addon, "connector:preview", "Ask again."):
            offers: Sequence[FulfilmentOffer] = connector.preview_fulfilment(call, order)
    return offers


def _order(session: Session, server: Server, order_id: int) -> FulfilmentOrder:
    company_id = server.connection.company_id
    person = read_people(session, company_id, [order_id]).get(order_id)
    if person is None or person.address.is_empty():
        raise Conflict(NO_ADDRESS, hint="Correct the address on the order's page.")
    work = Work(session, company_id, Actor("preview"))
    work.open([order_id])
    order = work.orders[order_id]
    skus = {sku_id for line in order.open_goods for sku_id, _ in line.parts}
    codes = codes_of(session, server, skus)
    lines = [
        FulfilmentLine(f"{line.id}.{sku_id}", codes[sku_id], line.quantity * each)
        for line in order.open_goods
        for sku_id, each in line.parts
    ]
    return FulfilmentOrder("preview", order.ref, order.ordered_at, lines, person.address)
