"""Offering a listing: its items, their offers, then the listing itself; and changing one.

eBay tries nothing out. What is looked at beforehand is the draft, where its goods lie, and its
business policies; what else eBay wants it says when the offer is published, which then is not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from addons.ebay.asking import ask
from addons.ebay.drafting import ITEM
from addons.ebay.drafting import OFFER
from addons.ebay.drafting import PRODUCT
from addons.ebay.drafting import faults_of_draft
from addons.ebay.drafting import said
from addons.ebay.drafting import variants_of
from addons.ebay.drafting import varies_by
from addons.ebay.errors import reasons
from addons.ebay.marketplaces import language_of
from addons.ebay.marketplaces import shop_of
from addons.ebay.operations import CREATE_OFFER
from addons.ebay.operations import GET_FEES
from addons.ebay.operations import GET_ITEM
from addons.ebay.operations import GET_OFFERS
from addons.ebay.operations import PUBLISH
from addons.ebay.operations import PUBLISH_GROUP
from addons.ebay.operations import PUT_GROUP
from addons.ebay.operations import PUT_ITEM
from addons.ebay.operations import UPDATE_OFFER
from addons.ebay.terms import Terms
from addons.ebay.terms import terms_of
from core.api import Call
from core.api import ListingDraft
from core.api import ListingVerdict
from core.api import MappingError
from core.api import Operation
from core.api import RequestRefused

API = "inventory"
MISSING = 404
OPEN = (200, MISSING)
TAKEN = (200, 201, 204)
PUBLISHED = "PUBLISHED"
Document = Mapping[str, Any]


def publish(call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
    """Offer a listing, or say only what would speak against it."""
    ref = draft.external_ref
    if faults := faults_of_draft(draft):
        return ListingVerdict(ref, False, tuple(faults))
    terms, faults = terms_of(call, draft.attributes)
    variants = variants_of(draft)
    there = {each["sku"]: _item(call, each["sku"]) for each in variants}
    faults += [
        said(f"Say how many of {each['sku']} are for sale at first", "quantity")
        for each in variants
        if there[each["sku"]] is None and "quantity" not in each
    ]
    if faults or preview:
        return ListingVerdict(ref, not faults, tuple(faults))
    try:
        return ListingVerdict(ref, True, tuple(_offered(call, draft, terms, there)))
    except RequestRefused as error:
        return ListingVerdict(ref, False, (f"{reasons(error)}{_fields(error)}",))


def _offered(
    call: Call, draft: ListingDraft, terms: Terms, there: Mapping[str, Document | None]
) -> list[str]:
    """Make all that a listing needs, publish it, and return what that costs.

    Raises: RequestRefused.
    """
    offers = []
    for each in variants_of(draft):
        _put(call, PUT_ITEM, draft, {"sku": each["sku"]}, _item_of(each, there[each["sku"]]))
        offers.append(_offer(call, draft, each, terms))
    group = None
    if "variants" in draft.attributes:
        group = str(draft.attributes.get("group") or draft.external_ref)
        _put(call, PUT_GROUP, draft, {"group": group}, _group_of(draft))
    waiting = [number for number, published in offers if not published]
    if not waiting:
        # What is for sale already changed with its offers.
        return []
    fees = _fees(call, waiting)
    if group is None:
        ask(call.http, PUBLISH, api=API, path={"offer_id": waiting[0]})
    else:
        body = {"inventoryItemGroupKey": group, "marketplaceId": call.settings["marketplace"]}
        ask(call.http, PUBLISH_GROUP, api=API, json=body)
    return fees


def _item(call: Call, sku: str) -> Document | None:
    answer = call.http.call(GET_ITEM, path={"sku": sku}, expect=OPEN)
    if answer.status == MISSING:
        return None
    told: Document = answer.json()
    return told


def _item_of(each: Document, there: Document | None) -> dict[str, Any]:
    """Return an item; how much there is of one that is known stays as it is."""
    first = {"shipToLocationAvailability": {"quantity": each.get("quantity")}}
    kept = (there or {}).get("availability") or first
    product = {name: each[name] for name in sorted(PRODUCT & set(each))}
    return {
        **{name: each[name] for name in sorted(ITEM & set(each))},
        "availability": kept,
        "product": product,
    }


def _group_of(draft: ListingDraft) -> dict[str, Any]:
    told = draft.attributes
    shared = {name: told[name] for name in ("title", "subtitle", "description", "aspects")
              if name in told}  # fmt: skip
    pictures = told.get("imageUrls") or variants_of(draft)[0]["imageUrls"]
    return {
        **shared,
        "imageUrls": pictures,
        "variantSKUs": [each["sku"] for each in told["variants"]],
        "variesBy": {"specifications": varies_by(draft)},
    }


def _offer(call: Call, draft: ListingDraft, each: Document, terms: Terms) -> tuple[str, bool]:
    """Make or change the offer of an item; return its number, and whether it is published."""
    marketplace = call.settings["marketplace"]
    body = {
        **{name: each[name] for name in sorted(OFFER & set(each))},
        "categoryId": draft.kind,
        "listingDescription": each["description"],
        "listingDuration": "GTC",
        "listingPolicies": dict(terms.policies),
        "merchantLocationKey": terms.location,
        "pricingSummary": {
            "price": {"value": str(each["price"]), "currency": shop_of(marketplace).currency}
        },
    }
    query = {"sku": each["sku"], "marketplace_id": marketplace, "format": "FIXED_PRICE"}
    answer = call.http.call(GET_OFFERS, query=query, expect=OPEN)
    found = answer.json().get("offers") if answer.status != MISSING else None
    if found:
        number = str(found[0]["offerId"])
        _put(call, UPDATE_OFFER, draft, {"offer_id": number}, body)
        return number, found[0].get("status") == PUBLISHED
    body |= {"sku": each["sku"], "marketplaceId": marketplace, "format": "FIXED_PRICE"}
    made = call.http.call(CREATE_OFFER, json=body, headers=_headers(call, draft), expect=TAKEN)
    number = made.json().get("offerId")
    if not isinstance(number, str):
        raise MappingError("offerId", type(number).__name__)
    return number, False


def _put(
    call: Call, operation: Operation, draft: ListingDraft, path: Document, body: Document
) -> None:
    call.http.call(
        operation, path=path, json=body, headers=_headers(call, draft), expect=TAKEN
    )  # fmt: skip


def _fees(call: Call, offers: list[str]) -> list[str]:
    """Return what publishing costs, for a person; nothing where it costs nothing."""
    body = {"offers": [{"offerId": each} for each in offers]}
    answer = ask(call.http, GET_FEES, api=API, json=body) or {}
    return [
        f"Publishing costs {fee['amount']['value']} {fee['amount']['currency']} ({fee['feeType']})"
        for each in answer.get("feeSummaries") or ()
        for fee in each.get("fees") or ()
        if Decimal(str(fee["amount"]["value"]))
    ]


def _fields(error: RequestRefused) -> str:
    """Return the fields that eBay names with a refusal."""
    try:
        told = json.loads(error.detail)["errors"]
        named = [each["name"] for fault in told for each in fault.get("parameters") or ()]
    except (ValueError, LookupError, TypeError):
        return ""
    return f" ({', '.join(dict.fromkeys(map(str, named)))})" if named else ""


def _headers(call: Call, draft: ListingDraft) -> dict[str, str]:
    own = draft.attributes.get("language") or language_of(call.settings["marketplace"])
    return {"Content-Language": str(own)}
