"""Refunds: what went back to the buyer, and which pieces came back or never left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from addons.shopify.amounts import Document
from addons.shopify.amounts import amount_of
from addons.shopify.asking import number_of
from core.api import ExternalLine
from core.api import ExternalRefund
from core.api import LineKind
from core.api import choice
from core.api import moment
from core.api import write_json

NEVER_LEFT, CAME_BACK, MONEY_ONLY = "never left", "came back", "money only"
UNSENT = "UNFULFILLED"
RESTOCK = {
    "CANCEL": NEVER_LEFT,
    "RETURN": CAME_BACK,
    "LEGACY_RESTOCK": CAME_BACK,
    "NO_RESTOCK": MONEY_ONLY,
}


@dataclass(frozen=True)
class Back:
    """What went back of an order; `returned` are pieces of lines that had left."""

    refunds: tuple[ExternalRefund, ...]
    returned: Mapping[str, int]


def read_refunds(order: Document, currency: str) -> Back:
    """Return the refunds of an order that has them.

    Raises: MappingError.
    """
    refunds, returned = [], Counter[str]()
    for told in order.get("refunds") or ():
        refund = told if order["displayFulfillmentStatus"] != UNSENT else _unsent(told)
        lines = tuple(_lines(refund, order, currency))
        for each in refund["refundLineItems"]["nodes"]:
            if _fate(each) != NEVER_LEFT:
                returned[number_of(each["lineItem"]["id"], "LineItem")] += each["quantity"]
        if lines:
            at = moment(refund["createdAt"], path="refunds.createdAt")
            refunds.append(ExternalRefund(number_of(refund["id"], "Refund"), at, lines))
    return Back(tuple(refunds), returned)


def _unsent(refund: Document) -> Document:
    """Return a refund of an order of which nothing has left: no piece of it was only paid back."""
    nodes = [
        {**each, "restockType": "CANCEL" if each["restockType"] == "NO_RESTOCK" else kind}
        for each in refund["refundLineItems"]["nodes"]
        for kind in (each["restockType"],)
    ]
    return {**refund, "refundLineItems": {"nodes": nodes}}


def _lines(refund: Document, order: Document, currency: str) -> Iterator[ExternalLine]:
    included = _is_included(refund, order, currency)
    for each in refund["refundLineItems"]["nodes"]:
        if (fate := _fate(each)) != NEVER_LEFT:
            yield _line(each, fate, included, currency)
    for number, each in enumerate(refund["refundShippingLines"]["nodes"]):
        price, tax = _parts(each, currency, "subtotalAmountSet", "taxAmountSet")
        net = price - (tax if included else 0)
        if net:
            name = f"shipping-{number}"
            yield ExternalLine(name, LineKind.POSTAGE, "SHIPPING", "Shipping", 1, -net, tax=-tax)
    if rest := _rest(refund, included, currency):
        # More or less than the goods come to: goodwill, a fee that was kept, or money to come.
        kind, title = LineKind.ADJUSTMENT, "Difference of the refund"
        yield ExternalLine("difference", kind, "DIFFERENCE", title, 1, -rest)


def _line(each: Document, fate: str, included: bool, currency: str) -> ExternalLine:
    item = each["lineItem"]
    ref = number_of(item["id"], "LineItem")
    price, tax = _parts(each, currency, "subtotalSet", "totalTaxSet")
    net = price - (tax if included else 0)
    sku = item.get("sku")
    if fate == MONEY_ONLY:
        title = f"Refund of {item['title']}"
        return ExternalLine(ref, LineKind.ADJUSTMENT, sku or "REFUND", title, 1, -net, tax=-tax)
    variant = item.get("variant")
    code = sku or (f"variant {number_of(variant['id'], 'ProductVariant')}" if variant else "")
    return ExternalLine(
        external_id=ref,
        kind=LineKind.RETURN,
        code=code or item["title"],
        title=item["title"],
        quantity=-each["quantity"],
        net=-net,
        payload=write_json(each),
        tax=-tax,
    )


def _is_included(refund: Document, order: Document, currency: str) -> bool:
    """Say whether the amounts of a refund hold its tax: by what adds up to what went back."""
    if not order["taxesIncluded"]:
        return False
    prices, taxes, _ = _sums(refund, currency)
    return prices + taxes != _whole(refund, currency) or not taxes


def _rest(refund: Document, included: bool, currency: str) -> int:
    """Return what went back beside what the lines of a refund come to."""
    prices, taxes, unsent = _sums(refund, currency)
    told = prices + (0 if included else taxes)
    whole = _whole(refund, currency)
    # Of pieces that never left nothing goes back where nobody had paid.
    before = unsent[0] + (0 if included else unsent[1])
    return 0 if whole in (told, told - before) else whole - told


def _sums(refund: Document, currency: str) -> tuple[int, int, tuple[int, int]]:
    """Return prices and taxes of all lines, and of those whose pieces never left."""
    prices = taxes = unsent = unsent_tax = 0
    for each in refund["refundLineItems"]["nodes"]:
        price, tax = _parts(each, currency, "subtotalSet", "totalTaxSet")
        prices, taxes = prices + price, taxes + tax
        if _fate(each) == NEVER_LEFT:
            unsent, unsent_tax = unsent + price, unsent_tax + tax
    for each in refund["refundShippingLines"]["nodes"]:
        price, tax = _parts(each, currency, "subtotalAmountSet", "taxAmountSet")
        prices, taxes = prices + price, taxes + tax
    return prices, taxes, (unsent, unsent_tax)


def _whole(refund: Document, currency: str) -> int:
    return amount_of(refund["totalRefundedSet"], currency, "refunds.totalRefundedSet")


def _parts(each: Document, currency: str, price: str, tax: str) -> tuple[int, int]:
    return (
        amount_of(each[price], currency, f"refunds.{price}"),
        amount_of(each[tax], currency, f"refunds.{tax}"),
    )


def _fate(each: Document) -> str:
    return choice(each["restockType"], RESTOCK, path="restockType")
