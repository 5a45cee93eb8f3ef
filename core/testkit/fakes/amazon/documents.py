"""An order of the trade as a document of Orders 2026-01-01."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from typing import Any

from core.money import to_text
from core.testkit.fakes.goods import Buyer
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Item
from core.testkit.fakes.trade import Parcel
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Status
from core.testkit.fakes.trade import Terms

STATUS = {
    Status.UNPAID: "PENDING",
    Status.OPEN: "UNSHIPPED",
    Status.PARTLY_SENT: "PARTIALLY_SHIPPED",
    Status.SENT: "SHIPPED",
    Status.CANCELLED: "CANCELLED",
}

Document = dict[str, Any]


def order_document(
    sale: Sale, terms: Terms, marketplace: tuple[str, str], included: Collection[str]
) -> Document:
    """Return an order with the data sets that were asked for."""
    currency = terms.currency
    document: Document = {
        "orderId": sale.ref,
        "createdTime": text_of(sale.ordered_at),
        "lastUpdatedTime": text_of(sale.updated_at),
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": marketplace[0],
            "marketplaceName": marketplace[1],
        },
        "orderItems": [_item(sale, item, terms, included) for item in sale.items],
    }
    if sale.buyer.tax_number:
        document["programs"] = ["AMAZON_BUSINESS"]
    known = sale.status is not Status.UNPAID
    if "BUYER" in included and known:
        document["buyer"] = {"buyerName": sale.buyer.name, "buyerEmail": sale.buyer.email}
    if "TAX" in included and known and sale.buyer.tax_number:
        document["tax"] = {"taxRegistrations": [_registration(sale.buyer)]}
    if "RECIPIENT" in included and known:
        document["recipient"] = {"deliveryAddress": _address(sale.buyer)}
    if "PROCEEDS" in included and known:
        document["proceeds"] = {"grandTotal": _money(sale.net + sale.tax, currency)}
    if "FULFILLMENT" in included:
        document["fulfillment"] = {
            "fulfillmentStatus": STATUS[sale.status],
            "fulfilledBy": "AMAZON" if sale.stored else "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
        }
    if "PACKAGES" in included and not sale.stored:
        document["packages"] = [_package(parcel) for parcel in sale.parcels]
    return document


def _item(sale: Sale, item: Item, terms: Terms, included: Collection[str]) -> Document:
    currency = terms.currency
    document: Document = {
        "orderItemId": item.ref,
        "quantityOrdered": item.quantity,
        "product": {
            "asin": item.product.platform_id,
            "title": item.product.title,
            "sellerSku": item.product.sku,
            "condition": {"conditionType": "NEW"},
        },
    }
    if sale.status is Status.UNPAID:
        # Neither price nor address are known before the payment.
        return document
    document["product"]["price"] = {"unitPrice": _money(item.product.price, currency)}
    if "PROCEEDS" in included:
        first = item is sale.items[0]
        taxes = {"ITEM": item.tax, "SHIPPING": sale.postage_tax if first else 0}
        parts = [
            ("ITEM", item.net),
            ("SHIPPING", sale.postage if first else 0),
            ("TAX", sum(taxes.values())),
        ]
        document["proceeds"] = {
            "proceedsTotal": _money(sum(amount for _, amount in parts), currency),
            "breakdowns": [
                {"type": kind, "subtotal": _money(amount, currency)}
                | ({"detailedBreakdowns": _details(taxes, currency)} if kind == "TAX" else {})
                for kind, amount in parts
                if amount
            ],
        }
    if "TAX" in included and terms.collects:
        document["tax"] = _collected(terms)
    if "FULFILLMENT" in included:
        document["fulfillment"] = {
            "quantityFulfilled": item.sent,
            "quantityUnfulfilled": item.open,
        }
    if "CANCELLATION" in included and item.cancelled:
        document["cancellation"] = {
            "cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "Changed his mind"}
        }
    return document


def _details(taxes: Mapping[str, int], currency: str) -> list[Document]:
    return [
        {"subtype": kind, "value": _money(amount, currency)}
        for kind, amount in taxes.items()
        if amount
    ]


def _collected(terms: Terms) -> Document:
    if terms.scheme in ("UOSS", "IOSS"):
        return {"taxCalculationBreakdowns": [{"reportingScheme": terms.scheme}]}
    party = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services, Inc."}
    return {"taxCollections": [party]}


def _registration(buyer: Buyer) -> Document:
    return {
        "entityType": "BUYER",
        "legalName": buyer.company,
        "taxRegistrationType": "VAT",
        "taxRegistrationNumber": buyer.tax_number,
    }


def _package(parcel: Parcel) -> Document:
    return {
        "packageReferenceId": parcel.ref,
        "createdTime": text_of(parcel.sent_at),
        "packageStatus": {"status": "IN_TRANSIT"},
        "carrier": parcel.carrier,
        "shipTime": text_of(parcel.sent_at),
        "trackingNumber": parcel.tracking,
        "packageItems": [
            {"orderItemId": ref, "quantity": quantity}
            for ref, quantity in parcel.quantities.items()
        ],
    }


def _address(buyer: Buyer) -> Document:
    return {
        "name": buyer.name,
        "addressLine1": buyer.street,
        "city": buyer.city,
        "postalCode": buyer.postcode,
        "countryCode": buyer.country,
        "addressType": "COMMERCIAL" if buyer.company else "RESIDENTIAL",
        **({"stateOrRegion": buyer.region} if buyer.region else {}),
        **({"companyName": buyer.company} if buyer.company else {}),
    }


def _money(amount: int, currency: str) -> Document:
    return {"amount": to_text(amount, currency), "currencyCode": currency}
