"""Refunds: what went back to buyers by their requests, and which pieces came back with it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.amounts import amount_of
from addons.tiktok_shop.amounts import moment_of
from addons.tiktok_shop.statuses import brings_goods
from addons.tiktok_shop.statuses import has_gone_back
from core.api import ExternalLine
from core.api import ExternalRefund
from core.api import LineKind
from core.api import MappingError
from core.api import PriceBasis
from core.api import write_json


def read_refunds(returns: Sequence[Document], basis: PriceBasis) -> Iterator[ExternalRefund]:
    """Yield what has gone back; tax that TikTok collected goes back by itself, and is no part.

    Raises: MappingError.
    """
    for told in returns:
        if has_gone_back(told):
            lines = tuple(_lines(told, basis))
            at = moment_of(told["update_time"], "return_orders.update_time")
            if lines:
                yield ExternalRefund(str(told["return_id"]), at, lines)


def _lines(told: Document, basis: PriceBasis) -> Iterator[ExternalLine]:
    whole = told.get("refund_amount") or {}
    if whole and whole.get("currency") != basis.currency:
        raise MappingError("refund_amount.currency", whole.get("currency"))
    platforms = sum(_amount(e, "product_platform_discount", basis) for e in _discounts(told))
    groups: dict[str, list[Document]] = {}
    for row in told.get("return_line_items") or ():
        groups.setdefault(str(row.get("sku_id") or row["order_line_item_id"]), []).append(row)
    goods, left, rest = brings_goods(told), platforms, 0
    paid = {ref: _sum(rows, "refund_subtotal", basis) for ref, rows in groups.items()}
    total = sum(paid.values())
    for place, (ref, rows) in enumerate(groups.items(), 1):
        share = left if place == len(groups) else platforms * paid[ref] // total if total else 0
        left -= share
        rest += paid[ref]
        gross = paid[ref] + share
        if gross or goods:
            yield _line(ref, rows, gross, goods, basis)
    if postage := _amount(whole, "refund_shipping_fee", basis):
        net, tax = _split(postage, _amount(whole, "refund_tax", basis), basis)
        yield ExternalLine("postage", LineKind.POSTAGE, "SHIPPING", "Delivery", 1, -net, tax=-tax)
    if more := _amount(whole, "refund_subtotal", basis) - rest:
        # A part of the price, told for no piece.
        net, tax = _split(more, _amount(whole, "refund_tax", basis), basis)
        yield ExternalLine(
            "order", LineKind.ADJUSTMENT, "REFUND", "Refund of the order", 1, -net, tax=-tax
        )


def _line(
    ref: str, rows: Sequence[Document], gross: int, goods: bool, basis: PriceBasis
) -> ExternalLine:
    net, tax = _split(gross, _sum(rows, "refund_tax", basis), basis)
    first = rows[0]
    code = str(first.get("seller_sku") or "") or f"sku {ref}"
    title = str(first.get("product_name") or code)
    if not goods:
        said = f"Refund of {title}"
        return ExternalLine(ref, LineKind.ADJUSTMENT, code, said, 1, -net, tax=-tax)
    return ExternalLine(
        external_id=ref,
        kind=LineKind.RETURN,
        code=code,
        title=title,
        quantity=-len(rows),
        net=-net,
        payload=write_json(rows),
        tax=-tax,
    )


def _split(gross: int, theirs: int, basis: PriceBasis) -> tuple[int, int]:
    """Return a refund without tax, and its tax; what TikTok collected is neither."""
    return (gross, 0) if theirs else basis.split(gross, 0)


def _discounts(told: Document) -> Sequence[Document]:
    found = told.get("discount_amount") or ()
    # The documents have a list; a single one was seen as well.
    return [found] if isinstance(found, dict) else found


def _sum(rows: Sequence[Document], name: str, basis: PriceBasis) -> int:
    return sum(_amount(row.get("refund_amount") or {}, name, basis) for row in rows)


def _amount(told: Document, name: str, basis: PriceBasis) -> int:
    return amount_of(told.get(name), basis.currency, f"refund_amount.{name}")
