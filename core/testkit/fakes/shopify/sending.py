"""What has to be sent, and what was: fulfilment orders and fulfilments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from core.testkit.fakes.shopify.ids import gid
from core.testkit.fakes.shopify.ids import number_in
from core.testkit.fakes.shopify.ids import order_number
from core.testkit.fakes.shopify.ids import order_ref
from core.testkit.fakes.shopify.paging import listed
from core.testkit.fakes.shopify.paging import some_of
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Parcel
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Status
from core.testkit.fakes.verbs import send

if TYPE_CHECKING:
    from core.testkit.fakes.shopify.shop import ShopifyFake

STATUS = {
    Status.UNPAID: "ON_HOLD",
    Status.OPEN: "OPEN",
    Status.PARTLY_SENT: "IN_PROGRESS",
    Status.SENT: "CLOSED",
    Status.CANCELLED: "CANCELLED",
}
Document = dict[str, Any]


class Sending:
    """How goods leave a shop."""

    def __init__(self, fake: ShopifyFake) -> None:
        self.fake = fake

    def orders_of(self, sale: Sale, **given: Any) -> Mapping[str, Any]:
        """Return the fulfilment orders of an order: here it is always one."""
        number = order_number(sale.ref)
        lines = [
            {
                "id": gid("FulfillmentOrderLineItem", item.ref),
                "lineItem": self.fake.orders.line(item),
                "sku": item.product.sku,
                "totalQuantity": item.quantity - item.cancelled,
                "remainingQuantity": item.open,
            }
            for item in sale.items
        ]
        one = {
            "id": gid("FulfillmentOrder", number),
            "orderId": gid("Order", number),
            "orderName": f"#{sale.ref}",
            "status": STATUS[sale.status],
            "lineItems": listed(lines),
        }
        return listed([one])(None, **given)

    def fulfilments(self, sale: Sale) -> list[Document]:
        """Return what left of an order."""
        return [self._fulfilment(sale, number) for number in range(len(sale.parcels))]

    def create(
        self,
        _info: Any,
        fulfillment: Document,
        message: str | None = None,
    ) -> Document:
        """Let goods leave; told twice they leave twice, as far as there are any."""
        tracking = fulfillment.get("trackingInfo") or {}
        quantities: dict[str, int] = {}
        sales = set()
        for place, part in enumerate(fulfillment["lineItemsByFulfillmentOrder"]):
            number = number_in(part["fulfillmentOrderId"], "FulfillmentOrder")
            sale = self.fake.trade.sales.get(order_ref(number))
            where = ["fulfillment", "lineItemsByFulfillmentOrder", str(place)]
            if sale is None or sale.status not in (Status.OPEN, Status.PARTLY_SENT):
                return _refused("The fulfillment order is not in an open state.", where)
            sales.add(sale.ref)
            quantities |= _quantities(sale, part)
        if len(sales) != 1:
            return _refused("All items must be of one order.", ["fulfillment"])
        return self._sent(self.fake.trade.sales[sales.pop()], quantities, tracking)

    def set_tracking(
        self,
        _info: Any,
        fulfillmentId: str,  # noqa: N803 - Shopify's name
        trackingInfoInput: Document,  # noqa: N803
        notifyCustomer: bool | None = None,  # noqa: N803
    ) -> Document:
        """Give a parcel that has left another carrier and number."""
        wanted = number_in(fulfillmentId, "Fulfillment")
        for sale in self.fake.trade.sales.values():
            for place, parcel in enumerate(sale.parcels):
                if self._number(sale, place) == wanted:
                    told = trackingInfoInput
                    carrier = told.get("company") or parcel.carrier
                    number = told.get("number") or ""
                    sale.parcels[place] = replace(parcel, carrier=carrier, tracking=number)
                    return {"fulfillment": self._fulfilment(sale, place), "userErrors": []}
        return _refused("Fulfillment does not exist.", ["fulfillmentId"])

    def _number(self, sale: Sale, place: int) -> str:
        return f"{order_number(sale.ref)}{place:02d}"

    def _sent(self, sale: Sale, quantities: Mapping[str, int], tracking: Document) -> Document:
        known = {item.ref for item in sale.items}
        if not quantities or not set(quantities) <= known or min(quantities.values()) < 1:
            return _refused("Invalid fulfillment order line item quantity requested.", [])
        company, number = tracking.get("company") or "", tracking.get("number") or ""
        at = self.fake.clock.now().replace(microsecond=0)
        parcel = Parcel(self.fake.trade.next_number(), company, number, at, quantities)
        try:
            send(self.fake.trade, sale, parcel)
        except ValueError:
            return _refused("Invalid fulfillment order line item quantity requested.", [])
        made = self._fulfilment(sale, len(sale.parcels) - 1)
        return {"fulfillment": made, "userErrors": []}

    def _fulfilment(self, sale: Sale, place: int) -> Document:
        parcel = sale.parcels[place]
        number = self._number(sale, place)
        lines = [
            {
                "id": gid("FulfillmentLineItem", ref),
                "quantity": quantity,
                "lineItem": self.fake.orders.line(sale.item(ref)),
            }
            for ref, quantity in parcel.quantities.items()
        ]
        tracking = {"company": parcel.carrier or None, "number": parcel.tracking or None}
        return {
            "id": gid("Fulfillment", number),
            "legacyResourceId": number,
            "createdAt": text_of(parcel.sent_at),
            "status": "SUCCESS",
            "fulfillmentLineItems": listed(lines),
            "totalQuantity": sum(parcel.quantities.values()),
            "trackingInfo": some_of([{**tracking, "url": None}] if parcel.tracking else []),
        }


def _quantities(sale: Sale, part: Document) -> dict[str, int]:
    """Return how many of which lines shall leave; without a word all that is open."""
    chosen = part.get("fulfillmentOrderLineItems")
    if not chosen:
        return {item.ref: item.open for item in sale.items if item.open}
    return {number_in(each["id"], "FulfillmentOrderLineItem"): each["quantity"] for each in chosen}


def _refused(text: str, where: list[str]) -> Document:
    return {"fulfillment": None, "userErrors": [{"message": text, "field": where or None}]}
