"""What eBay tells of an order's tax: what it collects itself, and by which rules."""

from __future__ import annotations

from addons.ebay.amounts import Document
from addons.ebay.amounts import amount_of
from core.api import TaxTold

MARKETPLACE = "marketplace"


def collected(item: Document, currency: str) -> int:
    """Return the tax on a line and its delivery that eBay collects and pays over."""
    return sum(
        amount_of(each.get("amount"), currency, "lineItems.ebayCollectAndRemitTaxes")
        for each in item.get("ebayCollectAndRemitTaxes") or ()
    )


def tax_told(order: Document, place: Document) -> TaxTold | None:
    """Return what the tax of an order depends on, None if eBay tells nothing of it."""
    taxes = [
        each for item in order["lineItems"] for each in item.get("ebayCollectAndRemitTaxes") or ()
    ]
    reference = next(filter(None, (each.get("ebayReference") for each in taxes)), {})
    locations = [item.get("itemLocation") or {} for item in order["lineItems"]]
    countries = {each.get("countryCode") or "" for each in locations}
    number = (order.get("buyer") or {}).get("taxIdentifier") or {}
    told = TaxTold(
        buyer_number=_business_number(number),
        number_country=number.get("issuingCountry") or "" if _business_number(number) else "",
        region=place.get("stateOrProvince") or "",
        postcode=place.get("postalCode") or "",
        ship_from=countries.pop() if len(countries) == 1 else "",
        collector=MARKETPLACE if taxes else "",
        scheme=str(reference.get("name") or (taxes[0].get("taxType") if taxes else "") or ""),
        ioss_number=str(reference.get("value") or "") if reference.get("name") == "IOSS" else "",
    )
    return told if told != TaxTold() else None


def _business_number(number: Document) -> str:
    """Return the number of a business; a codice fiscale or a DNI names a private person."""
    kind = number.get("taxIdentifierType")
    return str(number.get("taxpayerId") or "") if kind in ("VATIN", "VAT", "NIF", "CIF") else ""
