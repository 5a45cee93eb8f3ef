"""Product pricing 2022-05-01: what the sellers of a product ask for it."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from core.money import minor_digits
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.goods import Product
from core.testkit.fakes.rates import Published

MOST = 20
RIVAL = "A2FAKERIVAL001"
POSTAGE = 299
"""What the rival takes for delivery; the account's own offers are delivered free."""

Document = dict[str, Any]


class Pricing(Part):
    """The account's own offer of each product, and a rival's where there is one."""

    @operation(
        "getCompetitiveSummary",
        "POST",
        "/batches/products/pricing/2022-05-01/items/competitiveSummary",
        Published(0.033, 1),
    )
    def summary(self, asked: Asked) -> Response:
        """Answer about at most twenty products, each for itself."""
        wanted = asked.document().get("requests")
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= MOST:
            raise Refusal(400, "InvalidInput", "Ask about 1 to 20 products.")
        return as_json({"responses": [self._one(each) for each in wanted]})

    def _one(self, asked: Document) -> Document:
        about = {"asin": asked["asin"], "marketplaceId": asked["marketplaceId"]}
        products = {each.platform_id: each for each in self.fake.trade.products.values()}
        product = products.get(asked["asin"])
        if product is None:
            error = {"code": "INVALID_ASIN", "message": f"{asked['asin']} is not a valid ASIN"}
            status = {"statusCode": 400, "reasonPhrase": "Client Error"}
            return {"status": status, "body": {**about, "errors": [error]}}
        found = sorted(self._offers(product), key=_delivered)
        body: Document = dict(about)
        if "lowestPricedOffers" in asked["includedData"]:
            (given,) = asked["lowestPricedOffersInputs"]
            body["lowestPricedOffers"] = [{"lowestPricedOffersInput": given, "offers": found}]
        if "featuredBuyingOptions" in asked["includedData"] and found:
            segment = {"customerMembership": "DEFAULT",
                       "segmentDetails": {"glanceViewWeightPercentage": 100}}  # fmt: skip
            featured = {**found[0], "featuredOfferSegments": [segment]}
            body["featuredBuyingOptions"] = [
                {"buyingOptionType": "New", "segmentedFeaturedOffers": [featured]}
            ]
        return {"status": {"statusCode": 200, "reasonPhrase": "Success"}, "body": body}

    def _offers(self, product: Product) -> list[Document]:
        seller = self.fake.credentials()["seller_id"]
        offers = [self._offer(seller, product.price, 0)]
        if (price := self.fake.rivals.get(product.sku)) is not None:
            offers.append(self._offer(RIVAL, price, POSTAGE))
        return offers

    def _offer(self, seller: str, price: int, postage: int) -> Document:
        return {
            "sellerId": seller,
            "condition": "New",
            "fulfillmentType": "MFN",
            "listingPrice": self._money(price),
            "shippingOptions": [{"shippingOptionType": "DEFAULT", "price": self._money(postage)}],
        }

    def _money(self, amount: int) -> Document:
        currency = self.fake.trade.terms.currency
        digits = minor_digits(currency)
        return {"currencyCode": currency, "amount": round(amount / 10**digits, digits)}


def _delivered(offer: Document) -> float:
    price: float = offer["listingPrice"]["amount"]
    return price + float(offer["shippingOptions"][0]["price"]["amount"])
