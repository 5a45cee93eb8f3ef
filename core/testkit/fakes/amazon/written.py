"""The reports that Amazon makes when it is asked: tab-separated text, one builder for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta

from core.money import to_text
from core.testkit.fakes.goods import Product
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Kind

Row = Sequence[object]
Builder = Callable[[Trade, datetime, datetime], str]


def label_of(product: Product) -> str:
    """Return Amazon's own label for a product, its FNSKU."""
    return f"X{product.platform_id[1:]}"


def returns(trade: Trade, since: datetime, until: datetime) -> str:
    """Write which goods came back to Amazon's warehouses."""
    names = (
        "return-date order-id sku asin fnsku product-name quantity fulfillment-center-id"
        " detailed-disposition reason status license-plate-number customer-comments"
    ).split()
    rows: list[Row] = []
    for sale in _stored(trade):
        for each in sale.refunds:
            product = sale.item(each.item).product
            if since <= each.at <= until:
                rows.append(
                    (each.at.isoformat(), sale.ref, *_names(product), product.title, each.quantity)
                    + ("LBA4", "SELLABLE", "UNWANTED_ITEM", "Unit returned to inventory")
                    + (f"LPN{each.ref}", f"{sale.buyer.name} did not like it")
                )
    return _text(names, rows)


def ledger(trade: Trade, since: datetime, until: datetime) -> str:
    """Write what moved in Amazon's warehouses, by day and product."""
    names = (
        "Date FNSKU ASIN MSKU Title Disposition Receipts CustomerShipments CustomerReturns Lost"
        " EndingWarehouseBalance Location"
    ).split()
    moved: Counter[tuple[str, str, str]] = Counter()
    for sale in _stored(trade):
        for parcel in sale.parcels:
            if since <= parcel.sent_at <= until:
                for ref, quantity in parcel.quantities.items():
                    key = (f"{parcel.sent_at:%m/%d/%Y}", sale.item(ref).product.sku, "sent")
                    moved[key] -= quantity
    for fact in trade.truth.facts:
        if fact.kind is Kind.REIMBURSEMENT and since <= fact.at <= until:
            moved[f"{fact.at:%m/%d/%Y}", fact.sku, "lost"] -= fact.quantity
    days = sorted({(day, sku) for day, sku, _ in moved})
    rows: list[Row] = []
    for day, sku in days:
        product = trade.products[sku]
        rows.append(
            (day, label_of(product), product.platform_id, sku, product.title, "SELLABLE", 0)
            + (moved[day, sku, "sent"], 0, moved[day, sku, "lost"], product.stored, "GB")
        )
    return _text(names, rows)


def reimbursements(trade: Trade, since: datetime, until: datetime) -> str:
    """Write what Amazon paid for goods that it lost."""
    names = (
        "approval-date reimbursement-id case-id amazon-order-id reason sku fnsku asin product-name"
        " condition currency-unit amount-per-unit amount-total quantity-reimbursed-cash"
        " quantity-reimbursed-inventory quantity-reimbursed-total"
    ).split()
    rows: list[Row] = []
    for number, fact in enumerate(trade.truth.facts):
        if fact.kind is Kind.REIMBURSEMENT and since <= fact.at <= until:
            product = trade.products[fact.sku]
            paid = to_text(fact.amount, trade.terms.currency)
            rows.append(
                (fact.at.isoformat(), 9_000_000 + number, "", "", "Lost_Warehouse", fact.sku)
                + (label_of(product), product.platform_id, product.title, "NewItem")
                + (trade.terms.currency, paid, paid, fact.quantity, 0, fact.quantity)
            )
    return _text(names, rows)


def storage(trade: Trade, since: datetime, until: datetime) -> str:
    """Write what storage cost by product; Amazon charges a month in the middle of the next one."""
    names = (
        "asin fnsku product_name fulfillment_center country_code average_quantity_on_hand"
        " month_of_charge currency estimated_monthly_storage_fee"
    ).split()
    rows: list[Row] = []
    for each in trade.truth.shares:
        month = each.at.replace(day=1) - timedelta(days=1)
        if each.kind is Kind.STORAGE and since.replace(day=1) <= month <= until:
            product = trade.products[each.sku]
            fee = to_text(-each.amount, trade.terms.currency)
            rows.append(
                (product.platform_id, label_of(product), product.title, "LBA4", "GB")
                + (product.stored, f"{month:%Y-%m}", trade.terms.currency, fee)
            )
    return _text(names, rows)


def vat(trade: Trade, since: datetime, until: datetime) -> str:
    """Write every sale and every refund with its tax."""
    names = (
        "UNIQUE_ACCOUNT_IDENTIFIER ACTIVITY_PERIOD SALES_CHANNEL MARKETPLACE PROGRAM_TYPE"
        " TRANSACTION_TYPE TRANSACTION_EVENT_ID ACTIVITY_TRANSACTION_ID SELLER_SKU QTY"
        " TOTAL_ACTIVITY_VALUE_AMT_VAT_INCL TRANSACTION_CURRENCY_CODE BUYER_NAME"
    ).split()
    terms, rows = trade.terms, list[Row]()
    for sale in trade.sales.values():
        channel = "AFN" if sale.stored else "MFN"
        head = ("A2FAKESELLER01", f"{sale.ordered_at:%Y-%b}", channel, "UK", "REGULAR")
        if not since <= sale.ordered_at <= until:
            continue
        for item in sale.items:
            if item.sent:
                value = item.share(item.net, item.sent) + item.share(item.tax, item.sent)
                rows.append(
                    (*head, "SALE", sale.ref, item.ref, item.product.sku, item.sent)
                    + (to_text(value, terms.currency), terms.currency, sale.buyer.name)
                )
        for each in sale.refunds:
            rows.append(
                (*head, "REFUND", sale.ref, each.ref, sale.item(each.item).product.sku)
                + (-each.quantity, to_text(-each.net - each.tax, terms.currency))
                + (terms.currency, sale.buyer.name)
            )
    return _text(names, rows)


def stock(trade: Trade, _since: datetime, _until: datetime) -> str:
    """Write what lies in Amazon's warehouses."""
    names = ("sku", "asin", "product-name", "condition", "afn-fulfillable-quantity")
    return _text(
        names,
        [
            (product.sku, product.platform_id, product.title, "New", product.stored)
            for product in trade.products.values()
        ],
    )


BUILDERS: dict[str, Builder] = {
    "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA": returns,
    "GET_LEDGER_SUMMARY_VIEW_DATA": ledger,
    "GET_FBA_REIMBURSEMENTS_DATA": reimbursements,
    "GET_FBA_STORAGE_FEE_CHARGES_DATA": storage,
    "GET_VAT_TRANSACTION_DATA": vat,
    "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA": stock,
}


def _stored(trade: Trade) -> Iterable[Sale]:
    return (sale for sale in trade.sales.values() if sale.stored)


def _names(product: Product) -> Row:
    return product.sku, product.platform_id, label_of(product)


def _text(names: Sequence[str], rows: Iterable[Row]) -> str:
    lines = [names, *([str(cell) for cell in row] for row in rows)]
    return "".join("\t".join(line) + "\r\n" for line in lines)
