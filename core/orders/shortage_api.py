"""The API of what orders lack: `/api/v1/shortages`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from typing import TypedDict

from core.identity.access import require
from core.identity.actor import current_actor
from core.orders import queries
from core.orders.shortages import shortages
from core.orders.shortages import transfer_lacking
from core.warehousing.shapes import TransferSheet
from core.warehousing.showing import transfer_sheet
from core.web import current
from core.web import rest

blueprint = rest.blueprint("shortages", __name__)


class ShortageDocument(TypedDict):
    """A SKU that an order lacks where it waits, and how much is free elsewhere by warehouse."""

    sku_id: int
    sku: str
    missing: int
    warehouse: str
    elsewhere: dict[str, int]


@blueprint.get("/<int:order_id>")
@require("orders.view", "stock.view")
@rest.asks()
def show(order_id: int) -> rest.Answer[rest.Items[ShortageDocument]]:
    """Say what an order lacks."""
    session, company_id = current.reading(), current.company().id
    queries.require_version(session, company_id, order_id, None)
    found = shortages(session, company_id, [order_id]).get(order_id, [])
    return rest.respond({"items": [asdict(each) for each in found]})


@blueprint.post("/<int:order_id>/transfer")
@require("orders.view", "stock.edit")
@rest.takes(sku=rest.text(200, load_default=""), origin=rest.text(200, load_default=""))
def transfer(told: dict[str, Any], order_id: int) -> rest.Answer[TransferSheet]:
    """Write down a transfer of what an order lacks, from a warehouse where it is free."""
    company_id, by = current.company().id, current_actor().name
    queries.require_version(current.reading(), company_id, order_id, None)
    with current.writing() as session:
        made = transfer_lacking(
            session, company_id, order_id, told["sku"], told["origin"], actor=by
        )
        return rest.respond(transfer_sheet(session, made))
