"""A settlement as Amazon's flat file V2: one amount a line, the sum of all in the first."""

from __future__ import annotations

from collections.abc import Sequence

from core.money import to_text
from core.testkit.fakes.trade import Settlement
from core.testkit.fakes.truth import Fact
from core.testkit.fakes.truth import Kind

COLUMNS = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency"
    " transaction-type order-id merchant-order-id adjustment-id shipment-id marketplace-name"
    " amount-type amount-description amount fulfillment-id posted-date posted-date-time"
    " order-item-code merchant-order-item-id merchant-adjustment-item-id sku quantity-purchased"
    " promotion-id"
).split()
OTHER = "other-transaction"

CODES: dict[Kind, tuple[str, str, str]] = {
    Kind.SALE: ("Order", "ItemPrice", "Principal"),
    Kind.TAX: ("Order", "ItemPrice", "Tax"),
    Kind.POSTAGE: ("Order", "ItemPrice", "Shipping"),
    Kind.POSTAGE_TAX: ("Order", "ItemPrice", "ShippingTax"),
    Kind.DISCOUNT: ("Order", "Promotion", "Principal"),
    Kind.COMMISSION: ("Order", "ItemFees", "Commission"),
    Kind.FULFILMENT: ("Order", "ItemFees", "FBAPerUnitFulfillmentFee"),
    Kind.REFUND: ("Refund", "ItemPrice", "Principal"),
    Kind.REFUND_TAX: ("Refund", "ItemPrice", "Tax"),
    Kind.REFUND_COMMISSION: ("Refund", "ItemFees", "Commission"),
    Kind.REFUND_ADMIN: ("Refund", "ItemFees", "RefundCommission"),
    Kind.ADS: ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount"),
    Kind.LABEL: (OTHER, OTHER, "Shipping label purchase"),
    Kind.STORAGE: (OTHER, OTHER, "Storage Fee"),
    Kind.SUBSCRIPTION: (OTHER, OTHER, "Subscription Fee"),
    Kind.REIMBURSEMENT: (OTHER, "FBA Inventory Reimbursement", "WAREHOUSE_LOST"),
    Kind.RESERVE_HELD: (OTHER, OTHER, "Current Reserve Amount"),
    Kind.RESERVE_RELEASED: (OTHER, OTHER, "Previous Reserve Amount Balance"),
}
DAY, MOMENT = "%d.%m.%Y", "%d.%m.%Y %H:%M:%S UTC"


def settlement_report(settlement: Settlement, currency: str, marketplace: str) -> str:
    """Return the report as Amazon writes it in Europe: decimal comma, the day first."""
    ended = settlement.ended_at
    head = {
        "settlement-id": settlement.ref,
        "settlement-start-date": settlement.started_at.strftime(MOMENT),
        "settlement-end-date": ended.strftime(MOMENT),
        "deposit-date": ended.strftime(MOMENT),
        "total-amount": _amount(settlement.total, currency),
        "currency": currency,
    }
    rows = [head, *(_row(settlement.ref, f, currency, marketplace) for f in settlement.facts)]
    lines: list[Sequence[str]] = [COLUMNS]
    lines += [[row.get(name, "") for name in COLUMNS] for row in rows]
    return "".join("\t".join(line) + "\r\n" for line in lines)


def _row(settlement: str, fact: Fact, currency: str, marketplace: str) -> dict[str, str]:
    kind, group, name = CODES[fact.kind]
    row = {
        "settlement-id": settlement,
        "transaction-type": kind,
        "amount-type": group,
        "amount-description": name,
        "amount": _amount(fact.amount, currency),
        "posted-date": fact.at.strftime(DAY),
        "posted-date-time": fact.at.strftime(MOMENT),
        "marketplace-name": marketplace if fact.order else "",
    }
    if fact.order:
        row |= {
            "order-id": fact.order,
            "merchant-order-id": fact.order,
            "order-item-code": fact.item,
            "sku": fact.sku,
            "quantity-purchased": str(fact.quantity) if fact.kind is Kind.SALE else "",
        }
    elif fact.sku:
        row |= {"sku": fact.sku, "quantity-purchased": str(fact.quantity)}
    return row


def _amount(amount: int, currency: str) -> str:
    return to_text(amount, currency).replace(".", ",")
