"""Tax that TikTok collects of buyers and pays over: told beside prices that do not hold it."""

from __future__ import annotations

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.amounts import amount_of
from addons.tiktok_shop.buyers import place_of
from addons.tiktok_shop.buyers import region_in
from core.api import TaxTold

MARKETPLACE = "marketplace"
SALES_TAX = "SALES_TAX"
VAT = "VAT"


def collected_of(order: Document, currency: str) -> tuple[list[int], int]:
    """Return the tax on each line item that TikTok collects, and that on the delivery.

    Where it is told for all goods together it is split by what they cost.
    """
    payment, items = order["payment"], order["line_items"]
    if not amount_of(payment.get("tax"), currency, "payment.tax"):
        return [0] * len(items), 0
    delivery = amount_of(payment.get("shipping_fee_tax"), currency, "payment.shipping_fee_tax")
    taxes = [
        sum(
            amount_of(each.get("tax_amount"), currency, "line_items.item_tax")
            for each in item.get("item_tax") or ()
        )
        for item in items
    ]
    if any(taxes):
        return taxes, delivery
    whole = amount_of(payment.get("tax"), currency, "payment.tax") - delivery
    prices = [amount_of(item["sale_price"], currency, "line_items.sale_price") for item in items]
    return _split(whole, prices), delivery


def tax_told(order: Document, currency: str) -> TaxTold | None:
    """Return what the tax of an order depends on, None if TikTok tells nothing of it."""
    place = place_of(order)
    theirs = amount_of(order["payment"].get("tax"), currency, "payment.tax")
    kinds = {each.get("tax_type") for item in order["line_items"]
             for each in item.get("item_tax") or ()}  # fmt: skip
    told = TaxTold(
        region=region_in(place),
        postcode=str(place.get("postal_code") or ""),
        collector=MARKETPLACE if theirs else "",
        scheme=(SALES_TAX if SALES_TAX in kinds else VAT) if theirs else "",
    )
    return told if told != TaxTold() else None


def _split(whole: int, prices: list[int]) -> list[int]:
    """Split a tax by prices; what rounding leaves goes to the last ones, one unit each."""
    total = sum(prices) or len(prices)
    shares = [whole * (price if sum(prices) else 1) // total for price in prices]
    for place in range(whole - sum(shares)):
        shares[-1 - place] += 1
    return shares
