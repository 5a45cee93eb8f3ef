"""The Fulfillment API: what was ordered, what left, and money that goes back."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal

from werkzeug.wrappers import Response

from core.money import round_div
from core.money import to_minor
from core.testkit.fakes.ebay.documents import FULFILMENT
from core.testkit.fakes.ebay.documents import cancel_requests
from core.testkit.fakes.ebay.documents import order_document
from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.ebay.writing import filters
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.ebay.writing import one_of
from core.testkit.fakes.ebay.writing import page_of
from core.testkit.fakes.ebay.writing import span
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.trade import Parcel
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.verbs import refund
from core.testkit.fakes.verbs import send

RATE = Published(100_000 / 86_400, 5_000)
MOST, USUAL, MOST_IDS = 200, 50, 50
BY = ("creationdate", "lastmodifieddate", "orderfulfillmentstatus")
PATH = "/sell/fulfillment/v1/order"


class Orders(Part):
    """Orders and their parcels."""

    @operation(
        "getOrders", "GET", PATH, RATE,
        query=("filter", "limit", "offset", "orderIds", "fieldGroups"),
    )  # fmt: skip
    def find(self, asked: Asked) -> Response:
        """List orders, those that were made first in front; a list is made anew for each page."""
        refs = asked.listed("orderIds")
        if len(refs) > MOST_IDS:
            raise Refusal(400, "30900", "Exceeded maximum number of order IDs")
        sales = self.fake.trade.sales
        found = [sales[ref] for ref in refs if ref in sales] if refs else self._found(asked)
        page = page_of(asked, "orders", found, MOST, USUAL)
        page["orders"] = [self._document(sale, asked) for sale in page["orders"]]
        return as_json(page)

    @operation("getOrder", "GET", f"{PATH}/<order_id>", RATE, query=("fieldGroups",))
    def get(self, asked: Asked) -> Response:
        """Return one order."""
        sale = self._sale(asked)
        document = self._document(sale, asked)
        document["cancelStatus"]["cancelRequests"] = cancel_requests(sale)
        return as_json(document)

    @operation("getShippingFulfillments", "GET", f"{PATH}/<order_id>/shipping_fulfillment", RATE)
    def parcels(self, asked: Asked) -> Response:
        """List what left of an order."""
        found = [_fulfilment(parcel) for parcel in self._sale(asked).parcels]
        return as_json({"fulfillments": found, "total": len(found)})

    @operation("createShippingFulfillment", "POST", f"{PATH}/<order_id>/shipping_fulfillment", RATE)
    def ship(self, asked: Asked) -> Response:
        """Take note of a parcel; told again it is another one."""
        sale, said = self._sale(asked), asked.document()
        tracking, carrier = said.get("trackingNumber", ""), said.get("shippingCarrierCode", "")
        if bool(tracking) != bool(carrier) or not tracking.isalnum() and tracking:
            raise Refusal(400, "32300", "Invalid shipment tracking number or carrier")
        lines = {each.get("lineItemId"): each.get("quantity", 1) for each in said["lineItems"]}
        if unknown := set(lines) - {item.ref for item in sale.items}:
            raise Refusal(400, "32200", f"Invalid line item id: {min(map(str, unknown))}")
        at = datetime.fromisoformat(said.get("shippedDate") or moment_text(self.fake.clock.now()))
        parcel = Parcel(secrets.token_hex(8), carrier, tracking or "999", at, lines)
        try:
            send(self.fake.trade, sale, parcel)
        except ValueError as error:
            raise Refusal(400, "32600", f"Invalid input data: {error}") from None
        self.fake.trade.changed(sale, self.fake.clock.now().replace(microsecond=0))
        made = as_json({}, 201)
        made.headers["Location"] = f"{asked.request.url}/{parcel.tracking}"
        return made

    @operation("issueRefund", "POST", f"{PATH}/<order_id>/issue_refund", RATE)
    def give_back(self, asked: Asked) -> Response:
        """Give money of one line back: as many pieces as it comes to."""
        sale, said = self._sale(asked), asked.document()
        try:
            told = said["refundItems"][0]
            item = sale.item(told["lineItemId"])
            amount = to_minor(
                Decimal(told["refundAmount"]["value"]), self.fake.trade.terms.currency
            )
        except (LookupError, TypeError, ArithmeticError):
            raise Refusal(400, "35050", "Refund amounts are given by line here.") from None
        pieces = round_div(amount * item.quantity, item.net + item.tax)
        if not 1 <= pieces <= item.sent - item.refunded:
            raise Refusal(400, "35041", "The refund amount is more than is left.")
        at = self.fake.clock.now().replace(microsecond=0)
        made = refund(self.fake.trade, sale, item, pieces, at)
        return as_json({"refundId": made.ref, "refundStatus": "REFUNDED"})

    def _found(self, asked: Asked) -> list[Sale]:
        by, sales = filters(asked, BY), self.fake.trade.sales.values()
        found = sorted(sales, key=lambda sale: (sale.ordered_at, sale.ref))
        # Of the two only this one is looked at where both are given.
        name = "creationdate" if "creationdate" in by else "lastmodifieddate"
        if name in by:
            since, until = span(by[name], self.fake.clock.now())
            attribute = "ordered_at" if name == "creationdate" else "updated_at"
            found = [sale for sale in found if since <= getattr(sale, attribute) <= until]
        if wanted := by.get("orderfulfillmentstatus"):
            found = [sale for sale in found if FULFILMENT[sale.status] in one_of(wanted)]
        return found

    def _sale(self, asked: Asked) -> Sale:
        found = self.fake.trade.sales.get(asked.path["order_id"])
        if found is None:
            raise Refusal(404, "32100", f"Invalid Order Id: {asked.path['order_id']}")
        sale: Sale = found
        return sale

    def _document(self, sale: Sale, asked: Asked) -> Document:
        groups = asked.query("fieldGroups")
        if groups not in (None, "TAX_BREAKDOWN"):
            raise Refusal(400, "32800", f"Invalid field group: {groups}")
        place = self.fake.credentials()["marketplace"]
        return order_document(sale, self.fake.trade.terms, place, taxed=groups is not None)


def _fulfilment(parcel: Parcel) -> Document:
    document: Document = {
        "fulfillmentId": parcel.tracking,
        "shippedDate": moment_text(parcel.sent_at),
        "lineItems": [
            {"lineItemId": ref, "quantity": quantity} for ref, quantity in parcel.quantities.items()
        ],
    }
    if parcel.carrier:
        document["shipmentTrackingNumber"] = parcel.tracking
        document["shippingCarrierCode"] = parcel.carrier
    return document
