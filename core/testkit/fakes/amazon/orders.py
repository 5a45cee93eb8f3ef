"""Orders 2026-01-01, and the confirmation of shipments, which is still Orders v0."""

from __future__ import annotations

import secrets
from datetime import datetime
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from core.testkit.fakes.amazon.documents import STATUS
from core.testkit.fakes.amazon.documents import order_document
from core.testkit.fakes.amazon.labels import package_of
from core.testkit.fakes.amazon.outbound import shown_as_order
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Parcel
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.verbs import send

LAG = timedelta(minutes=2)
BOUNDS = ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore")


class Orders(Part):
    """What was ordered, and what left."""

    def __init__(self, fake: object) -> None:
        super().__init__(fake)
        self._walks: dict[str, tuple[list[str], int]] = {}

    @operation(
        "searchOrders",
        "GET",
        "/orders/2026-01-01/orders",
        Published(0.0056, 20),
        query=(
            *BOUNDS,
            "fulfillmentStatuses",
            "marketplaceIds",
            "fulfilledBy",
            "maxResultsPerPage",
            "paginationToken",
            "includedData",
        ),
    )
    def search(self, asked: Asked) -> Response:
        """List orders by their last change; a token leads through the list as it was."""
        token = asked.query("paginationToken")
        if token is None:
            refs, at = [sale.ref for sale in self._found(asked)], 0
        elif token in self._walks:
            refs, at = self._walks[token]
        else:
            raise Refusal(400, "InvalidInput", "The pagination token is unknown.")
        size = _size(asked)
        begin, end = at, at + size
        if asked.fault is Fault.PARTIAL:
            end = at + max(1, size // 2)
        elif asked.fault is Fault.OVERLAP:
            begin = max(0, at - size // 4)
        body: dict[str, Any] = {
            "orders": [self._document(self.fake.trade.sales[ref], asked) for ref in refs[begin:end]]
        }
        if end < len(refs):
            following = secrets.token_urlsafe(24)
            self._walks[following] = (refs, end)
            body["pagination"] = {"nextToken": following}
        else:
            body["orders"] += [shown_as_order(*each) for each in self.fake.outgoing.items()]
        bound = "created" if asked.query("createdAfter") else "lastUpdated"
        body[f"{bound}Before"] = asked.query(f"{bound}Before") or text_of(self._latest())
        return as_json(body)

    @operation(
        "getOrder",
        "GET",
        "/orders/2026-01-01/orders/<order_id>",
        Published(0.5, 30),
        query=("includedData",),
    )
    def get(self, asked: Asked) -> Response:
        """Return one order."""
        return as_json({"order": self._document(self._sale(asked), asked)})

    @operation(
        "confirmShipment",
        "POST",
        "/orders/v0/orders/<order_id>/shipmentConfirmation",
        Published(2, 10),
    )
    def confirm(self, asked: Asked) -> Response:
        """Take note of a parcel; its reference names it, so that telling twice is telling once."""
        sale, body = self._sale(asked), asked.document()
        if sale.stored:
            raise Refusal(400, "InvalidInput", "Amazon sends this order itself.")
        try:
            detail = body["packageDetail"]
            quantities = {each["orderItemId"]: each["quantity"] for each in detail["orderItems"]}
            at = datetime.fromisoformat(detail["shipDate"])
            parcel = Parcel(
                detail["packageReferenceId"],
                detail.get("carrierName", detail["carrierCode"]),
                detail["trackingNumber"],
                at,
                quantities,
            )
            send(self.fake.trade, sale, parcel)
        except (KeyError, ValueError, TypeError) as error:
            raise Refusal(400, "InvalidInput", f"PackageDetail: {error}") from None
        self.fake.trade.changed(sale, self.fake.clock.now().replace(microsecond=0))
        return Response(status=204)

    def _found(self, asked: Asked) -> list[Sale]:
        """Return the orders that are asked for, those that changed first in front."""
        since, until, attribute = self._window(asked)
        by, statuses = asked.listed("fulfilledBy"), asked.listed("fulfillmentStatuses")
        places = asked.listed("marketplaceIds")
        if places and self.fake.credentials()["marketplace"] not in places:
            return []
        found = [
            sale
            for sale in self.fake.trade.sales.values()
            if since <= getattr(sale, attribute) <= until
            and (not by or ("AMAZON" if sale.stored else "MERCHANT") in by)
            and (not statuses or STATUS[sale.status] in statuses)
        ]
        return sorted(found, key=lambda sale: (getattr(sale, attribute), sale.ref))

    def _window(self, asked: Asked) -> tuple[datetime, datetime, str]:
        given = {name: asked.query(name) for name in BOUNDS}
        if bool(given["createdAfter"]) == bool(given["lastUpdatedAfter"]):
            text = "Exactly one of createdAfter and lastUpdatedAfter must be given."
            raise Refusal(400, "InvalidInput", text)
        bound = "created" if given["createdAfter"] else "lastUpdated"
        attribute = "ordered_at" if bound == "created" else "updated_at"
        try:
            since = datetime.fromisoformat(given[f"{bound}After"] or "")
            until = datetime.fromisoformat(given[f"{bound}Before"] or text_of(self._latest()))
            late = max(since, until) > self._latest() + timedelta(seconds=1)
        except (ValueError, TypeError):
            raise Refusal(400, "InvalidInput", "A date is no ISO 8601 moment.") from None
        if late:
            raise Refusal(400, "InvalidInput", "The dates must be two minutes before now.")
        return since, until, attribute

    def _latest(self) -> datetime:
        moment: datetime = self.fake.clock.now()
        return moment - LAG

    def _sale(self, asked: Asked) -> Sale:
        found = self.fake.trade.sales.get(asked.path["order_id"])
        if found is None:
            raise Refusal(404, "NotFound", "The order does not exist.")
        sale: Sale = found
        return sale

    def _document(self, sale: Sale, asked: Asked) -> dict[str, Any]:
        place = (self.fake.credentials()["marketplace"], "Amazon.co.uk")
        included = asked.listed("includedData")
        document = order_document(sale, self.fake.trade.terms, place, included)
        told = {parcel.tracking for parcel in sale.parcels}
        if "packages" in document:
            document["packages"] += [
                package_of(each)
                for each in self.fake.labels.values()
                if each.sale is sale and each.tracking not in told
            ]
        return document


def _size(asked: Asked) -> int:
    size = asked.query("maxResultsPerPage") or "100"
    if not size.isdecimal() or not 1 <= int(size) <= 100:
        raise Refusal(400, "InvalidInput", "maxResultsPerPage must be from 1 to 100.")
    return int(size)
