"""What a statement holds: a transaction for each order, adjustment and reserve, with its parts.

Amounts are signed as the seller sees them, as the platform's answers have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator

from core.testkit.fakes.tiktok.documents import BY_SELLER
from core.testkit.fakes.tiktok.documents import ships_by
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import amount
from core.testkit.fakes.tiktok.writing import seconds
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Settlement
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Fact
from core.testkit.fakes.truth import Kind

REVENUE, SHIPPING, FEES = "revenue", "shipping_cost", "fee_tax"
PARTS = {
    Kind.SALE: (REVENUE, "subtotal_before_discount_amount"),
    Kind.TAX: (REVENUE, "subtotal_before_discount_amount"),
    Kind.REFUND: (REVENUE, "refund_subtotal_before_discount_amount"),
    Kind.REFUND_TAX: (REVENUE, "refund_subtotal_before_discount_amount"),
    Kind.POSTAGE: (SHIPPING, "customer_paid_shipping_fee_amount"),
    Kind.POSTAGE_TAX: (SHIPPING, "customer_paid_shipping_fee_amount"),
    Kind.LABEL: (SHIPPING, "actual_shipping_fee_amount"),
    Kind.FULFILMENT: (SHIPPING, "actual_shipping_fee_amount"),
    Kind.COMMISSION: (FEES, "platform_commission_amount"),
    Kind.REFUND_COMMISSION: (FEES, "platform_commission_amount"),
    Kind.REFUND_ADMIN: (FEES, "refund_administration_fee_amount"),
}
OWN_SHIPPING = "seller_self_shipping_service_fee_amount"
SUPPLEMENTS = {
    Kind.LABEL: "fbm_shipping_cost_amount",
    Kind.FULFILMENT: "fbt_fulfillment_fee_amount",
}
"""What of the actual shipping fee is told once more by its name."""
ADJUSTMENTS = {Kind.ADS: "GMV_PAYMENT_FOR_ADS", Kind.STORAGE: "FBT_WAREHOUSE_SERVICE_FEE"}
RESERVES = {Kind.RESERVE_HELD: "COLLECTED", Kind.RESERVE_RELEASED: "RELEASED"}


def settled_of(settlement: Settlement) -> int:
    """Return what a statement comes to before reserves."""
    return sum(fact.amount for fact in settlement.facts if fact.kind not in RESERVES)


def reserve_of(settlement: Settlement) -> int:
    """Return what was taken from the reserve, below zero what was put into it."""
    return sum(fact.amount for fact in settlement.facts if fact.kind in RESERVES)


def transactions(settlement: Settlement, trade: Trade) -> Iterator[Document]:
    """Yield what is in a statement, the orders first."""
    orders: dict[str, list[Fact]] = {}
    rest = []
    for fact in settlement.facts:
        if fact.order:
            orders.setdefault(fact.order, []).append(fact)
        else:
            rest.append(fact)
    for ref, facts in orders.items():
        sale = trade.sales[ref]
        head = {
            "id": f"3{settlement.ref[-6:]}{ref}",
            "type": "ORDER",
            "order_id": ref,
            "order_create_time": seconds(sale.ordered_at),
        }
        yield {**head, **amounts(facts, sale, trade.terms.currency)}
    for number, fact in enumerate(rest):
        yield _other(fact, f"{settlement.ref}{number}", trade.terms.currency)


def sku_transaction(facts: list[Fact], trade: Trade) -> Document:
    """Return what was settled for one SKU of an order."""
    sale = trade.sales[facts[0].order]
    quantity = sum(fact.quantity for fact in facts if fact.kind is Kind.SALE)
    return {"quantity": str(quantity), **amounts(facts, sale, trade.terms.currency)}


def unsettled(sale: Sale, facts: list[Fact], trade: Trade) -> Document:
    """Return what will be settled for an order."""
    money = trade.terms.currency
    return {
        "type": "ORDER",
        "id": f"4{sale.ref}",
        "status": "UNSETTLED",
        "currency": money,
        "estimated_settlement": "Delivered + 8 days",
        "order_id": sale.ref,
        "order_create_time": seconds(sale.ordered_at),
        "est_settlement_amount": amount(sum(fact.amount for fact in facts), money),
    }


def amounts(facts: Iterable[Fact], sale: Sale, money: str) -> Document:
    """Return what amounts come to, by their groups and parts."""
    sums: dict[str, Counter[str]] = {REVENUE: Counter(), SHIPPING: Counter(), FEES: Counter()}
    supplements: Counter[str] = Counter()
    for fact in facts:
        group, name = PARTS[fact.kind]
        if fact.kind is Kind.LABEL and ships_by(sale) == BY_SELLER:
            name = OWN_SHIPPING
        elif fact.kind in SUPPLEMENTS:
            supplements[SUPPLEMENTS[fact.kind]] += fact.amount
        sums[group][name] += fact.amount
    shipping: Document = _texts(sums[SHIPPING], money)
    if supplements:
        shipping["supplementary_component"] = _texts(supplements, money)
    return {
        "revenue_amount": amount(sums[REVENUE].total(), money),
        "revenue_breakdown": _texts(sums[REVENUE], money),
        "shipping_cost_amount": amount(sums[SHIPPING].total(), money),
        "shipping_cost_breakdown": shipping,
        "fee_tax_amount": amount(sums[FEES].total(), money),
        "fee_tax_breakdown": {"fee": _texts(sums[FEES], money), "tax": {}},
        "settlement_amount": amount(sum(each.total() for each in sums.values()), money),
    }


def _other(fact: Fact, number: str, money: str) -> Document:
    text = amount(fact.amount, money)
    if fact.kind in RESERVES:
        return {
            "id": number,
            "type": "RESERVE",
            "reserve_id": f"8{number}",
            "reserve_amount": text,
            "reserve_status": RESERVES[fact.kind],
        }
    return {
        "id": number,
        "type": ADJUSTMENTS[fact.kind],
        "adjustment_id": f"9{number}",
        "adjustment_amount": text,
        "settlement_amount": text,
    }


def _texts(sums: Counter[str], money: str) -> Document:
    return {name: amount(value, money) for name, value in sums.items()}
