"""The way to a listing: items, groups and offers, then publishing; and the terms of the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from decimal import Decimal

from werkzeug.wrappers import Response

from core.money import round_div
from core.money import to_minor
from core.testkit.fakes.ebay.documents import listing_number
from core.testkit.fakes.ebay.inventory import PATH
from core.testkit.fakes.ebay.inventory import RATE
from core.testkit.fakes.ebay.inventory import item_document
from core.testkit.fakes.ebay.inventory import offer_number
from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.goods import Product
from core.testkit.fakes.rates import Published

ACCOUNT = "/sell/account/v1"
POLICY_RATE = Published(25_000 / 86_400, 1_000)
LOCATION = "warehouse-1"
POLICIES: Mapping[str, tuple[tuple[str, str, bool], ...]] = {
    "fulfillment": (("61", "Royal Mail 48", True), ("62", "Courier", False)),
    "payment": (("71", "Managed", True),),
    "return": (("81", "30 days", True),),
}
"""The business policies of the account: number, name, and whether it is the default."""
NEEDED = "Brand"
"""The item specific that every category of the simulated eBay wants."""
FEE = "0.35"


@dataclass
class Drafts:
    """What was written and is not for sale, or was for sale from the beginning."""

    items: dict[str, Document] = field(default_factory=dict)
    groups: dict[str, Document] = field(default_factory=dict)
    offers: dict[str, Document] = field(default_factory=dict)

    def offers_of(self, sku: str) -> list[Document]:
        """Return the offers of an item."""
        return [each for each in self.offers.values() if each["sku"] == sku]


class Selling(Part):
    """What a seller does to have something listed."""

    @operation("getInventoryItem", "GET", f"{PATH}/inventory_item/<sku>", RATE)
    def item(self, asked: Asked) -> Response:
        """Return an item."""
        sku = asked.path["sku"]
        product = self.fake.trade.products.get(sku)
        written = self.fake.drafts.items.get(sku)
        if product is None and written is None:
            raise Refusal(404, "25710", "We didn't find the resource you are requesting.")
        known = item_document(product) if product is not None else {}
        return as_json({**(written or {}), **known, "sku": sku, "locale": "en_GB"})

    @operation("createOrReplaceInventoryItem", "PUT", f"{PATH}/inventory_item/<sku>", RATE)
    def put_item(self, asked: Asked) -> Response:
        """Write an item, whole."""
        sku, said = asked.path["sku"], self._written(asked)
        known = sku in self.fake.drafts.items or sku in self.fake.trade.products
        self.fake.drafts.items[sku] = said
        product = self.fake.trade.products.get(sku)
        if product is not None:
            product.title = said["product"]["title"]
            product.shown = _quantity(said)
        return Response(status=204) if known else as_json({"warnings": []}, 201)

    @operation(
        "createOrReplaceInventoryItemGroup", "PUT", f"{PATH}/inventory_item_group/<group>", RATE
    )
    def put_group(self, asked: Asked) -> Response:
        """Write a group of items, whole."""
        said, known = self._written(asked), asked.path["group"] in self.fake.drafts.groups
        for sku in said.get("variantSKUs") or ():
            if sku not in self.fake.drafts.items:
                raise Refusal(400, "25702", f"SKU {sku} is not available in the system.")
        self.fake.drafts.groups[asked.path["group"]] = said
        return Response(status=204) if known else as_json({"warnings": []}, 201)

    @operation("createOffer", "POST", f"{PATH}/offer", RATE)
    def create(self, asked: Asked) -> Response:
        """Make an offer of an item; there is one at most."""
        said = self._written(asked)
        sku = said.get("sku")
        if sku not in self.fake.drafts.items:
            raise Refusal(400, "25702", f"SKU {sku} is not available in the system.")
        if self.fake.drafts.offers_of(sku):
            raise Refusal(400, "25002", "Offer entity already exists.")
        number = f"9{self.fake.trade.next_number()}"
        self.fake.drafts.offers[number] = {**said, "offerId": number, "status": "UNPUBLISHED"}
        return as_json({"offerId": number}, 201)

    @operation("updateOffer", "PUT", f"{PATH}/offer/<offer_id>", RATE)
    def change(self, asked: Asked) -> Response:
        """Write an offer, whole; one that is published changes its listing."""
        number, said = asked.path["offer_id"], self._written(asked)
        found = self.fake.drafts.offers.get(number)
        if found is None:
            known = {offer_number(each): each for each in self.fake.trade.products.values()}
            if number not in known:
                raise Refusal(404, "25713", "This Offer is not available.")
            found = {"sku": known[number].sku, "offerId": number, "status": "PUBLISHED"}
        kept = {name: found[name] for name in ("sku", "offerId", "status")}
        self.fake.drafts.offers[number] = {**said, **kept}
        product = self.fake.trade.products.get(kept["sku"])
        if product is not None:
            product.price = self._net(said)
        return Response(status=204)

    @operation("getListingFees", "POST", f"{PATH}/offer/get_listing_fees", RATE)
    def fees(self, asked: Asked) -> Response:
        """Say what publishing offers would cost; of published ones nothing is said."""
        said = asked.document()
        for each in said.get("offers") or ():
            if self._waiting(each.get("offerId"))["status"] != "UNPUBLISHED":
                raise Refusal(400, "25752", "The offer is published.")
        amount = {"value": FEE, "currency": self.fake.trade.terms.currency}
        summary = {
            "marketplaceId": self.fake.credentials()["marketplace"],
            "fees": [{"feeType": "InsertionFee", "amount": amount}],
        }
        return as_json({"feeSummaries": [summary]})

    @operation("publishOffer", "POST", f"{PATH}/offer/<offer_id>/publish", RATE)
    def publish(self, asked: Asked) -> Response:
        """Make an offer a listing, if all that is needed is there."""
        return as_json({"listingId": self._listed([self._waiting(asked.path["offer_id"])])})

    @operation(
        "publishOfferByInventoryItemGroup",
        "POST",
        f"{PATH}/offer/publish_by_inventory_item_group",
        RATE,
    )
    def publish_group(self, asked: Asked) -> Response:
        """Make the offers of a group one listing."""
        said, drafts = asked.document(), self.fake.drafts
        group = drafts.groups.get(said.get("inventoryItemGroupKey"))
        if group is None:
            raise Refusal(400, "25725", "The inventory item group does not exist.")
        if not (group.get("variesBy") or {}).get("specifications"):
            raise Refusal(400, "25013", "The variation specifics are missing.")
        offers = [offer for sku in group["variantSKUs"] for offer in drafts.offers_of(sku)]
        if len(offers) != len(group["variantSKUs"]):
            raise Refusal(400, "25016", "An item of the group has no offer.")
        return as_json({"listingId": self._listed(offers)})

    @operation("getInventoryLocations", "GET", f"{PATH}/location", RATE, query=("limit", "offset"))
    def locations(self, asked: Asked) -> Response:
        """List where the seller's goods lie."""
        found = {
            "merchantLocationKey": LOCATION,
            "merchantLocationStatus": "ENABLED",
            "name": "Warehouse",
            "locationTypes": ["WAREHOUSE"],
        }
        size = int(asked.query("limit") or 100)
        told = {"href": asked.request.path, "limit": size, "offset": 0, "total": 1}
        return as_json({**told, "locations": [found]})

    @operation(
        "getFulfillmentPolicies", "GET", f"{ACCOUNT}/fulfillment_policy", POLICY_RATE,
        query=("marketplace_id",),
    )  # fmt: skip
    def fulfillment(self, asked: Asked) -> Response:
        """List how goods are sent."""
        return self._policies(asked, "fulfillment")

    @operation(
        "getPaymentPolicies", "GET", f"{ACCOUNT}/payment_policy", POLICY_RATE,
        query=("marketplace_id",),
    )  # fmt: skip
    def payment(self, asked: Asked) -> Response:
        """List how buyers pay."""
        return self._policies(asked, "payment")

    @operation(
        "getReturnPolicies", "GET", f"{ACCOUNT}/return_policy", POLICY_RATE,
        query=("marketplace_id",),
    )  # fmt: skip
    def back(self, asked: Asked) -> Response:
        """List how goods go back."""
        return self._policies(asked, "return")

    def _policies(self, asked: Asked, kind: str) -> Response:
        found = [
            {
                f"{kind}PolicyId": number,
                "name": name,
                "marketplaceId": asked.query("marketplace_id"),
                "categoryTypes": [{"name": "ALL_EXCLUDING_MOTORS_VEHICLES", "default": default}],
            }
            for number, name, default in POLICIES[kind]
        ]
        told = {"href": asked.request.path, "limit": 100, "offset": 0, "total": len(found)}
        return as_json({**told, f"{kind}Policies": found})

    def _written(self, asked: Asked) -> Document:
        if not asked.request.headers.get("Content-Language"):
            raise Refusal(400, "25709", "Invalid value for header Content-Language.")
        said = asked.document()
        if not isinstance(said, dict):
            raise Refusal(400, "25709", "The body is no object.")
        return said

    def _waiting(self, number: object) -> Document:
        found: Document | None = self.fake.drafts.offers.get(number)
        if found is None:
            raise Refusal(404, "25713", "This Offer is not available.")
        return found

    def _listed(self, offers: list[Document]) -> str:
        for offer in offers:
            self._fit(offer)
        products = self.fake.trade.products
        for offer in offers:
            item = self.fake.drafts.items[offer["sku"]]
            platform_id = f"B0{self.fake.trade.dice.randrange(36**5):08d}"
            made = products.get(offer["sku"]) or Product(offer["sku"], "", platform_id, 0, 0)
            made.title, made.shown = item["product"]["title"], _quantity(item)
            made.price = self._net(offer)
            products[made.sku] = made
            offer["status"] = "PUBLISHED"
        return listing_number(products[offers[0]["sku"]].platform_id)

    def _fit(self, offer: Document) -> None:
        """Stop an offer that lacks something.

        Raises: Refusal.
        """
        item = self.fake.drafts.items.get(offer["sku"]) or {}
        product, policies = item.get("product") or {}, offer.get("listingPolicies") or {}
        known = {number for each in POLICIES.values() for number, _, _ in each}
        for wanted, text in (
            (product.get("title"), "A title is required."),
            (product.get("imageUrls"), "Add at least 1 photo."),
            (offer.get("listingDescription"), "A description is required."),
            (item.get("condition"), "The item condition is required."),
            (offer.get("categoryId"), "A category is required."),
            (_quantity(item), "The quantity must be 1 or more."),
            (offer.get("merchantLocationKey") == LOCATION, "The location is not available."),
            (len(known & set(policies.values())) == len(POLICIES), "A business policy is missing."),
            (
                (product.get("aspects") or {}).get(NEEDED),
                f"The item specific {NEEDED} is missing. Add {NEEDED} to this listing.",
            ),
        ):
            if not wanted:
                raise Refusal(400, "25002", text)

    def _net(self, offer: Document) -> int:
        terms = self.fake.trade.terms
        price = offer["pricingSummary"]["price"]
        if price["currency"] != terms.currency:
            raise Refusal(400, "25709", f"Invalid value for currency. It is {terms.currency}.")
        gross = to_minor(Decimal(price["value"]), str(terms.currency))
        return round_div(gross * 1000, 1000 + int(terms.tax))


def _quantity(item: Document) -> int:
    place = (item.get("availability") or {}).get("shipToLocationAvailability") or {}
    return int(place.get("quantity") or 0)
