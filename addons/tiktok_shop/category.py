"""What TikTok Shop wants of products of a category, and of the shop itself."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.drafting import said
from addons.tiktok_shop.operations import CATEGORY_ATTRIBUTES
from addons.tiktok_shop.operations import CATEGORY_RULES
from addons.tiktok_shop.operations import PREREQUISITES
from core.api import Call

OF_PRODUCT = "PRODUCT_PROPERTY"
REQUIRED = {
    "package_dimension": "package_dimensions",
    "size_chart": "size_chart",
    "responsible_person": "responsible_person_ids",
    "manufacturer": "manufacturer_ids",
}
"""What a category may want, and where it stands in a draft."""
Document = Mapping[str, Any]


def faults_of_shop(call: Call) -> list[str]:
    """Return what the shop lacks before it may list anything, in TikTok's words."""
    data = ask(call.http, PREREQUISITES)
    return [
        said(reason.rstrip("."), str(each.get("check_item")))
        for each in rows_of(data, "check_results")
        if each.get("is_failed")
        for reason in each.get("fail_reasons") or ("The shop is not ready",)
    ]


def faults_of_category(call: Call, category: str, version: str, told: Document) -> list[str]:
    """Return what products of a category need and a draft does not tell."""
    query = {"category_version": version}
    path = {"category_id": category}
    rules = ask(call.http, CATEGORY_RULES, path=path, query=query)
    attributes = ask(call.http, CATEGORY_ATTRIBUTES, path=path, query=query)
    return [*_against_rules(rules, told), *_against_attributes(attributes, told)]


def _against_rules(rules: Document, told: Document) -> Iterator[str]:
    for name, field in REQUIRED.items():
        if (rules.get(name) or {}).get("is_required") and field not in told:
            yield said("The category wants it", field)
    given = {str(each.get("id")) for each in told.get("certifications") or ()}
    for each in rules.get("product_certifications") or ():
        # Some are wanted only with certain attributes: that is for TikTok to judge.
        wanted = each.get("is_required") and not each.get("requirement_conditions")
        if wanted and str(each["id"]) not in given:
            yield said(f"The category wants {each['name']} ({each['id']})", "certifications")


def _against_attributes(told_of: Document, told: Document) -> Iterator[str]:
    given = {str(each.get("id")) for each in told.get("product_attributes") or ()}
    for each in rows_of(told_of, "attributes"):
        # TikTok misspells the name of this field.
        wanted = each.get("is_requried") and each.get("type") == OF_PRODUCT
        if wanted and not each.get("requirement_conditions") and str(each["id"]) not in given:
            yield said(f"The category wants {each['name']} ({each['id']})", "product_attributes")
