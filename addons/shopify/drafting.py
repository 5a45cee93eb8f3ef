"""What a draft of a product must have before Shopify is asked; whatever is amiss names its field.

Attributes are those of Shopify's `ProductSetInput`, and `publications`: where it is to be seen. A
product of one variant may give the price, and what else is the variant's, among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from core.api import ListingDraft

TEXTS = frozenset(
    {"title", "handle", "descriptionHtml", "vendor", "category", "status", "templateSuffix"}
)
LISTS = frozenset(
    {"tags", "collections", "files", "metafields", "productOptions", "variants", "publications"}
)
OTHERS = frozenset({"seo", "requiresSellingPlan"})
OF_VARIANT = frozenset({"price", "compareAtPrice", "barcode", "taxable", "taxCode"})
"""What a product of one variant may say of it without a list."""
STATES = ("ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED")
SEEN_IN = ("Online Store",)
"""Where a product is to be seen if the draft does not say it: Shopify's own name of its shop."""
ALONE = {"optionName": "Title", "name": "Default Title"}
"""What Shopify calls the only variant of a product."""
_PRICE = re.compile(r"\d{1,12}(\.\d{1,4})?")
Document = Mapping[str, Any]


def faults_of_draft(draft: ListingDraft) -> list[str]:
    """Return what is amiss with a draft, each with the field."""
    told = draft.attributes
    known = TEXTS | LISTS | OTHERS | OF_VARIANT
    found = [_said("Shopify knows nothing of this name", name) for name in set(told) - known]
    found += [_said("Give text", name) for name in TEXTS & set(told) if not _text(told[name])]
    found += [_said("Give a list", name) for name in LISTS & set(told) if not _list(told[name])]
    if "title" not in told:
        found.append(_said("A product needs a title", "title"))
    if told.get("status", STATES[0]) not in STATES:
        found.append(_said(f"It is one of {', '.join(STATES)}", "status"))
    if "variants" in told:
        found += [_said("It stands with each variant", name) for name in OF_VARIANT & set(told)]
    if not found:
        found += [*_faults_of_files(told), *_faults_of_variants(draft)]
    return sorted(found)


def variants_of(draft: ListingDraft) -> list[dict[str, Any]]:
    """Return the variants of a draft, each with its SKU."""
    told = draft.attributes
    if "variants" in told:
        return [dict(each) for each in told["variants"]]
    own = {name: told[name] for name in OF_VARIANT & set(told)}
    return [{"sku": draft.external_ref, **own, "optionValues": [dict(ALONE)]}]


def options_of(draft: ListingDraft) -> list[dict[str, Any]]:
    """Return the options of a draft; one of a single variant has Shopify's own."""
    if "variants" in draft.attributes:
        return list(draft.attributes.get("productOptions") or ())
    return [{"name": ALONE["optionName"], "values": [{"name": ALONE["name"]}]}]


def _faults_of_files(told: Document) -> Iterator[str]:
    for place, each in enumerate(told.get("files") or ()):
        source = each.get("originalSource") if isinstance(each, Mapping) else None
        if not (isinstance(each, Mapping) and each.get("id")) and not _web(source):
            yield _said("Give the https address of a picture", f"files.{place}.originalSource")


def _faults_of_variants(draft: ListingDraft) -> Iterator[str]:
    variants = variants_of(draft)
    if not all(isinstance(each, Mapping) for each in variants):
        yield _said("Each is an object", "variants")
        return
    single = "variants" not in draft.attributes
    options = options_of(draft)
    named = [str(each.get("name")) for each in options if isinstance(each, Mapping)]
    if not single and not named:
        yield _said("Name what the variants differ in", "productOptions")
    skus = [each.get("sku") for each in variants]
    if draft.external_ref not in skus:
        yield _said("No variant has the SKU of the draft", "variants")
    for place, each in enumerate(variants):
        where = "" if single else f"variants.{place}."
        if not _text(each.get("sku")) or skus.index(each["sku"]) != place:
            yield _said("Give each variant a SKU of its own", f"{where}sku")
        if not _PRICE.fullmatch(str(each.get("price", ""))):
            yield _said("Give the price as text with a point, as 12.50", f"{where}price")
        if named and _named(each.get("optionValues")) != sorted(named):
            yield _said(f"Give one value for each of {', '.join(named)}", f"{where}optionValues")


def _named(values: object) -> list[str]:
    found = values if isinstance(values, Sequence) and not isinstance(values, str) else ()
    return sorted(str(each.get("optionName")) for each in found if isinstance(each, Mapping))


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _list(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _web(value: object) -> bool:
    return isinstance(value, str) and value.startswith("https://")


def _said(text: str, field: str) -> str:
    return f"{text}. ({field})"
