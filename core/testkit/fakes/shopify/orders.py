"""Orders of the trade as Shopify tells them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from graphql import GraphQLError

from core.testkit.fakes.shopify.ids import bag
from core.testkit.fakes.shopify.ids import gid
from core.testkit.fakes.shopify.ids import number_in
from core.testkit.fakes.shopify.ids import order_number
from core.testkit.fakes.shopify.ids import order_ref
from core.testkit.fakes.shopify.paging import counted
from core.testkit.fakes.shopify.paging import listed
from core.testkit.fakes.shopify.paging import page_of
from core.testkit.fakes.shopify.paging import some_of
from core.testkit.fakes.shopify.paging import told_as
from core.testkit.fakes.shopify.returns import return_document
from core.testkit.fakes.shopify.returns import returned_status
from core.testkit.fakes.shopify.search import finds
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Item
from core.testkit.fakes.trade import Refund
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Status

if TYPE_CHECKING:
    from core.testkit.fakes.shopify.shop import ShopifyFake

FULFILMENT = {
    Status.UNPAID: "UNFULFILLED",
    Status.OPEN: "UNFULFILLED",
    Status.PARTLY_SENT: "PARTIALLY_FULFILLED",
    Status.SENT: "FULFILLED",
    Status.CANCELLED: "UNFULFILLED",
}
Read = Callable[[Sale], Any]
SEARCHED: Mapping[str, Read] = {
    "updated_at": lambda sale: sale.updated_at,
    "created_at": lambda sale: sale.ordered_at,
    "name": lambda sale: sale.ref,
}
SORTED: Mapping[str, Read] = {
    "UPDATED_AT": lambda sale: text_of(sale.updated_at),
    "CREATED_AT": lambda sale: text_of(sale.ordered_at),
    "PROCESSED_AT": lambda sale: text_of(sale.ordered_at),
}
Document = dict[str, Any]


class OrderList:
    """The orders of a shop."""

    def __init__(self, fake: ShopifyFake) -> None:
        self.fake = fake

    def found(
        self,
        info: Any,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        sortKey: str = "PROCESSED_AT",  # noqa: N803 - Shopify's name
        reverse: bool = False,
    ) -> Mapping[str, Any]:
        """Return a page of the orders that are looked for."""
        if reverse or sortKey not in SORTED:
            raise GraphQLError("Orders are sorted by UPDATED_AT or CREATED_AT here, forwards.")
        fits, place = finds(query, SEARCHED), SORTED[sortKey]
        rows = [
            ((place(sale), int(sale.ref)), sale)
            for sale in self.fake.trade.sales.values()
            if fits(sale)
        ]
        page = page_of(rows, first, after, info.context)
        return told_as(page, self.document)

    def count(self, _info: Any, limit: int | None = 10_000, query: str | None = None) -> Document:
        """Return how many orders are looked for."""
        fits = finds(query, SEARCHED)
        found = sum(fits(sale) for sale in self.fake.trade.sales.values())
        return counted(found, limit)

    def one(self, _info: Any, id: str) -> Document | None:  # noqa: A002 - Shopify's name
        """Return an order by its id, if there is one."""
        sale = self.fake.trade.sales.get(order_ref(number_in(id, "Order")))
        return self.document(sale) if sale is not None else None

    def node(self, info: Any, id: str) -> Document | None:  # noqa: A002
        """Return a thing by its id: an order or a refund."""
        if number := number_in(id, "Refund"):
            for sale in self.fake.trade.sales.values():
                for group in _groups(sale):
                    if group[1][0].ref == number:
                        return self._refund(sale, group)
        return self.one(info, id)

    def document(self, sale: Sale) -> Document:
        """Return an order."""
        number, terms, included = order_number(sale.ref), self.fake.trade.terms, self._gross
        total = sale.net + sale.tax
        return {
            "__typename": "Order",
            "id": gid("Order", number),
            "legacyResourceId": number,
            "name": f"#{sale.ref}",
            "createdAt": text_of(sale.ordered_at),
            "processedAt": text_of(sale.ordered_at),
            "updatedAt": text_of(sale.updated_at),
            "cancelledAt": text_of(sale.updated_at) if sale.status is Status.CANCELLED else None,
            "currencyCode": terms.currency,
            "displayFinancialStatus": _financial(sale),
            "displayFulfillmentStatus": FULFILMENT[sale.status],
            "edited": False,
            "test": False,
            "sourceName": "web",
            "taxesIncluded": self.fake.taxes_included,
            "customer": {"id": gid("Customer", 7_000_000 + int(sale.ref))},
            "email": sale.buyer.email,
            "phone": None,
            "shippingAddress": _address(sale),
            "totalPriceSet": self._bag(total),
            "totalTaxSet": self._bag(sale.tax),
            "totalTipReceivedSet": self._bag(0),
            "originalTotalDutiesSet": None,
            "originalTotalAdditionalFeesSet": None,
            "lineItems": listed([self.line(item) for item in sale.items]),
            "shippingLines": listed(
                [self._shipping(sale, included(sale.postage, sale.postage_tax))]
                if sale.postage
                else []
            ),
            "refunds": some_of([self._refund(sale, each) for each in _groups(sale)]),
            "returnStatus": returned_status(sale),
            "returns": listed([return_document(sale, each, self.line) for each in sale.returns]),
            "fulfillmentOrders": lambda info, **given: self.fake.sending.orders_of(sale, **given),
            "fulfillments": some_of(self.fake.sending.fulfilments(sale)),
        }

    def line(self, item: Item) -> Document:
        """Return a line of an order."""
        return {
            "id": gid("LineItem", item.ref),
            "title": item.product.title,
            "name": item.product.title,
            "sku": item.product.sku,
            "quantity": item.quantity,
            "currentQuantity": item.quantity - item.cancelled - item.refunded,
            "unfulfilledQuantity": item.open,
            "requiresShipping": True,
            "isGiftCard": False,
            "discountAllocations": [],
            "originalTotalSet": self._bag(self._gross(item.net, item.tax)),
            "taxLines": some_of(self._taxes(item.tax)),
            "variant": self.fake.goods.variant(item.product),
        }

    def _shipping(self, sale: Sale, price: int) -> Document:
        return {
            "id": gid("ShippingLine", 8_000_000 + int(sale.ref)),
            "title": "Standard",
            "code": "standard",
            "isRemoved": False,
            "originalPriceSet": self._bag(price),
            "discountedPriceSet": self._bag(price),
            "taxLines": self._taxes(sale.postage_tax),
        }

    def _refund(self, sale: Sale, group: tuple[str, list[Refund], bool]) -> Document:
        restock, parts, whole = group
        postage = (sale.postage, sale.postage_tax) if whole else (0, 0)
        total = sum(each.net + each.tax for each in parts) + sum(postage)
        shipping = {
            "id": gid("RefundShippingLine", parts[0].ref),
            "subtotalAmountSet": self._bag(self._gross(*postage)),
            "taxAmountSet": self._bag(postage[1]),
        }
        return {
            "__typename": "Refund",
            "id": gid("Refund", parts[0].ref),
            "legacyResourceId": parts[0].ref,
            "createdAt": text_of(parts[0].at),
            "totalRefundedSet": self._bag(total),
            "refundLineItems": listed(
                [
                    {
                        "id": gid("RefundLineItem", each.ref),
                        "lineItem": self.line(sale.item(each.item)),
                        "quantity": each.quantity,
                        "restockType": restock,
                        "subtotalSet": self._bag(self._gross(each.net, each.tax)),
                        "totalTaxSet": self._bag(each.tax),
                    }
                    for each in parts
                ]
            ),
            "refundShippingLines": listed([shipping] if any(postage) else []),
            "orderAdjustments": listed([]),
        }

    def _taxes(self, tax: int) -> list[Document]:
        rate = self.fake.trade.terms.tax / 1000
        told = {"title": "VAT", "rate": rate, "priceSet": self._bag(tax), "channelLiable": False}
        return [told] if tax else []

    def _gross(self, net: int, tax: int) -> int:
        """Return a price as the shop shows it."""
        return net + tax if self.fake.taxes_included else net

    def _bag(self, amount: int) -> Document:
        return bag(amount, self.fake.trade.terms.currency)


def _groups(sale: Sale) -> list[tuple[str, list[Refund], bool]]:
    """Return the refunds of an order: its lines by what went back at one moment."""
    found: list[tuple[str, list[Refund], bool]] = []
    moments: dict[str, list[Refund]] = {}
    for each in sale.cancels:
        moments.setdefault(text_of(each.at), []).append(each)
    gone = sale.status is Status.CANCELLED
    last = max(moments, default="")
    found += [("CANCEL", parts, gone and at == last) for at, parts in moments.items()]
    found += [("RETURN", [each], False) for each in sale.refunds]
    return found


def _financial(sale: Sale) -> str:
    if sale.paid_at is None:
        return "VOIDED" if sale.status is Status.CANCELLED else "PENDING"
    if sale.status is Status.CANCELLED:
        return "REFUNDED"
    back = sum(each.net + each.tax for each in (*sale.cancels, *sale.refunds))
    return "PARTIALLY_REFUNDED" if back else "PAID"


def _address(sale: Sale) -> Document:
    buyer = sale.buyer
    return {
        "id": gid("MailingAddress", 6_000_000 + int(sale.ref)),
        "name": buyer.name,
        "company": buyer.company or None,
        "address1": buyer.street,
        "address2": None,
        "city": buyer.city,
        "province": buyer.region or None,
        "provinceCode": None,
        "zip": buyer.postcode,
        "countryCodeV2": buyer.country,
        "phone": None,
    }
