"""Variants, and how much of each lies at the shop's one location."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal
from decimal import InvalidOperation
from typing import TYPE_CHECKING
from typing import Any

from graphql import GraphQLError

from core.errors import InputError
from core.money import round_div
from core.money import to_minor
from core.money import to_text
from core.testkit.fakes.goods import Product
from core.testkit.fakes.shopify.graphql import idempotency_key
from core.testkit.fakes.shopify.ids import gid
from core.testkit.fakes.shopify.ids import number_in
from core.testkit.fakes.shopify.paging import Resolve
from core.testkit.fakes.shopify.paging import counted
from core.testkit.fakes.shopify.paging import listed
from core.testkit.fakes.shopify.paging import page_of
from core.testkit.fakes.shopify.paging import told_as
from core.testkit.fakes.shopify.search import finds
from core.testkit.fakes.time import text_of

if TYPE_CHECKING:
    from core.testkit.fakes.shopify.shop import ShopifyFake

LOCATION = "70000000001"
MOST = 1_000_000_000
REASONS = frozenset({"correction", "cycle_count_available", "received", "restock", "other"})
Document = dict[str, Any]


class Goods:
    """What a shop offers."""

    def __init__(self, fake: ShopifyFake) -> None:
        self.fake = fake
        self._done: dict[str, tuple[str, Document]] = {}

    # What is read

    def variants(
        self,
        info: Any,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        sortKey: str = "ID",  # noqa: N803 - Shopify's name
    ) -> Mapping[str, Any]:
        """Return a page of variants."""
        return told_as(self._page(info, first, after, query), self.variant)

    def count(self, _info: Any, limit: int | None = 10_000, query: str | None = None) -> Document:
        """Return how many variants are looked for."""
        fits = finds(query, SEARCHED)
        return counted(sum(fits(each) for each in self.fake.trade.products.values()), limit)

    def items(
        self,
        info: Any,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
    ) -> Mapping[str, Any]:
        """Return a page of what has a stock."""
        page = self._page(info, first, after, query)
        return {**page, "nodes": [self.item(each) for each in page["nodes"]]}

    def location(self, _info: Any, id: str | None = None) -> Document | None:  # noqa: A002
        """Return a location; without an id the first one of the shop."""
        if id is not None and number_in(id, "Location") != LOCATION:
            return None
        told = {"id": gid("Location", LOCATION), "legacyResourceId": LOCATION}
        return {**told, "name": "Shop location", "isActive": True}

    def variant(self, product: Product) -> Document:
        """Return a variant; each product has one."""
        number, terms = number_of(product), self.fake.trade.terms
        tax = terms.tax if self.fake.taxes_included else 0
        price = round_div(product.price * (1000 + tax), 1000)
        return {
            "id": gid("ProductVariant", number),
            "legacyResourceId": number,
            "sku": product.sku,
            "title": "Default Title",
            "displayName": f"{product.title} - Default Title",
            "price": to_text(price, terms.currency),
            "inventoryQuantity": product.shown,
            "inventoryItem": lambda _info: self.item(product),
            "updatedAt": text_of(self.fake.trade.started_at),
            "product": lambda _info: self.fake.publishing.document(product),
        }

    def item(self, product: Product) -> Document:
        """Return what has the stock of a variant."""
        number = number_of(product)

        def level(_info: Any, locationId: str, **_given: object) -> Document | None:  # noqa: N803
            if number_in(locationId, "Location") != LOCATION:
                return None
            return {
                "id": gid("InventoryLevel", number),
                "item": lambda _info: self.item(product),
                "quantities": lambda _info, names: _quantities(product, names),
            }

        return {
            "id": gid("InventoryItem", number),
            "legacyResourceId": number,
            "sku": product.sku,
            "tracked": True,
            "inventoryLevel": level,
            "variants": self._own(product),
        }

    # What is changed

    def set_quantities(self, info: Any, input: Document) -> Document:  # noqa: A002
        """Set quantities, all or none of them, if they are what they are expected to be.

        Told again under the same key it is not done again.
        """
        key = idempotency_key(info.field_nodes[0], info.context.document().get("variables") or {})
        said = json.dumps(input, sort_keys=True)
        if key in self._done:
            before, answer = self._done[key]
            if before == said:
                return answer
            return _refused("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "The key was used before.", [])
        answer = self._set(input)
        self._done[key] = (said, answer)
        return answer

    def set_prices(
        self,
        _info: Any,
        productId: str,  # noqa: N803
        variants: Sequence[Document],
        allowPartialUpdates: bool = False,  # noqa: N803
    ) -> Document:
        """Set what the variants of a product cost."""
        number = number_in(productId, "Product")
        product = self.by_number(number)
        if product is None:
            text = "Product does not exist"
            return _prices("PRODUCT_DOES_NOT_EXIST", text, ["productId"])
        own = {number_of(each): each for each in self.fake.publishing.members(product)}
        for place, each in enumerate(variants):
            where = ["variants", str(place)]
            variant = own.get(number_in(each.get("id"), "ProductVariant"))
            if variant is None:
                return _prices("PRODUCT_VARIANT_DOES_NOT_EXIST", "No such variant", where)
            price = self.net_of(each.get("price"))
            if price is None:
                return _prices("NEGATIVE_PRICE_VALUE", "Price must be 0 or more", where)
            variant.price = price
        return {"productVariants": [self.variant(each) for each in own.values()], "userErrors": []}

    def _set(self, given: Document) -> Document:
        if given["name"] not in ("available", "on_hand"):
            return _refused("INVALID_NAME", "The quantity name is invalid.", ["name"])
        if given["reason"] not in REASONS:
            return _refused("INVALID_REASON", "The reason is invalid.", ["reason"])
        faults = [
            fault
            for place, each in enumerate(given["quantities"])
            if (fault := self._fault(each, ["quantities", str(place)])) is not None
        ]
        if faults:
            return {"inventoryAdjustmentGroup": None, "userErrors": faults}
        for each in given["quantities"]:
            product = self.by_number(number_in(each["inventoryItemId"], "InventoryItem"))
            assert product is not None
            product.shown = each["quantity"]
        group = {"id": gid("InventoryAdjustmentGroup", self.fake.trade.next_number())}
        done = {**group, "reason": given["reason"]}
        return {"inventoryAdjustmentGroup": done, "userErrors": []}

    def _fault(self, each: Document, where: list[str]) -> Document | None:
        if "changeFromQuantity" not in each:
            raise GraphQLError("changeFromQuantity must be given, null where nobody knows it.")
        product = self.by_number(number_in(each["inventoryItemId"], "InventoryItem"))
        if product is None:
            return _fault("INVALID_INVENTORY_ITEM", "The item does not exist.", where)
        if number_in(each["locationId"], "Location") != LOCATION:
            return _fault("INVALID_LOCATION", "The location does not exist.", where)
        if each["quantity"] < 0:
            return _fault("INVALID_QUANTITY_NEGATIVE", "The quantity is below zero.", where)
        if each["quantity"] > MOST:
            return _fault("INVALID_QUANTITY_TOO_HIGH", "The quantity is too high.", where)
        expected = each["changeFromQuantity"]
        if expected is not None and expected != product.shown:
            text = "The changeFromQuantity value does not match the quantity there."
            return _fault("CHANGE_FROM_QUANTITY_STALE", text, where)
        return None

    def net_of(self, text: object) -> int | None:
        """Return what a price that buyers are shown is without tax, None when it is none."""
        tax = self.fake.trade.terms.tax if self.fake.taxes_included else 0
        try:
            price = to_minor(Decimal(str(text)), self.fake.trade.terms.currency)
        except (InputError, InvalidOperation):
            return None
        return round_div(price * 1000, 1000 + tax) if price >= 0 else None

    def _page(
        self, info: Any, first: int | None, after: str | None, query: str | None
    ) -> dict[str, Any]:
        fits = finds(query, SEARCHED)
        products = self.fake.trade.products.values()
        rows = [((number_of(each),), each) for each in products if fits(each)]
        return page_of(rows, first, after, info.context)

    def _own(self, product: Product) -> Resolve:
        """Return what answers for the variants of what has a stock."""
        return listed([self.variant(product)])

    def by_number(self, number: str) -> Product | None:
        """Return a variant by its number."""
        found = (each for each in self.fake.trade.products.values() if number_of(each) == number)
        return next(found, None)


def number_of(product: Product) -> str:
    """Return the number of a variant, which that of a product of one variant is as well."""
    return f"41{int(product.platform_id[2:]):010d}"


SEARCHED: Mapping[str, Callable[[Product], object]] = {
    "sku": lambda product: product.sku,
    "id": number_of,
}


def _quantities(product: Product, names: Sequence[str]) -> list[Document]:
    number = number_of(product)
    return [
        {"id": gid("InventoryQuantity", number), "name": name, "quantity": product.shown}
        for name in names
    ]


def _fault(code: str, text: str, where: Sequence[str]) -> Document:
    return {"code": code, "message": text, "field": ["input", *where]}


def _refused(code: str, text: str, where: Sequence[str]) -> Document:
    return {"inventoryAdjustmentGroup": None, "userErrors": [_fault(code, text, where)]}


def _prices(code: str, text: str, where: Sequence[str]) -> Document:
    told = {"code": code, "message": text, "field": list(where)}
    return {"productVariants": None, "userErrors": [told]}
