"""Who bought, and where it goes: apart from everything that anybody who works here may read."""

from __future__ import annotations

import hashlib
from typing import Any

from addons.ebay.amounts import Document

HIDDEN = ("buyer", "buyerCheckoutNotes")
STEPS = ("shippingStep", "pickupStep", "finalDestinationAddress", "appointment")
FORWARDED = "Ref #"


def buyer_ref(order: Document) -> str | None:
    """Return by what an account's buyer is known here: it tells his name to nobody."""
    name = (order.get("buyer") or {}).get("username")
    return pseudonym(str(name)) if name else None


def pseudonym(username: str) -> str:
    """Return what stands for a user's name."""
    return f"ebay-{hashlib.sha256(username.strip().lower().encode()).hexdigest()[:24]}"


def place_of(order: Document) -> Document:
    """Return the address that a parcel goes to: with eBay's own shipping that of its hub."""
    place: Document = _to(order).get("contactAddress") or {}
    return place


def personal_of(order: Document) -> dict[str, str]:
    """Return what an order tells of a person."""
    to, place = _to(order), place_of(order)
    street = [place.get("addressLine1"), place.get("addressLine2")]
    if reference := _step(order).get("shipToReferenceId"):
        # eBay's hub finds the parcel's owner by it: it must stand on the label.
        street.append(f"{FORWARDED}{reference}")
    found = {
        "name": to.get("fullName"),
        "company": to.get("companyName"),
        "street": "\n".join(line for line in street if line),
        "district": place.get("county"),
        "city": place.get("city"),
        "region": place.get("stateOrProvince"),
        "postcode": place.get("postalCode"),
        "phone": (to.get("primaryPhone") or {}).get("phoneNumber"),
        "email": to.get("email"),
        "note": order.get("buyerCheckoutNotes"),
    }
    return {name: str(value) for name, value in found.items() if value}


def without_buyer(order: Document) -> dict[str, Any]:
    """Return an order as it is kept: without what tells of the buyer."""
    kept = {name: order[name] for name in order if name not in HIDDEN}
    kept["fulfillmentStartInstructions"] = [
        {name: each[name] for name in each if name not in STEPS}
        for each in order.get("fulfillmentStartInstructions") or ()
    ]
    return kept


def _step(order: Document) -> Document:
    for each in order.get("fulfillmentStartInstructions") or ():
        if step := each.get("shippingStep"):
            found: Document = step
            return found
    return {}


def _to(order: Document) -> Document:
    to: Document = _step(order).get("shipTo") or {}
    return to
