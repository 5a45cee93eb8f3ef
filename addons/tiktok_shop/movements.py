"""Transactions of statements as lines of a settlement, in TikTok's own words for their parts.

Amounts are signed as the seller sees them. An order's parts are told by SKU as far as they fall on
one; what is left of them belongs to the order. What its parts do not come to has no name, and
nobody guesses one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.amounts import amount_of
from core.api import FeeCode
from core.api import MappingError

ORDER, RESERVE = "ORDER", "RESERVE"
UNNAMED = "AMOUNTS_WITHOUT_A_NAME"
GROUPS = {
    "revenue": "revenue_breakdown",
    "shipping_cost": "shipping_cost_breakdown",
    "fee_tax": "fee_tax_breakdown",
}
SUPPLEMENT = "supplementary_component"
ACTUAL = "actual_shipping_fee_amount"
OF_ACTUAL = ("fbm_shipping_cost_amount", "fbt_shipping_cost_amount", "fbt_fulfillment_fee_amount")
"""What of the shipping fee is told once more by its name: it stands in its place."""
Sums = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Movement:
    """One amount, with its code; positive is money for the seller."""

    code: FeeCode
    amount: int
    at: datetime
    order: str = ""
    item: str = ""


def movements_of(row: Document, currency: str, at: datetime) -> Iterator[Movement]:
    """Yield the amounts of a transaction; together they are what it comes to.

    `at` is when its statement was made: transactions tell no moment of their own.

    Raises: MappingError when they are not, or a field has no certain meaning.
    """
    kind = str(row["type"])
    if kind == RESERVE:
        amount = amount_of(row.get("reserve_amount"), currency, "reserve_amount")
        yield Movement(FeeCode(kind, "", kind), amount, at)
    elif kind == ORDER:
        yield from _of_order(row, currency, at)
    else:
        told = row.get("adjustment_amount") or row.get("settlement_amount")
        order = str(row.get("adjustment_order_id") or row.get("order_id") or "")
        amount = amount_of(told, currency, "adjustment_amount")
        yield Movement(FeeCode(kind, "", kind), amount, at, order)


def _of_order(row: Document, currency: str, at: datetime) -> Iterator[Movement]:
    order, whole = str(row["order_id"]), amount_of(
        row.get("settlement_amount"), currency, "settlement_amount"
    )  # fmt: skip
    sign = _sign(row, currency, whole)
    left = _parts(row, currency, sign)
    for sku in row.get("skus") or ():
        for (group, name), amount in _parts(sku, currency, sign).items():
            left[group, name] -= amount
            if amount:
                code = FeeCode(ORDER, "", name)
                yield Movement(code, amount, at, order, str(sku.get("sku_id") or ""))
    for (_, name), amount in left.items():
        if amount:
            yield Movement(FeeCode(ORDER, "", name), amount, at, order)


def _parts(row: Document, currency: str, sign: int) -> Sums:
    """Return the parts of a transaction; what they do not come to stands beside them."""
    found: Sums = Counter()
    for group, place in GROUPS.items():
        factor = 1 if group == "revenue" else sign
        told: Document = row.get(place) or {}
        for name, text in _flat(told).items():
            found[group, name] += factor * amount_of(text, currency, f"{place}.{name}")
        for name, text in (told.get(SUPPLEMENT) or {}).items():
            if name in OF_ACTUAL and (group, ACTUAL) in found:
                amount = factor * amount_of(text, currency, f"{place}.{name}")
                found[group, name] += amount
                found[group, ACTUAL] -= amount
        whole = factor * amount_of(row.get(f"{group}_amount"), currency, f"{group}_amount")
        known = sum(amount for (of, _), amount in found.items() if of == group)
        if whole != known:
            found[group, UNNAMED] = whole - known
    return found


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return parts by their names; what is told for information alone is left out."""
    found: dict[str, Any] = {}
    for name, value in told.items():
        if name == SUPPLEMENT:
            continue
        if isinstance(value, Mapping):
            # Fees and taxes stand apart.
            found.update(_flat(value))
        elif value not in (None, ""):
            found[name] = value
    return found


def _sign(row: Document, currency: str, whole: int) -> int:
    """Return 1 where costs are below zero, -1 where they are told without a sign.

    Raises: MappingError when neither comes to what the transaction comes to.
    """
    revenue, *costs = (
        amount_of(row.get(f"{group}_amount"), currency, f"{group}_amount") for group in GROUPS
    )
    if revenue + sum(costs) == whole:
        return 1
    if revenue - sum(costs) == whole:
        return -1
    raise MappingError(
        "settlement_amount", row.get("settlement_amount"), hint="It is not what its parts are."
    )
