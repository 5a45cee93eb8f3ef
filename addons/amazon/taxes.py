"""What Amazon tells of an order's tax: the buyer's number, who collects, and its own figures."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from core.api import TaxTold

Document = Mapping[str, Any]

BUYER = "BUYER"
OF_BUSINESSES = frozenset({"VAT", "BUSINESS", "CNPJ"})
"""Registrations that only businesses have; a CPF names a private person and is not taken."""

BUSINESS_ORDER = "AMAZON_BUSINESS"
FACILITATOR = "MARKETPLACE_FACILITATOR"
DEEMED = frozenset({"UOSS", "IOSS"})
"""Reporting schemes of sales that Amazon makes in place of the seller."""


def tax_of(order: Document, address: Document) -> TaxTold | None:
    """Return what the tax of an order depends on, None if Amazon tells nothing of it."""
    number = _number(order)
    scheme = next(_schemes(order), "")
    place = _sent_from(order)
    told = TaxTold(
        buyer="business" if number or BUSINESS_ORDER in order.get("programs", ()) else "",
        buyer_number=number,
        region=address.get("stateOrRegion") or "",
        postcode=address.get("postalCode") or "",
        ship_from=place.get("countryCode") or "",
        from_region=place.get("stateOrRegion") or "",
        ioss_number=next(_ioss_numbers(order), ""),
        collector="marketplace" if scheme else "",
        scheme=scheme,
    )
    return told if told != TaxTold() else None


def taxes_of(item: Document, kinds: set[str]) -> dict[str, Document]:
    """Return Amazon's own figure of the tax on each part of an item.

    Where it does not break the tax down, it is known for an item of one part only.
    """
    found: dict[str, Document] = {}
    for part in (item.get("proceeds") or {}).get("breakdowns", ()):
        if part["type"] != "TAX":
            continue
        details = part.get("detailedBreakdowns") or ()
        found |= {detail["subtype"]: detail["value"] for detail in details}
        if not details and len(kinds) == 1:
            found[next(iter(kinds))] = part["subtotal"]
    return found


def legal_name(order: Document) -> str:
    """Return the name in which the buyer is registered."""
    return next((each.get("legalName") or "" for each in _registrations(order)), "")


def _registrations(order: Document) -> Iterator[Document]:
    for each in (order.get("tax") or {}).get("taxRegistrations", ()):
        if each.get("entityType") == BUYER and each.get("taxRegistrationType") in OF_BUSINESSES:
            yield each


def _number(order: Document) -> str:
    numbers = (each.get("taxRegistrationNumber") or "" for each in _registrations(order))
    return next(filter(None, numbers), "")


def _schemes(order: Document) -> Iterator[str]:
    """Yield by which rules Amazon pays the tax of items over."""
    for item in order["orderItems"]:
        tax = item.get("tax") or {}
        for each in tax.get("taxCalculationBreakdowns", ()):
            if each.get("reportingScheme") in DEEMED:
                yield each["reportingScheme"]
        for each in tax.get("taxCollections", ()):
            if each.get("model") == FACILITATOR:
                yield FACILITATOR


def _ioss_numbers(order: Document) -> Iterator[str]:
    for item in order["orderItems"]:
        shipping = (item.get("fulfillment") or {}).get("shipping") or {}
        if number := (shipping.get("internationalShipping") or {}).get("iossNumber"):
            yield number


def _sent_from(order: Document) -> Document:
    """Return where the first parcel left, if all left the same country."""
    places = [each.get("shipFromAddress") or {} for each in order.get("packages", ())]
    countries = {place.get("countryCode") for place in places}
    return places[0] if len(countries) == 1 else {}
