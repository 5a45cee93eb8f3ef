"""Products that are set as a whole, and where buyers see them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

from core.testkit.fakes.goods import Product
from core.testkit.fakes.shopify.goods import number_of
from core.testkit.fakes.shopify.ids import gid
from core.testkit.fakes.shopify.ids import number_in
from core.testkit.fakes.shopify.paging import listed
from core.testkit.fakes.shopify.paging import page_of

if TYPE_CHECKING:
    from core.testkit.fakes.shopify.shop import ShopifyFake

PUBLICATIONS = {"80000000001": "Online Store", "80000000002": "Point of Sale"}
ALONE = "Default Title"
Document = dict[str, Any]


@dataclass
class Offered:
    """A product as it was set: its variants by their SKUs, and in which publications it is."""

    number: str
    handle: str
    title: str
    kind: str
    status: str
    skus: list[str]
    seen_in: set[str] = field(default_factory=set)


class Publishing:
    """What is offered; what the shop began with has one variant each."""

    def __init__(self, fake: ShopifyFake) -> None:
        self.fake = fake
        self.offered: dict[str, Offered] = {}

    # What is read

    def product(self, _info: Any, id: str) -> Document | None:  # noqa: A002 - Shopify's name
        """Return a product by its id."""
        found = self._by_number(number_in(id, "Product"))
        return self._document(found) if found else None

    def identified(self, _info: Any, identifier: Mapping[str, Any]) -> Document | None:
        """Return a product by its id or its handle."""
        found = self._identified(identifier)
        return self._document(found) if found else None

    def publications(
        self, info: Any, first: int | None = None, after: str | None = None
    ) -> Mapping[str, Any]:
        """Return where a product can be seen."""
        rows = [
            ((number,), {"id": gid("Publication", number), "name": name})
            for number, name in PUBLICATIONS.items()
        ]
        return page_of(rows, first, after, info.context)

    def document(self, variant: Product) -> Document:
        """Return the product of a variant."""
        return self._document(self._of(variant))

    def members(self, variant: Product) -> list[Product]:
        """Return the variants of the product of a variant."""
        return [self.fake.trade.products[sku] for sku in self._of(variant).skus]

    # What is changed

    def set(
        self,
        _info: Any,
        input: Document,  # noqa: A002 - Shopify's name
        identifier: Mapping[str, Any] | None = None,
        synchronous: bool = True,
    ) -> Document:
        """Make a product, or make the one that is identified what is told: other variants go."""
        there = self._identified(identifier or {})
        if there is None and (identifier or {}).get("id"):
            return _refused("PRODUCT_DOES_NOT_EXIST", "Product does not exist", ["identifier"])
        variants = input.get("variants") or []
        if faults := self._faults(input, variants, there):
            return {"product": None, "userErrors": faults}
        kept = [self._variant(each, input["title"]) for each in variants]
        handle = input.get("handle") or input["title"].lower().replace(" ", "-")
        made = there or Offered(number_of(kept[0]), handle, "", "", "", [])
        made.title, made.kind = input["title"], input.get("productType") or ""
        made.status = input.get("status") or "ACTIVE"
        for gone in set(made.skus) - {each.sku for each in kept}:
            del self.fake.trade.products[gone]
        made.skus = [each.sku for each in kept]
        self.offered[made.number] = made
        return {"product": self._document(made), "userErrors": []}

    def publish(self, _info: Any, id: str, input: Sequence[Document]) -> Document:  # noqa: A002
        """Show a product in publications."""
        found = self._by_number(number_in(id, "Product"))
        if found is None:
            return {"userErrors": [{"field": ["id"], "message": "Resource does not exist"}]}
        for place, each in enumerate(input):
            number = number_in(each.get("publicationId"), "Publication")
            if number not in PUBLICATIONS:
                text = "Publication does not exist or is not publishable"
                return {"userErrors": [{"field": ["input", str(place)], "message": text}]}
            found.seen_in.add(PUBLICATIONS[number])
        return {"userErrors": []}

    def _faults(
        self, told: Document, variants: Sequence[Document], there: Offered | None
    ) -> list[Document]:
        if not (told.get("title") or "").strip():
            return [_fault("INVALID_VARIANT", "Title can't be blank", ["title"])]
        own = {number_of(self.fake.trade.products[sku]) for sku in there.skus} if there else set()
        values = {
            option["name"]: {each["name"] for each in option.get("values") or ()}
            for option in told.get("productOptions") or ()
        }
        found = []
        for place, each in enumerate(variants):
            where = ["variants", str(place)]
            if each.get("id") and number_in(each["id"], "ProductVariant") not in own:
                code = "PRODUCT_VARIANT_DOES_NOT_EXIST"
                found.append(_fault(code, "Product variant does not exist", [*where, "id"]))
            if self.fake.goods.net_of(each.get("price")) is None:
                found.append(_fault("INVALID_VARIANT", "Price must be 0 or more", where))
            for value in each["optionValues"]:
                if value["name"] not in values.get(value["optionName"], ()):
                    code, text = "OPTION_VALUE_DOES_NOT_EXIST", "Option value does not exist"
                    found.append(_fault(code, text, [*where, "optionValues"]))
        return found

    def _variant(self, told: Document, title: str) -> Product:
        products = self.fake.trade.products
        number = number_in(told.get("id"), "ProductVariant")
        found = self.fake.goods.by_number(number) if number else None
        if found is None:
            platform_id = f"B0{self.fake.trade.dice.randrange(36**5):08d}"
            found = Product(told["sku"], "", platform_id, 0, 0)
        names = [each["name"] for each in told["optionValues"] if each["name"] != ALONE]
        found.title = " / ".join([title, *names])
        price = self.fake.goods.net_of(told.get("price"))
        found.price = price if price is not None else found.price
        for each in told.get("inventoryQuantities") or ():
            found.shown = each["quantity"]
        products[found.sku] = found
        return found

    def _identified(self, identifier: Mapping[str, Any]) -> Offered | None:
        if identifier.get("id"):
            return self._by_number(number_in(identifier["id"], "Product"))
        handle = identifier.get("handle")
        return next((each for each in self._all() if each.handle == handle), None)

    def _by_number(self, number: str) -> Offered | None:
        return next((each for each in self._all() if each.number == number), None)

    def _of(self, variant: Product) -> Offered:
        return next(each for each in self._all() if variant.sku in each.skus)

    def _all(self) -> list[Offered]:
        known = {sku for each in self.offered.values() for sku in each.skus}
        for sku, product in self.fake.trade.products.items():
            if sku not in known:
                number = number_of(product)
                handle = sku.lower()
                self.offered[number] = Offered(
                    number,
                    handle,
                    product.title,
                    "",
                    "ACTIVE",
                    [sku],
                    {PUBLICATIONS["80000000001"]},
                )
        return list(self.offered.values())

    def _document(self, offered: Offered) -> Document:
        goods, products = self.fake.goods, self.fake.trade.products
        return {
            "id": gid("Product", offered.number),
            "handle": offered.handle,
            "title": offered.title,
            "productType": offered.kind,
            "status": offered.status,
            "variants": listed([goods.variant(products[sku]) for sku in offered.skus]),
        }


def _fault(code: str, text: str, where: Sequence[str]) -> Document:
    return {"code": code, "message": text, "field": ["input", *where]}


def _refused(code: str, text: str, where: Sequence[str]) -> Document:
    return {"product": None, "userErrors": [{"code": code, "message": text, "field": [*where]}]}
