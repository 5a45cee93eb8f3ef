"""Sentences that every fact from outside must hold to, whichever connector brings it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from core.channels.connector import LineKind
from core.channels.external import ExternalLine
from core.channels.external import ExternalOrder
from core.channels.external import ExternalRefund
from core.channels.external import OrderStatus
from core.money import minor_digits

ORDER_KINDS = frozenset(
    {LineKind.SALE, LineKind.POSTAGE, LineKind.DISCOUNT, LineKind.ADJUSTMENT, LineKind.SAMPLE}
)
REFUND_KINDS = frozenset({LineKind.RETURN, LineKind.POSTAGE, LineKind.ADJUSTMENT})


def faults_of_order(order: ExternalOrder) -> list[str]:
    """Return what contradicts itself in an order, for a person."""
    return [*_identity(order), *_lines(order), *_balance(order)]


def aware(at: object) -> bool:
    """Say whether something is a moment that can mean one point in time only."""
    return isinstance(at, datetime) and at.utcoffset() is not None


def kept_net(line: ExternalLine) -> int:
    """Return what a line is worth without what was cancelled of it."""
    return _kept(line, line.net)


def kept_tax(line: ExternalLine) -> int | None:
    """Return the platform's tax on what was not cancelled of a line, None if it tells none."""
    return None if line.tax is None else _kept(line, line.tax)


def _kept(line: ExternalLine, whole_amount: int) -> int:
    if not line.cancelled or not line.quantity:
        return whole_amount
    whole, rest = divmod(abs(whole_amount) * line.kept, abs(line.quantity))
    amount = whole + (2 * rest >= abs(line.quantity))
    return amount if whole_amount >= 0 else -amount


def _identity(order: ExternalOrder) -> Iterator[str]:
    if not order.external_id.strip():
        yield "It has no id."
    if order.status not in set(OrderStatus):
        yield f"Its status {order.status!r} is none of ours."
    if len(order.country) != 2 or not order.country.isascii() or not order.country.isupper():
        yield f"The country {order.country!r} is not two capital letters."
    minor_digits(order.currency)
    times = {"updated_at": order.updated_at, "ordered_at": order.ordered_at}
    times |= {f"refund {each.external_id}": each.refunded_at for each in order.refunds}
    yield from (f"{name} has no time zone." for name, at in times.items() if not aware(at))
    yield from order.tax.faults() if order.tax is not None else ()


def _lines(order: ExternalOrder) -> Iterator[str]:
    groups: list[tuple[str, tuple[ExternalLine, ...], frozenset[LineKind], int]] = [
        ("", order.lines, ORDER_KINDS, 1),
        *((f"refund {r.external_id} ", r.lines, REFUND_KINDS, -1) for r in order.refunds),
    ]
    for name, lines, kinds, sign in groups:
        ids = [line.external_id for line in lines]
        if len(set(ids)) != len(ids):
            yield f"{name or 'The order '}has two lines of one id."
        for line in lines:
            yield from (f"{name}line {line.external_id}: {x}" for x in _line(line, kinds, sign))
    refunds = [refund.external_id for refund in order.refunds]
    if len(set(refunds)) != len(refunds):
        yield "Two refunds have one id."


def _line(line: ExternalLine, kinds: frozenset[LineKind], sign: int) -> Iterator[str]:
    if line.kind not in kinds:
        yield f"a {line.kind} does not belong here."
    if not (_whole(line.net) and _whole(line.quantity) and _whole(line.cancelled)):
        yield "amount and quantities must be whole numbers."
        return
    if line.kind in (LineKind.SALE, LineKind.RETURN):
        if not line.code:
            yield "it names no item."
        if line.quantity * sign <= 0:
            yield f"its quantity {line.quantity} has the wrong sign."
        elif line.net * sign < 0:
            yield f"its amount {line.net} has the wrong sign."
    if not 0 <= line.cancelled <= max(line.quantity, 0):
        yield f"{line.cancelled} of {line.quantity} cannot be cancelled."


def _balance(order: ExternalOrder) -> Iterator[str]:
    parts = [line for line in order.lines if _whole(line.net)]
    if not _whole(order.total):
        yield f"The total {order.total!r} is no whole number of minor units."
        return
    if order.status is not OrderStatus.PENDING and (ordered := sum(x.net for x in parts)) != (
        order.total
    ):
        yield f"Its lines add up to {ordered}, the platform says {order.total}."
    if order.status is OrderStatus.CANCELLED and any(line.kept for line in order.lines):
        yield "It is cancelled, but a line is not."
    refunded = -sum(_total(refund) for refund in order.refunds)
    kept = sum(kept_net(line) for line in parts)
    if refunded > max(kept, 0):
        yield f"{refunded} went back to the buyer of goods for {kept}."


def _total(refund: ExternalRefund) -> int:
    return sum(line.net for line in refund.lines if _whole(line.net))


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
