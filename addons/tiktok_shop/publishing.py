"""Offering a product: TikTok Shop checks it first, with the rules of its category.

A product that has one of the SKUs already is changed. SKUs that a draft leaves out would be
deleted, so that is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.category import faults_of_category
from addons.tiktok_shop.category import faults_of_shop
from addons.tiktok_shop.drafting import OF_SKU
from addons.tiktok_shop.drafting import PASSED
from addons.tiktok_shop.drafting import faults_of_draft
from addons.tiktok_shop.drafting import said
from addons.tiktok_shop.drafting import variants_of
from addons.tiktok_shop.errors import reasons
from addons.tiktok_shop.images import OF_VARIANT
from addons.tiktok_shop.images import uri_of
from addons.tiktok_shop.operations import CHECK_LISTING
from addons.tiktok_shop.operations import CREATE_PRODUCT
from addons.tiktok_shop.operations import EDIT_PRODUCT
from addons.tiktok_shop.operations import GET_PRODUCT
from addons.tiktok_shop.operations import GET_WAREHOUSES
from addons.tiktok_shop.operations import SEARCH_PRODUCTS
from addons.tiktok_shop.regions import shop_of
from core.api import Call
from core.api import ListingDraft
from core.api import ListingVerdict
from core.api import RequestRefused

PAGE = 100
GONE = "DELETED"
PASSED_CHECK = "PASS"
DEEP = frozenset({"US", "ID", "MY", "PH", "SG", "TH", "VN"})
"""Where TikTok's categories have seven levels, which it calls their second version."""
Document = Mapping[str, Any]


def publish(call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
    """Offer a product, or say only what TikTok Shop would say of it.

    Pictures that are files are handed up either way: TikTok looks at them for its check.
    """
    ref = draft.external_ref
    if faults := faults_of_draft(draft):
        return ListingVerdict(ref, False, tuple(faults))
    try:
        return _published(call, draft, preview=preview)
    except RequestRefused as error:
        return ListingVerdict(ref, False, (reasons(error),))


def _published(call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
    ref = draft.external_ref
    product, faults = _there(call, draft)
    warehouse, unknown = _warehouse(call, draft.attributes)
    version = str(draft.attributes.get("category_version") or _version(call))
    faults += unknown + faults_of_shop(call)
    faults += faults_of_category(call, draft.kind, version, draft.attributes)
    if faults:
        return ListingVerdict(ref, False, tuple(faults))
    body = _body(call, draft, warehouse, version)
    checked = ask(call.http, CHECK_LISTING, json=_without_version(body))
    if checked.get("check_result") != PASSED_CHECK:
        return ListingVerdict(ref, False, tuple(_reasons(checked)))
    notes: list[str] = [] if preview else _sent(call, body, product)
    return ListingVerdict(ref, True, tuple(notes))


def _there(call: Call, draft: ListingDraft) -> tuple[Document | None, list[str]]:
    """Return the product that has one of the SKUs, and what speaks against changing it."""
    skus = [each["sku"] for each in variants_of(draft)]
    query = {"page_size": PAGE}
    data = ask(call.http, SEARCH_PRODUCTS, query=query, json={"status": "ALL", "seller_skus": skus})
    found = {
        str(product["id"])
        for product in rows_of(data, "products")
        for sku in product.get("skus") or ()
        if sku.get("seller_sku") in skus and product.get("status") != GONE
    }
    if len(found) > 1:
        return None, [said("The SKUs belong to several products", "variants")]
    if not found:
        return None, []
    product = ask(call.http, GET_PRODUCT, path={"product_id": found.pop()})
    left = [str(sku.get("seller_sku") or sku["id"]) for sku in rows_of(product, "skus")]
    text = "The product has the SKU {} too, which TikTok Shop would delete: name it"
    return product, [said(text.format(sku), "variants") for sku in left if sku not in skus]


def _warehouse(call: Call, told: Document) -> tuple[str, list[str]]:
    """Return where the goods lie: what the draft names, or the default."""
    found = [
        each
        for each in rows_of(ask(call.http, GET_WAREHOUSES), "warehouses")
        if each.get("type") == "SALES_WAREHOUSE"
    ]
    wanted = told.get("warehouse")
    for each in found:
        if wanted in (each["id"], each.get("name")) if wanted else each.get("is_default"):
            return str(each["id"]), []
    names = ", ".join(str(each.get("name")) for each in found)
    return "", [said(f"Name one of {names}", "warehouse")]


def _body(call: Call, draft: ListingDraft, warehouse: str, version: str) -> dict[str, Any]:
    told = draft.attributes
    currency = shop_of(call.settings["region"]).currency
    pictures: dict[str, str] = {}
    skus = [
        {
            **{name: each[name] for name in sorted(OF_SKU & set(each))},
            **_differing(call, each, pictures),
            "seller_sku": each["sku"],
            "price": {"amount": str(each["price"]), "currency": currency},
            "inventory": [{"warehouse_id": warehouse, "quantity": each.get("quantity", 0)}],
        }
        for each in variants_of(draft)
    ]
    return {
        **{name: told[name] for name in sorted(PASSED & set(told))},
        "category_id": draft.kind,
        "category_version": version,
        "main_images": [{"uri": uri_of(call.http, each)} for each in told["images"]],
        "skus": skus,
    }


def _differing(call: Call, sku: Document, pictures: dict[str, str]) -> dict[str, Any]:
    """Return in what a SKU differs, with its picture, each of which is handed up once."""
    told = []
    for each in sku.get("sales_attributes") or ():
        image = each.get("image")
        if image and image not in pictures:
            pictures[image] = uri_of(call.http, image, OF_VARIANT)
        plain = {name: value for name, value in each.items() if name != "image"}
        told.append({**plain, "sku_img": {"uri": pictures[image]}} if image else plain)
    return {"sales_attributes": told} if told else {}


def _sent(call: Call, body: dict[str, Any], product: Document | None) -> list[str]:
    """Make the product, or change the one that is there, and return TikTok's warnings."""
    if product is None:
        # The same product under the same key is made once.
        key = sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        data = ask(call.http, CREATE_PRODUCT, json={**body, "idempotency_key": key})
    else:
        known = {str(sku.get("seller_sku")): sku for sku in rows_of(product, "skus")}
        changed = {**body, "skus": [_changed(each, known) for each in body["skus"]]}
        path = {"product_id": product["id"]}
        data = ask(call.http, EDIT_PRODUCT, path=path, json=changed)
    return [str(each.get("message")) for each in rows_of(data, "warnings")]


def _changed(sku: Document, known: Mapping[str, Document]) -> Document:
    """Return a SKU as it is changed; how much there is of one that is known stays."""
    there = known.get(sku["seller_sku"])
    if there is None:
        return sku
    return {"id": there["id"], **{k: v for k, v in sku.items() if k != "inventory"}}


def _reasons(checked: Document) -> Sequence[str]:
    """Return why TikTok would not take a product, in its words, with the fields that it names."""
    found = [str(each.get("message")) for each in rows_of(checked, "fail_reasons")]
    for result in rows_of(checked, "pre_check_results"):
        for each in result.get("pre_check_details") or ():
            fields = ", ".join(each.get("related_fields") or ())
            text = str(each.get("long_reason") or each.get("short_reason"))
            found.append(f"{text} ({fields})" if fields else text)
    return found or [f"TikTok Shop's check says {checked.get('check_result')}."]


def _version(call: Call) -> str:
    return "v2" if call.settings["region"] in DEEP else "v1"


def _without_version(body: Document) -> Document:
    return {name: value for name, value in body.items() if name != "category_version"}
