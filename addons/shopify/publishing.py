"""Offering a product: it is set as a whole, and then shown where the draft wants it seen.

Shopify tries nothing out: what can be known beforehand is looked at here. A product that has one
of the SKUs already is changed. Variants that a draft leaves out would be deleted, so that is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from addons.shopify.asking import ask
from addons.shopify.asking import faults_of
from addons.shopify.asking import following
from addons.shopify.asking import nodes_of
from addons.shopify.asking import question
from addons.shopify.asking import reasons
from addons.shopify.documents import ACCOUNT
from addons.shopify.documents import OFFERED
from addons.shopify.documents import OWNERS
from addons.shopify.documents import PLACES_SEEN
from addons.shopify.documents import SET_PRODUCT
from addons.shopify.documents import SHOW
from addons.shopify.drafting import OF_VARIANT
from addons.shopify.drafting import SEEN_IN
from addons.shopify.drafting import faults_of_draft
from addons.shopify.drafting import options_of
from addons.shopify.drafting import variants_of
from addons.shopify.login import PUBLISHING
from addons.shopify.login import lacking
from addons.shopify.stock import place_of
from addons.shopify.variants import SHARED
from addons.shopify.variants import find
from core.api import Call
from core.api import ListingDraft
from core.api import ListingVerdict
from core.api import MappingError

SET = question("shopify.setProduct")
SHOW_IT = question("shopify.show")
Document = Mapping[str, Any]
Found = dict[str, Document]
"""The variants that are there already, by their SKUs."""


def publish(call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
    """Offer a product, or say only what would speak against it."""
    faults = faults_of_draft(draft) or _lacking(call)
    if faults:
        return ListingVerdict(draft.external_ref, False, tuple(faults))
    found, faults = _found(call, draft)
    places, against = _places(call, draft, found)
    faults += against
    if faults or preview:
        return ListingVerdict(draft.external_ref, not faults, tuple(faults))
    product, said = _set(call, draft, found)
    if not said and places:
        said = _shown(call, product, places)
    return ListingVerdict(draft.external_ref, not said, tuple(said))


def _lacking(call: Call) -> list[str]:
    data = ask(call.http, question("shopify.account"), ACCOUNT)
    scopes = {each["handle"] for each in data["currentAppInstallation"]["accessScopes"]}
    return [
        f"The app lacks the scope {each}: add it, and install the app again. (access_token)"
        for each in lacking(scopes, PUBLISHING)
    ]


def _found(call: Call, draft: ListingDraft) -> tuple[Found, list[str]]:
    """Return the variants that are there, and what speaks against changing their product."""
    skus = [each["sku"] for each in variants_of(draft)]
    told, _ = find(call.http, "shopify.owners", OWNERS, skus)
    faults = [f"{SHARED} ({sku})" for sku, each in told.items() if each == SHARED]
    found = {sku: each for sku, each in told.items() if not isinstance(each, str)}
    owners = {each["product"]["id"] for each in found.values()}
    if len(owners) > 1:
        faults.append("The SKUs belong to several products: give each its own draft. (variants)")
    elif owners and not faults:
        faults += _left_out(call, owners.pop(), skus)
    return found, faults


def _left_out(call: Call, product: str, skus: Sequence[str]) -> list[str]:
    """Return which variants of a product a draft would delete."""
    data = ask(call.http, question("shopify.offered"), OFFERED, id=product)
    page = (data.get("product") or {}).get("variants")
    left = [each["sku"] or each["id"] for each in nodes_of(page, "variants")]
    if following(page) is not None:
        return ["The product has more variants than are looked at: change it at Shopify. (sku)"]
    return [
        f"The product has the variant {sku} too, which Shopify would delete: name it. (variants)"
        for sku in left
        if sku not in skus
    ]


def _places(call: Call, draft: ListingDraft, found: Found) -> tuple[list[str], list[str]]:
    """Return the ids of where a product is to be seen, and what is wrong with names."""
    handle = _handle(draft)
    data = ask(call.http, question("shopify.placesSeen"), PLACES_SEEN, handle=handle)
    known = {each["name"]: each["id"] for each in nodes_of(data.get("publications"), "nodes")}
    wanted = draft.attributes.get("publications", SEEN_IN)
    said = f"It is one of {', '.join(sorted(known))}"
    faults = [f"{said}, not {name}. (publications)" for name in wanted if name not in known]
    if not found and (other := data.get("productByIdentifier")):
        # Set by its handle, the other product would become this one.
        faults.append(f"{other['title']} has the handle {handle} already. (handle)")
    return [known[name] for name in wanted if name in known], faults


def _set(call: Call, draft: ListingDraft, found: Found) -> tuple[str, list[str]]:
    """Set a product and return its id, and what Shopify says against it."""
    told = draft.attributes
    own = {k: v for k, v in told.items() if k not in OF_VARIANT and k != "publications"}
    variants = [_variant(each, found.get(each["sku"])) for each in variants_of(draft)]
    made: dict[str, Any] = {"status": "ACTIVE", **own, "productType": draft.kind}
    made |= {"productOptions": options_of(draft), "variants": variants}
    owner = next((each["product"]["id"] for each in found.values()), None)
    if owner is None:
        # By its handle one that was sent twice is made once.
        made["handle"] = _handle(draft)
        place = place_of(call)
        for each in variants:
            # It begins with nothing for sale; how much there is is told once it is mapped.
            level = {"locationId": place, "name": "available", "quantity": 0}
            each["inventoryQuantities"] = [level]
    identifier = {"id": owner} if owner else {"handle": made["handle"]}
    data = ask(call.http, SET, SET_PRODUCT, identifier=identifier, input=made)
    answer = data.get("productSet")
    if faults := faults_of(answer, "productSet"):
        return "", [_said(each) for each in faults]
    product = (answer or {}).get("product")
    if not isinstance(product, dict):
        raise MappingError("productSet.product", type(product).__name__)
    return str(product["id"]), []


def _variant(told: Document, there: Document | None) -> dict[str, Any]:
    item = {"tracked": True, **(told.get("inventoryItem") or {})}
    known = {"id": there["id"]} if there is not None else {}
    return {**told, **known, "inventoryItem": item}


def _shown(call: Call, product: str, places: Sequence[str]) -> list[str]:
    wanted = [{"publicationId": each} for each in places]
    data = ask(call.http, SHOW_IT, SHOW, id=product, input=wanted)
    faults = faults_of(data.get("publishablePublish"), "publishablePublish")
    return [f"It was made, but is not shown: {reasons([each])} (publications)" for each in faults]


def _said(fault: Document) -> str:
    field = ".".join(str(part) for part in (fault.get("field") or ())).removeprefix("input.")
    return f"{reasons([fault])} ({field})" if field else reasons([fault])


def _handle(draft: ListingDraft) -> str:
    """Return the name of a product in addresses."""
    own = re.sub(r"[^a-z0-9]+", "-", draft.external_ref.lower()).strip("-")
    return str(draft.attributes.get("handle") or own or "product")
