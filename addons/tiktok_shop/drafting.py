"""What a draft of a product must have before TikTok is asked; whatever is amiss names its field.

Names are those of TikTok's *Create Product*, except for what it wants in numbers of its own:
`images` are files on this machine or images that TikTok has already, `price` and `quantity` stand
with the product or with each of its `variants`, `warehouse` is a name or a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from addons.tiktok_shop.images import fault_of
from core.api import ListingDraft

TEXTS = frozenset(
    {"title", "description", "brand_id", "shipping_template_id", "external_product_id"}
)
LISTS = frozenset(
    {"product_attributes", "certifications", "delivery_option_ids", "manufacturer_ids"}
    | {"responsible_person_ids", "listing_platforms", "search_terms", "key_product_features"}
)
OBJECTS = frozenset({"package_weight", "package_dimensions", "size_chart", "video"})
OTHERS = frozenset({"is_cod_allowed", "is_pre_owned", "minimum_order_quantity", "category_version"})
PASSED = TEXTS | LISTS | OBJECTS | OTHERS
OWN = frozenset({"images", "price", "quantity", "warehouse", "variants"})
OF_SKU = frozenset(
    {"sales_attributes", "identifier_code", "extra_identifier_codes", "external_sku_id"}
    | {"sku_weight", "sku_dimensions", "list_price", "fees", "pre_sale", "sku_unit_count"}
)
MOST_IMAGES, LONGEST_TITLE, LONGEST_SKU = 9, 300, 50
_PRICE = re.compile(r"\d{1,12}(\.\d{1,2})?")
Document = Mapping[str, Any]


def variants_of(draft: ListingDraft) -> list[dict[str, Any]]:
    """Return what is for sale, each with its SKU."""
    told = draft.attributes
    if "variants" in told:
        return [dict(each) for each in told["variants"]]
    single = {k: v for k, v in told.items() if k in OF_SKU | {"price", "quantity"}}
    return [{**single, "sku": draft.external_ref}]


def faults_of_draft(draft: ListingDraft) -> list[str]:
    """Return what is amiss with a draft, each with the field."""
    told = draft.attributes
    single = "variants" not in told
    known = PASSED | OWN | (OF_SKU if single else frozenset())
    found = [said("TikTok Shop knows nothing of this name", name) for name in set(told) - known]
    if not draft.kind.isdecimal():
        found.append(said("Give the number of TikTok's category", "product_type"))
    for name, kind, text in (
        *((name, str, "Give text") for name in TEXTS),
        *((name, list, "Give a list") for name in LISTS | {"images", "variants"}),
        *((name, dict, "Give an object") for name in OBJECTS),
    ):
        if name in told and (not isinstance(told[name], kind) or not told[name]):
            found.append(said(text, name))
    if not found:
        found += _faults_of_product(told)
        found += _faults_of_variants(draft, single=single)
    return sorted(found)


def said(text: str, field: str) -> str:
    """Return what is wrong with a field."""
    return f"{text}. ({field})"


def _faults_of_product(told: Document) -> Iterator[str]:
    if not 0 < len(str(told.get("title", "")).strip()) <= LONGEST_TITLE:
        yield said(f"Give a title of at most {LONGEST_TITLE} letters", "title")
    if "description" not in told:
        yield said("Describe it", "description")
    if "package_weight" not in told:
        yield said('Say what it weighs packed, as {"value": "1.2", "unit": "KILOGRAM"}',
                   "package_weight")  # fmt: skip
    images = told.get("images") or []
    if not 0 < len(images) <= MOST_IMAGES:
        yield said(f"Give 1 to {MOST_IMAGES} pictures", "images")
    for place, each in enumerate(images):
        if fault := fault_of(each):
            yield said(fault, f"images.{place}")


def _faults_of_variants(draft: ListingDraft, *, single: bool) -> Iterator[str]:
    variants = variants_of(draft)
    skus = [each.get("sku") for each in variants]
    if draft.external_ref not in skus:
        yield said("No variant has the SKU of the draft", "variants")
    for place, each in enumerate(variants):
        where = "" if single else f"variants.{place}."
        for name in set(each) - OF_SKU - {"sku", "price", "quantity"}:
            yield said("TikTok Shop knows nothing of this name there", f"{where}{name}")
        sku = each.get("sku")
        if not isinstance(sku, str) or not 0 < len(sku) <= LONGEST_SKU or skus.index(sku) != place:
            yield said(f"Give each its own SKU of at most {LONGEST_SKU} letters", f"{where}sku")
        if not _PRICE.fullmatch(str(each.get("price", ""))):
            yield said("Give the price as text with a point, as 12.50", f"{where}price")
        quantity = each.get("quantity", 0)
        if type(quantity) is not int or quantity < 0:
            yield said("Give a whole number", f"{where}quantity")
        if len(variants) > 1 and not each.get("sales_attributes"):
            yield said("Say in what it differs", f"{where}sales_attributes")
        yield from _faults_of_pictures(each, where)


def _faults_of_pictures(variant: Document, where: str) -> Iterator[str]:
    for number, each in enumerate(variant.get("sales_attributes") or ()):
        image = each.get("image") if isinstance(each, Mapping) else None
        if image is not None and (fault := fault_of(image)):
            yield said(fault, f"{where}sales_attributes.{number}.image")
