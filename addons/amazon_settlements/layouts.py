"""What the columns of the two layouts of settlement reports tell: V2 has one amount a line, V1 up
to nine, each in a column of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from core.api import FeeCode

Amounts = Iterator[tuple[FeeCode, str]]

HEAD = ("settlement-id", "total-amount", "currency", "transaction-type")
V2_COLUMNS = (*HEAD, "amount-type", "amount-description", "amount")
V1_COLUMNS = (*HEAD, "price-type", "price-amount", "item-related-fee-amount", "other-amount")

OTHER = "other-transaction"

# The columns of V1: what names the amount, the amount, and the group that V2 has for them.
_TYPED = (
    ("price-type", "price-amount", "ItemPrice"),
    ("item-related-fee-type", "item-related-fee-amount", "ItemFees"),
    ("promotion-type", "promotion-amount", "Promotion"),
    ("shipment-fee-type", "shipment-fee-amount", "ShipmentFees"),
    ("order-fee-type", "order-fee-amount", "OrderFees"),
    ("direct-payment-type", "direct-payment-amount", "DirectPayment"),
)
_WHOLE_SERVICE = "TransactionTotalAmount"


def layout_of(header: Sequence[str]) -> str | None:
    """Return V2 or V1 by the columns of a report, None for another file."""
    names = set(header)
    if names.issuperset(V2_COLUMNS):
        return "V2"
    return "V1" if names.issuperset(V1_COLUMNS) else None


def amounts_of(layout: str, row: Mapping[str, str]) -> Amounts:
    """Yield the amounts of a line with what names them; a line may have none."""
    return _v2(row) if layout == "V2" else _v1(row)


def amount_columns(layout: str) -> tuple[str, ...]:
    """Return the columns that hold amounts."""
    if layout == "V2":
        return ("total-amount", "amount")
    named = tuple(amount for _, amount, _ in _TYPED)
    return ("total-amount", *named, "misc-fee-amount", "other-fee-amount", "other-amount")


def _v2(row: Mapping[str, str]) -> Amounts:
    if amount := row.get("amount"):
        code = FeeCode(row["transaction-type"], row["amount-type"], row["amount-description"])
        yield code, amount


def _v1(row: Mapping[str, str]) -> Amounts:
    kind = row["transaction-type"]
    for name, column, group in _TYPED:
        if amount := row.get(column):
            yield _code(kind, group, row.get(name, "")), amount
    if amount := row.get("misc-fee-amount"):
        yield FeeCode(kind, OTHER, kind), amount
    if amount := row.get("other-fee-amount"):
        yield FeeCode(kind, OTHER, row.get("other-fee-reason-description", "")), amount
    if amount := row.get("other-amount"):
        # V1 names what V2 describes as another transaction by its type.
        yield FeeCode(OTHER, OTHER, kind), amount


def _code(kind: str, group: str, name: str) -> FeeCode:
    if kind == "ServiceFee" and group == "ItemFees":
        return FeeCode(kind, name, _WHOLE_SERVICE)
    return FeeCode(kind, group, name)
