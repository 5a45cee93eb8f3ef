"""Refunds: what went back to the buyer. eBay tells amounts by line, and no pieces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator

from addons.ebay.amounts import Document
from addons.ebay.amounts import amount_of
from addons.ebay.statuses import has_gone
from core.api import ExternalLine
from core.api import ExternalRefund
from core.api import LineKind
from core.api import MappingError
from core.api import moment

Split = Callable[[int, int], tuple[int, int]]


def read_refunds(order: Document, split: Split, currency: str) -> Iterator[ExternalRefund]:
    """Yield the refunds of an order that have gone; tax that eBay collected is no part of them.

    Raises: MappingError.
    """
    by_line = _by_line(order)
    for refund in order["paymentSummary"].get("refunds") or ():
        if not has_gone(refund):
            continue
        ref = refund.get("refundId") or refund.get("refundReferenceId")
        if not ref:
            raise MappingError("paymentSummary.refunds.refundId", None)
        whole = amount_of(refund["amount"], currency, "paymentSummary.refunds.amount")
        lines = list(_lines(by_line.get(str(ref), []), split, currency, whole))
        at = moment(refund["refundDate"], path="paymentSummary.refunds.refundDate")
        if lines:
            yield ExternalRefund(str(ref), at, tuple(lines))


def _by_line(order: Document) -> dict[str, list[tuple[Document, Document]]]:
    found: defaultdict[str, list[tuple[Document, Document]]] = defaultdict(list)
    for item in order["lineItems"]:
        for refund in item.get("refunds") or ():
            found[str(refund.get("refundId"))].append((item, refund))
    return found


def _lines(
    parts: list[tuple[Document, Document]], split: Split, currency: str, whole: int
) -> Iterator[ExternalLine]:
    left = whole
    for item, refund in parts:
        gross = amount_of(refund.get("amount"), currency, "lineItems.refunds.amount")
        left -= gross
        if gross:
            title = f"Refund of {item['title']}"
            yield _line(item["lineItemId"], _code(item), title, _split(item, gross, split))
    if left:
        # For the whole order, or more or less than its lines come to.
        yield _line("order", "REFUND", "Refund of the order", split(left, 0))


def _split(item: Document, gross: int, split: Split) -> tuple[int, int]:
    """Return a refund without tax: what eBay collected of the line went back by itself."""
    if item.get("ebayCollectAndRemitTaxes"):
        return gross, 0
    return split(gross, 0)


def _line(name: str, code: str, title: str, parts: tuple[int, int]) -> ExternalLine:
    net, tax = parts
    return ExternalLine(name, LineKind.ADJUSTMENT, code, title, 1, -net, tax=-tax)


def _code(item: Document) -> str:
    return str(item.get("sku") or "REFUND")
