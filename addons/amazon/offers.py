"""What others ask on Amazon for what the account offers: the lowest offer and the featured one."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from addons.amazon.operations import COMPETITIVE_SUMMARY
from addons.amazon.operations import SEARCH_LISTINGS
from core.api import Call
from core.api import MappingError
from core.api import OffersSeen
from core.api import money

MOST = 20
"""So many Amazon tells of at once, of listings and of prices."""
SETS = ("featuredBuyingOptions", "lowestPricedOffers")
NEW, CONSUMER, DELIVERY = "New", "Consumer", "DEFAULT"
DONE = 200
URI = "/products/pricing/2022-05-01/items/competitiveSummary"

Document = Mapping[str, Any]


def read(call: Call, listings: Sequence[str]) -> list[OffersSeen]:
    """Return what is offered beside listings; several of one product share an answer."""
    found: list[OffersSeen] = []
    for at in range(0, len(listings), MOST):
        products = _products(call, listings[at : at + MOST])
        told = summaries(call, sorted(set(products.values()))) if products else {}
        for ref, asin in products.items():
            if asin in told:
                found.append(read_summary(ref, told[asin], call.settings["seller_id"]))
    return found


def summaries(call: Call, asins: Sequence[str]) -> dict[str, Document]:
    """Return what Amazon says of products, by their ASIN; those that it refuses are left out.

    Raises: MappingError.
    """
    body = {"requests": [request(asin, call.settings["marketplace"]) for asin in asins]}
    told = call.http.call(COMPETITIVE_SUMMARY, json=body).json()
    answers = told.get("responses") if isinstance(told, dict) else None
    if not isinstance(answers, list):
        raise MappingError("responses", type(answers).__name__)
    return {
        each["body"]["asin"]: each["body"]
        for each in answers
        if each["status"]["statusCode"] == DONE
    }


def request(asin: str, marketplace: str) -> Document:
    """Return what asks for the offers of one product."""
    return {
        "asin": asin,
        "marketplaceId": marketplace,
        "includedData": list(SETS),
        "lowestPricedOffersInputs": [{"itemCondition": NEW, "offerType": CONSUMER}],
        "uri": URI,
        "method": "GET",
    }


def read_summary(ref: str, body: Document, seller: str) -> OffersSeen:
    """Return the lowest and the featured offer of new goods, as a buyer has it delivered.

    Raises: MappingError.
    """
    lowest = [
        offer
        for group in body.get("lowestPricedOffers") or ()
        if group["lowestPricedOffersInput"]["itemCondition"] == NEW
        for offer in group["offers"]
    ]
    # Amazon may feature another seller to some buyers: the first is the one most of them see.
    featured = [
        offer
        for option in body.get("featuredBuyingOptions") or ()
        if option["buyingOptionType"] == NEW
        for offer in sorted(option["segmentedFeaturedOffers"], key=_weight, reverse=True)
    ][:1]
    currencies = {each["listingPrice"]["currencyCode"] for each in (*lowest, *featured)}
    if len(currencies) > 1:
        raise MappingError("listingPrice.currencyCode", ", ".join(sorted(currencies)))
    currency = next(iter(currencies), "")
    cheap, its_seller = _best(lowest, currency)
    shown, whose = _best(featured, currency)
    return OffersSeen(ref, currency, cheap, its_seller == seller, shown, whose == seller)


def _best(offers: Iterable[Document], currency: str) -> tuple[int | None, str]:
    priced = [(_delivered(offer, currency), offer["sellerId"]) for offer in offers]
    return min(priced, default=(None, ""), key=lambda each: each[0])


def _delivered(offer: Document, currency: str) -> int:
    """Return an offer's price with its usual delivery."""
    total = money(offer["listingPrice"]["amount"], currency, path="listingPrice.amount")
    for option in offer.get("shippingOptions") or ():
        if option["shippingOptionType"] == DELIVERY:
            total += money(option["price"]["amount"], currency, path="shippingOptions.price")
    return total


def _weight(offer: Document) -> float:
    """Return how many of a hundred buyers see a featured offer."""
    segments = offer.get("featuredOfferSegments") or ()
    return float(
        sum((each.get("segmentDetails") or {}).get("glanceViewWeightPercentage") or 0
            for each in segments)
    )  # fmt: skip


def _products(call: Call, listings: Sequence[str]) -> dict[str, str]:
    """Return the ASIN of each listing that Amazon knows."""
    query = {
        "marketplaceIds": call.settings["marketplace"],
        "pageSize": MOST,
        "identifiers": ",".join(listings),
        "identifiersType": "SKU",
        "includedData": "summaries",
    }
    path = {"seller_id": call.settings["seller_id"]}
    body = call.http.call(SEARCH_LISTINGS, path=path, query=query).json()
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise MappingError("items", type(items).__name__)
    return {
        item["sku"]: summary["asin"]
        for item in items
        for summary in (item.get("summaries") or ())[:1]
        if summary.get("asin") and item["sku"] in listings
    }
