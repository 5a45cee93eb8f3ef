"""What a draft of a listing must have before eBay is asked; whatever is amiss names its field.

Names are those of eBay's inventory items and offers, all on one level. What differs between the
variants of a listing stands with each of them under `variants`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from core.api import ListingDraft

PRODUCT = frozenset(
    {"title", "subtitle", "description", "aspects", "imageUrls", "videoIds"}
    | {"brand", "mpn", "ean", "isbn", "upc", "epid"}
)
ITEM = frozenset(
    {"condition", "conditionDescription", "conditionDescriptors", "packageWeightAndSize"}
)
OFFER = frozenset(
    {"secondaryCategoryId", "storeCategoryNames", "tax", "regulatory", "quantityLimitPerBuyer"}
    | {"extendedProducerResponsibility", "hideBuyerDetails", "includeCatalogProductDetails"}
)
POLICIES = {
    "fulfillmentPolicyId": "fulfillment",
    "paymentPolicyId": "payment",
    "returnPolicyId": "return",
}
OWN = frozenset({"merchantLocationKey", "language", "group", "variants", *POLICIES})
OF_VARIANT = frozenset({"sku", "price", "quantity"})
LONGEST_TITLE, LONGEST_SKU, MOST_PICTURES = 80, 50, 24
_PRICE = re.compile(r"\d{1,9}(\.\d{1,2})?")
Document = Mapping[str, Any]


def variants_of(draft: ListingDraft) -> list[dict[str, Any]]:
    """Return what is for sale, each with its SKU and with what all of them share."""
    shared = {k: v for k, v in draft.attributes.items() if k not in OWN}
    if "variants" not in draft.attributes:
        return [{**shared, "sku": draft.external_ref}]
    return [
        {**shared, **each, "aspects": {**_aspects(shared), **_aspects(each)}}
        for each in draft.attributes["variants"]
    ]


def varies_by(draft: ListingDraft) -> list[dict[str, Any]]:
    """Return the aspects in which variants differ, each with its values."""
    found: dict[str, list[str]] = {}
    for each in draft.attributes.get("variants") or ():
        for name, values in _aspects(each).items():
            known = found.setdefault(name, [])
            known += [value for value in values if value not in known]
    return [{"name": name, "values": values} for name, values in found.items()]


def faults_of_draft(draft: ListingDraft) -> list[str]:
    """Return what is amiss with a draft, each with the field."""
    told = draft.attributes
    known = PRODUCT | ITEM | OFFER | OWN | OF_VARIANT - {"sku"}
    found = [said("eBay knows nothing of this name", name) for name in set(told) - known]
    if not draft.kind.isdecimal():
        found.append(said("Give the number of eBay's category", "product_type"))
    if "variants" in told:
        listed = told["variants"]
        if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
            return [said("Give a list of objects", "variants")]
        found += _faults_of_variants(draft)
    if not found:
        found += _faults_of_listing(told)
        for place, each in enumerate(variants_of(draft)):
            found += _faults_of_item(each, f"variants.{place}." if "variants" in told else "")
    return sorted(found)


def said(text: str, field: str) -> str:
    """Return what is wrong with a field."""
    return f"{text}. ({field})"


def _faults_of_listing(told: Document) -> Iterator[str]:
    title = told.get("title")
    if not isinstance(title, str) or not 0 < len(title.strip()) <= LONGEST_TITLE:
        yield said(f"Give a title of at most {LONGEST_TITLE} letters", "title")
    if not isinstance(told.get("description"), str) or not told["description"].strip():
        yield said("Describe it", "description")


def _faults_of_variants(draft: ListingDraft) -> Iterator[str]:
    listed = draft.attributes["variants"]
    skus = [each.get("sku") for each in listed]
    if draft.external_ref not in skus:
        yield said("No variant has the SKU of the draft", "variants")
    names = {tuple(sorted(_aspects(each))) for each in listed}
    if len(names) != 1 or names == {()}:
        yield said("Each variant needs the same aspects, and one at least", "variants.aspects")
    if len({str(sorted(_aspects(each).items())) for each in listed}) != len(listed):
        yield said("Two variants do not differ", "variants.aspects")
    known = PRODUCT | OF_VARIANT
    for place, each in enumerate(listed):
        if skus.index(each.get("sku")) != place:
            yield said("Give each variant a SKU of its own", f"variants.{place}.sku")
        for name in set(each) - known:
            yield said("This is for all variants, or unknown", f"variants.{place}.{name}")


def _faults_of_item(each: Document, where: str) -> Iterator[str]:
    sku, quantity, aspects = each.get("sku"), each.get("quantity"), each.get("aspects", {})
    if not isinstance(sku, str) or not 0 < len(sku) <= LONGEST_SKU:
        yield said(f"A SKU has at most {LONGEST_SKU} letters", f"{where}sku")
    if not _PRICE.fullmatch(str(each.get("price", ""))):
        yield said("Give the price as text with a point, as 12.50", f"{where}price")
    if quantity is not None and (type(quantity) is not int or quantity < 1):
        yield said("Give a whole number from 1", f"{where}quantity")
    if not isinstance(each.get("condition"), str):
        yield said("Say in which condition it is, as NEW", f"{where}condition")
    pictures = each.get("imageUrls")
    if not _texts(pictures) or not all(str(url).startswith("https://") for url in pictures or ()):
        yield said("Give the https addresses of its pictures", f"{where}imageUrls")
    elif len(pictures or ()) > MOST_PICTURES:
        yield said(f"At most {MOST_PICTURES} pictures", f"{where}imageUrls")
    if not isinstance(aspects, Mapping) or not all(_texts(value) for value in aspects.values()):
        yield said("Give a list of texts for each aspect", f"{where}aspects")


def _aspects(told: Document) -> Mapping[str, list[str]]:
    found = told.get("aspects")
    return found if isinstance(found, Mapping) else {}


def _texts(value: object) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(each, str) and each.strip() for each in value)
    )
