"""The Inventory API: what is offered, how much there is, what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from werkzeug.wrappers import Response

from core.money import to_minor
from core.testkit.fakes.ebay.documents import listing_number
from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.ebay.writing import amount_text
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.goods import Product
from core.testkit.fakes.rates import Published

RATE = Published(2_000_000 / 86_400, 5_000)
MOST, USUAL, AT_ONCE = 200, 25, 25
REVISIONS = 250
"""So often a listing may be changed on one day."""
PATH = "/sell/inventory/v1"


class Inventory(Part):
    """Items and offers."""

    def __init__(self, fake: object) -> None:
        super().__init__(fake)
        self._revised: dict[tuple[str, str], int] = {}

    @operation(
        "getInventoryItems", "GET", f"{PATH}/inventory_item", RATE, query=("limit", "offset")
    )
    def items(self, asked: Asked) -> Response:
        """List items; here `offset` counts pages, not rows."""
        size, page = int(asked.query("limit") or USUAL), int(asked.query("offset") or 0)
        if not 1 <= size <= MOST:
            raise Refusal(400, "25709", f"Invalid value for limit. {size}")
        rows = sorted(self.fake.trade.products.values(), key=lambda each: each.sku)
        found = rows[page * size : (page + 1) * size]
        body: Document = {
            "href": asked.request.path,
            "limit": size,
            "size": len(found),
            "total": len(rows),
            "inventoryItems": [item_document(product) for product in found],
        }
        if (page + 1) * size < len(rows):
            body["next"] = f"{asked.request.path}?limit={size}&offset={page + 1}"
        return as_json(body)

    @operation("bulkGetInventoryItem", "POST", f"{PATH}/bulk_get_inventory_item", RATE)
    def some(self, asked: Asked) -> Response:
        """Return up to 25 items, each with whether it is there."""
        answers = []
        for each in self._requests(asked):
            product = self.fake.trade.products.get(each.get("sku"))
            if product is None:
                answers.append({"sku": each.get("sku"), "statusCode": 404, "errors": [_unknown()]})
            else:
                answers.append(
                    {"sku": product.sku, "statusCode": 200, "inventoryItem": item_document(product)}
                )
        return as_json({"responses": answers})

    @operation(
        "getOffers", "GET", f"{PATH}/offer", RATE,
        query=("sku", "limit", "offset", "format", "marketplace_id"),
    )  # fmt: skip
    def offers(self, asked: Asked) -> Response:
        """List the offers of an item."""
        sku = asked.query("sku") or ""
        written = self.fake.drafts.offers_of(sku)
        product = self.fake.trade.products.get(sku)
        if product is None and not written:
            raise Refusal(404, "25713", "This Offer is not available.")
        offer = written[0] if written else self._offer(product)
        told = {"href": asked.request.path, "limit": 100, "size": 1, "total": 1}
        return as_json({**told, "offers": [offer]})

    def _offer(self, product: Product) -> Document:
        """Return the offer of something that is for sale."""
        return {
            "offerId": offer_number(product),
            "sku": product.sku,
            "marketplaceId": self.fake.credentials()["marketplace"],
            "format": "FIXED_PRICE",
            "availableQuantity": product.shown,
            "status": "PUBLISHED",
            "pricingSummary": {"price": amount_text(self._shown_price(product), self._money)},
            "listing": {
                "listingId": listing_number(product.platform_id),
                "listingStatus": "ACTIVE",
                "soldQuantity": 0,
            },
        }

    @operation("bulkUpdatePriceQuantity", "POST", f"{PATH}/bulk_update_price_quantity", RATE)
    def update(self, asked: Asked) -> Response:
        """Change numbers and prices, each with what became of it."""
        answers = [each for asked_for in self._requests(asked) for each in self._changed(asked_for)]
        mixed = len({each["statusCode"] for each in answers}) > 1
        return as_json({"responses": answers}, 207 if mixed else 200)

    @property
    def _money(self) -> str:
        return str(self.fake.trade.terms.currency)

    def _shown_price(self, product: Product) -> int:
        """Return the price that buyers at home are shown, tax included."""
        return product.price + product.price * int(self.fake.trade.terms.tax) // 1000

    def _requests(self, asked: Asked) -> list[Document]:
        said = asked.document()
        found = said.get("requests") if isinstance(said, dict) else None
        if not isinstance(found, list) or not 1 <= len(found) <= AT_ONCE:
            raise Refusal(400, "25709", f"Invalid value for requests. 1 to {AT_ONCE} are taken.")
        return found

    def _changed(self, said: Document) -> Iterator[Document]:
        product = self.fake.trade.products.get(said.get("sku"))
        quantity = (said.get("shipToLocationAvailability") or {}).get("quantity")
        if product is None:
            yield {"sku": said.get("sku"), "statusCode": 404, "errors": [_unknown()]}
            return
        if not self._may_revise(product):
            error = _error(25002, "This listing was revised too often today.")
            yield {"sku": product.sku, "statusCode": 400, "errors": [error]}
            return
        if quantity is not None:
            if not isinstance(quantity, int) or quantity < 0:
                error = _error(25709, "Invalid value for quantity.")
                yield {"sku": product.sku, "statusCode": 400, "errors": [error]}
                return
            product.shown = quantity
            yield {"sku": product.sku, "statusCode": 200}
        for offer in said.get("offers") or ():
            yield self._offered(product, offer)

    def _offered(self, product: Product, offer: Document) -> Document:
        told = {"sku": product.sku, "offerId": offer.get("offerId")}
        price = offer.get("price") or {}
        own = {each["offerId"] for each in self.fake.drafts.offers_of(product.sku)}
        if offer.get("offerId") not in own | {offer_number(product)}:
            return {**told, "statusCode": 404, "errors": [_error(25713, "No such offer.")]}
        if price.get("currency", self._money) != self._money:
            error = _error(25709, f"Invalid value for currency. It is {self._money} here.")
            return {**told, "statusCode": 400, "errors": [error]}
        if price:
            gross = to_minor(Decimal(price["value"]), self._money)
            product.price = round(gross * 1000 / (1000 + self.fake.trade.terms.tax))
        return {**told, "statusCode": 200}

    def _may_revise(self, product: Product) -> bool:
        key = (product.sku, self.fake.clock.now().date().isoformat())
        self._revised[key] = self._revised.get(key, 0) + 1
        return self._revised[key] <= REVISIONS


def offer_number(product: Product) -> str:
    """Return the number of an item's offer."""
    return f"8{listing_number(product.platform_id)[2:]}"


def item_document(product: Product) -> Document:
    """Return the item of something that is for sale."""
    return {
        "sku": product.sku,
        "locale": "en_GB",
        "condition": "NEW",
        "availability": {"shipToLocationAvailability": {"quantity": product.shown}},
        "product": {"title": product.title},
    }


def _unknown() -> Document:
    return _error(25710, "We didn't find the resource you are requesting.")


def _error(number: int, text: str) -> Document:
    return {
        "errorId": number,
        "domain": "API_INVENTORY",
        "category": "REQUEST",
        "message": text,
        "longMessage": text,
    }
