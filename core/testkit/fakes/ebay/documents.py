"""An order of the trade as a document of the Fulfillment API."""

from __future__ import annotations

from collections.abc import Iterator

from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.ebay.writing import amount_text
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.goods import Buyer
from core.testkit.fakes.trade import Item
from core.testkit.fakes.trade import Refund
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Status
from core.testkit.fakes.trade import Terms

FULFILMENT = {
    Status.UNPAID: "NOT_STARTED",
    Status.OPEN: "NOT_STARTED",
    Status.PARTLY_SENT: "IN_PROGRESS",
    Status.SENT: "FULFILLED",
    Status.CANCELLED: "NOT_STARTED",
}


def order_document(sale: Sale, terms: Terms, marketplace: str, *, taxed: bool) -> Document:
    """Return an order; `taxed` adds the tax that eBay takes to the totals."""
    keeps, money = terms.keeps_tax(sale.buyer.country), terms.currency
    lines = [_line(sale, item, terms, marketplace, taxed=taxed) for item in sale.items]
    goods = sum(_paid(item.net, item.tax, keeps) for item in sale.items)
    delivery = _paid(sale.postage, sale.postage_tax, keeps)
    kept = sale.tax if keeps else 0
    pricing = {
        "priceSubtotal": amount_text(goods, money),
        "deliveryCost": amount_text(delivery, money),
        "total": amount_text(goods + delivery + (kept if taxed else 0), money),
    }
    if taxed and kept:
        pricing["tax"] = amount_text(kept, money)
    document: Document = {
        "orderId": sale.ref,
        "legacyOrderId": sale.ref,
        "creationDate": moment_text(sale.ordered_at),
        "lastModifiedDate": moment_text(sale.updated_at),
        "orderFulfillmentStatus": FULFILMENT[sale.status],
        "orderPaymentStatus": _payment_status(sale),
        "sellerId": "entrepot_fake",
        "buyer": {"username": username(sale.buyer)},
        "pricingSummary": pricing,
        "cancelStatus": _cancel_status(sale),
        "paymentSummary": _payments(sale, terms),
        "fulfillmentStartInstructions": [_instructions(sale.buyer)],
        "fulfillmentHrefs": [
            f"https://api.ebay.com/sell/fulfillment/v1/order/{sale.ref}/shipping_fulfillment/"
            f"{parcel.tracking}"
            for parcel in sale.parcels
        ],
        "lineItems": lines,
        "salesRecordReference": sale.ref.rpartition("-")[2],
    }
    if kept:
        document["ebayCollectAndRemitTax"] = True
    return document


def username(buyer: Buyer) -> str:
    """Return what a buyer is called on eBay."""
    return f"{buyer.name.split()[0].lower()}_{buyer.ref.rpartition('-')[2]}"


def refunds_of(sale: Sale) -> Iterator[Refund]:
    """Yield all that went back to the buyer, for what came back and for what never left."""
    if sale.paid_at is not None:
        yield from sale.refunds
        yield from sale.cancels


def _line(sale: Sale, item: Item, terms: Terms, marketplace: str, *, taxed: bool) -> Document:
    keeps, money = terms.keeps_tax(sale.buyer.country), terms.currency
    first = item is sale.items[0]
    postage, postage_tax = (sale.postage, sale.postage_tax) if first else (0, 0)
    cost, delivery = _paid(item.net, item.tax, keeps), _paid(postage, postage_tax, keeps)
    tax = item.tax + postage_tax if keeps else 0
    document: Document = {
        "lineItemId": item.ref,
        "legacyItemId": listing_number(item.product.platform_id),
        "sku": item.product.sku,
        "title": item.product.title,
        "lineItemCost": amount_text(cost, money),
        "quantity": item.quantity,
        "soldFormat": "FIXED_PRICE",
        "listingMarketplaceId": marketplace,
        "purchaseMarketplaceId": marketplace,
        "lineItemFulfillmentStatus": "FULFILLED" if not item.open else "NOT_STARTED",
        "total": amount_text(cost + delivery + (tax if taxed else 0), money),
        "deliveryCost": {"shippingCost": amount_text(delivery, money)},
        "appliedPromotions": [],
        "taxes": [],
        "refunds": [
            {
                "refundId": refund.ref,
                "refundDate": moment_text(refund.at),
                "amount": amount_text(_paid(refund.net, refund.tax, keeps), money),
            }
            for refund in refunds_of(sale)
            if refund.item == item.ref
        ],
        "properties": {"buyerProtection": True, "soldViaAdCampaign": False},
        "lineItemFulfillmentInstructions": {"guaranteedDelivery": False},
        "itemLocation": {"location": "Leeds", "countryCode": terms.country, "postalCode": "LS1"},
    }
    if tax:
        told = {"taxType": "STATE_SALES_TAX", "amount": amount_text(tax, money)}
        document["ebayCollectAndRemitTaxes"] = [{**told, "collectionMethod": "NET"}]
        if taxed:
            document["taxes"] = [told]
    return document


def listing_number(platform_id: str) -> str:
    """Return the number of a listing as eBay has them."""
    return f"11{platform_id.removeprefix('B0'):0>10}"[:12]


def _paid(net: int, tax: int, keeps: bool) -> int:
    """Return what a buyer is shown: a price with tax, unless eBay puts the tax on top."""
    return net if keeps else net + tax


def _payment_status(sale: Sale) -> str:
    if sale.paid_at is None:
        return "FAILED" if sale.status is Status.CANCELLED else "PENDING"
    if sale.status is Status.CANCELLED:
        return "FULLY_REFUNDED"
    back = sum(each.net + each.tax for each in sale.refunds)
    if not back:
        return "PAID"
    return "FULLY_REFUNDED" if back >= sale.net + sale.tax else "PARTIALLY_REFUNDED"


def _cancel_status(sale: Sale) -> Document:
    if sale.cancel_asked_at is not None:
        # Lists leave the requests out; the order itself tells them.
        return {"cancelState": "IN_PROGRESS", "cancelRequests": []}
    if sale.status is not Status.CANCELLED:
        return {"cancelState": "NONE_REQUESTED", "cancelRequests": []}
    return {
        "cancelState": "CANCELED",
        "cancelRequests": [],
        "cancelledDate": moment_text(sale.updated_at),
    }


def cancel_requests(sale: Sale) -> list[Document]:
    """Return the requests of an order's buyer to cancel it that are open."""
    if sale.cancel_asked_at is None:
        return []
    return [
        {
            "cancelRequestId": f"55{sale.ref.replace('-', '')}",
            "cancelRequestState": "REQUESTED",
            "cancelInitiator": "BUYER",
            "cancelReason": "ORDER_MISTAKE",
            "cancelRequestedDate": moment_text(sale.cancel_asked_at),
        }
    ]


def _payments(sale: Sale, terms: Terms) -> Document:
    keeps, money = terms.keeps_tax(sale.buyer.country), terms.currency
    payment: Document = {
        "paymentMethod": "EBAY",
        "paymentStatus": "PENDING" if sale.paid_at is None else "PAID",
        "amount": amount_text(sale.net + sale.tax, money),
    }
    if sale.paid_at is not None:
        payment["paymentDate"] = moment_text(sale.paid_at)
    refunds = [
        {
            "refundId": refund.ref,
            "refundDate": moment_text(refund.at),
            "refundStatus": "REFUNDED",
            "amount": amount_text(_paid(refund.net, refund.tax, keeps), money),
        }
        for refund in refunds_of(sale)
    ]
    due = amount_text(sale.net + sale.tax, money)
    return {"totalDueSeller": due, "payments": [payment], "refunds": refunds}


def _instructions(buyer: Buyer) -> Document:
    place: Document = {
        "addressLine1": buyer.street,
        "city": buyer.city,
        "postalCode": buyer.postcode,
        "countryCode": buyer.country,
    }
    if buyer.region:
        place["stateOrProvince"] = buyer.region
    to: Document = {"fullName": buyer.name, "contactAddress": place, "email": buyer.email}
    if buyer.company:
        to["companyName"] = buyer.company
    step = {"shipTo": to, "shippingCarrierCode": "RoyalMail", "shippingServiceCode": "UK_Standard"}
    return {
        "fulfillmentInstructionsType": "SHIP_TO",
        "ebaySupportedFulfillment": False,
        "shippingStep": step,
    }
