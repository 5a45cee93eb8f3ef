"""Orders of an API as sales documents: the order itself, and one document for each refund."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from datetime import datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

from core.channels.connector import LineKind
from core.channels.connector import SourceLine
from core.channels.external import ExternalLine
from core.channels.external import ExternalOrder
from core.channels.verifying import kept_net
from core.channels.verifying import kept_tax
from core.money import MICRO
from core.money import minor_digits
from core.money import round_div
from core.orders.staging import SourceDocument


def documents_of(order: ExternalOrder) -> list[SourceDocument]:
    """Return the documents of an order: what was not cancelled, and each refund by itself."""
    found = [
        SourceDocument(order.external_id, _lines(order, order.external_id, order.lines, order))
    ]
    for refund in order.refunds:
        ref = f"{order.external_id}/{refund.external_id}"
        found.append(SourceDocument(ref, _lines(order, ref, refund.lines, refund.refunded_at)))
    return [document for document in found if document.lines]


def _lines(
    order: ExternalOrder,
    ref: str,
    lines: Iterable[ExternalLine],
    when: ExternalOrder | datetime,
) -> list[SourceLine]:
    at = when.ordered_at if isinstance(when, ExternalOrder) else when
    day = at.astimezone(ZoneInfo(order.shop.timezone)).date()
    kept = [line for line in lines if line.quantity == 0 or line.kept]
    found = [_line(order, ref, number, line, at, day) for number, line in enumerate(kept, 1)]
    if found and ref == order.external_id and (order.personal or order.service or order.tax):
        # The buyer is told once, as is what he asked for; a refund goes to nobody.
        personal = tuple(sorted(order.personal.items())) or None
        found[0] = replace(found[0], personal=personal, service=order.service, tax=order.tax)
    return found


def _line(
    order: ExternalOrder, ref: str, number: int, line: ExternalLine, at: datetime, day: date
) -> SourceLine:
    return SourceLine(
        line_number=number,
        payload=line.payload,
        # The id alone: a later version of the line is the same line.
        fingerprint=fingerprint_of(ref, line.external_id),
        document_ref=ref,
        kind=line.kind,
        code=line.code,
        title=line.title,
        quantity=line.kept,
        unit_price=_unit_price(line, order.currency),
        net_amount=kept_net(line),
        currency=order.currency,
        occurred_at=at,
        occurred_on=day,
        country=order.country,
        # Without a buyer the order stands for one, so that its refunds find its lines.
        customer_ref=order.buyer_ref or f"order {order.external_id}",
        account=None,
        platform_tax=kept_tax(line),
    )


def _unit_price(line: ExternalLine, currency: str) -> int:
    if not line.quantity or line.kind not in (LineKind.SALE, LineKind.RETURN):
        return 0
    micro = MICRO // 10 ** minor_digits(currency)
    return round_div(abs(line.net) * micro, abs(line.quantity))


def line_ref(order_ref: str, external_id: str) -> str:
    """Return what a line is called here that a platform told through an API by its own id."""
    return f"{fingerprint_of(order_ref, external_id):x}.1"


def fingerprint_of(*parts: str) -> int:
    """Return what a line of a document is known by, whatever its version says."""
    text = "\x1f".join(parts)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
