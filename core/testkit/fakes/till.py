"""The balance of an account whose buyers pay when they order: payments, repayments, payouts."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta

from core.money import round_div
from core.testkit.fakes.trade import Cash
from core.testkit.fakes.trade import Item
from core.testkit.fakes.trade import LineFee
from core.testkit.fakes.trade import Movement
from core.testkit.fakes.trade import Payout
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Fact
from core.testkit.fakes.truth import Kind

Part = tuple[Item, int, int]
"""A line, what of it is paid without tax, and the tax on that."""


def charge_buyer(trade: Trade, sale: Sale, at: datetime) -> None:
    """Let the buyer pay; the fee is due whatever becomes of the order."""
    if not trade.terms.prepaid:
        return
    sale.paid_at = at
    if trade.terms.sale_fees is not None:
        _charge_by_line(trade, sale, at)
        return
    amount = sale.net + sale.tax
    fee = round_div(amount * trade.terms.payment_rate, 1000) + trade.terms.payment_fixed
    trade.cash.append(Cash(trade.next_number(), Movement.CHARGE, at, amount, fee, sale.ref))
    trade.truth.add(Fact(at, Kind.PAYMENT, -fee, sale.ref))


def pay_back(trade: Trade, sale: Sale, parts: Sequence[Part], at: datetime) -> None:
    """Give the buyer money back, if he has paid; the fee of his payment is kept.

    Where lines are charged, what was a share of the money comes back as well.
    """
    total = sum(net + tax for _, net, tax in parts)
    if sale.paid_at is None or not total:
        return
    kept = _kept_tax(trade, sale, parts)
    lines: tuple[LineFee, ...] = ()
    if trade.terms.sale_fees is not None:
        lines = tuple(_shares(trade, sale, parts, -1))
    fee = sum(line.amount for line in lines)
    made = Cash(
        trade.next_number(), Movement.REPAYMENT, at, kept - total, fee, sale.ref, lines, kept
    )
    trade.cash.append(made)
    _note(trade, sale, lines, at)


def buy_label(trade: Trade, sale: Sale, at: datetime) -> None:
    """Take what the label of a parcel costs."""
    cost = trade.terms.label
    if cost:
        trade.cash.append(Cash(trade.next_number(), Movement.LABEL, at, -cost, 0, sale.ref))
        trade.truth.add(Fact(at, Kind.LABEL, -cost, sale.ref))


def charge_account(trade: Trade, kind: Kind, amount: int, at: datetime, order: str = "") -> None:
    """Charge what stands by itself on the balance: advertising, the shop."""
    if amount:
        number = trade.next_number()
        trade.cash.append(Cash(number, Movement.FEE, at, -amount, 0, order, name=kind))
        trade.truth.add(Fact(at, kind, -amount, order))


def pay_out(trade: Trade, at: datetime) -> Payout | None:
    """Pay out all that moved since the last time, and is free; None when nothing did."""
    done = {row.ref for payout in trade.payouts for row in payout.rows}
    rows = [row for row in trade.cash if free_at(trade, row) <= at and row.ref not in done]
    if not rows or (trade.terms.sale_fees is not None and sum(row.net for row in rows) <= 0):
        return None
    made = Payout(trade.next_number(), at, rows)
    trade.payouts.append(made)
    trade.truth.add(Fact(at, Kind.PAYOUT, -made.total))
    return made


def free_at(trade: Trade, row: Cash) -> datetime:
    """Return when a movement counts for payouts: payments may be held back for some days."""
    held = row.kind is Movement.CHARGE
    return row.at + timedelta(days=trade.terms.deferral_days if held else 0)


def _charge_by_line(trade: Trade, sale: Sale, at: datetime) -> None:
    terms = trade.terms.sale_fees
    assert terms is not None
    parts = [
        (
            item,
            item.net + (sale.postage if item is sale.items[0] else 0),
            item.tax + (sale.postage_tax if item is sale.items[0] else 0),
        )
        for item in sale.items
    ]
    first = sale.items[0].ref
    lines = (
        LineFee(first, Kind.ORDER_FEE, terms.fixed, parts[0][1] + parts[0][2]),
        *_shares(trade, sale, parts, 1),
    )
    tax = _kept_tax(trade, sale, parts)
    amount, fee = sale.net + sale.tax - tax, sum(line.amount for line in lines)
    number = trade.next_number()
    trade.cash.append(Cash(number, Movement.CHARGE, at, amount, fee, sale.ref, lines, tax))
    _note(trade, sale, lines, at)
    if trade.dice.randrange(1000) < terms.advertised:
        ads = round_div((sale.net + sale.tax) * terms.ads, 1000)
        charge_account(trade, Kind.ADS, ads, at + timedelta(minutes=4), sale.ref)


def _shares(trade: Trade, sale: Sale, parts: Iterable[Part], sign: int) -> Iterator[LineFee]:
    """Yield the shares of what was paid for each line that the platform takes, or gives back."""
    terms = trade.terms.sale_fees
    assert terms is not None
    foreign = trade.terms.keeps_tax(sale.buyer.country)
    for item, net, tax in parts:
        basis = net + tax
        for kind, share in (
            (Kind.COMMISSION, terms.share),
            (Kind.FOREIGN_FEE, terms.abroad if foreign else 0),
        ):
            if amount := round_div(basis * share, 1000):
                yield LineFee(item.ref, kind, sign * amount, basis)


def _kept_tax(trade: Trade, sale: Sale, parts: Iterable[Part]) -> int:
    """Return the tax that never reaches the seller: the platform pays it over."""
    kept = trade.terms.keeps_tax(sale.buyer.country)
    return sum(tax for _, _, tax in parts) if kept else 0


def _note(trade: Trade, sale: Sale, lines: Iterable[LineFee], at: datetime) -> None:
    for line in lines:
        sku = sale.item(line.item).product.sku
        trade.truth.add(Fact(at, line.kind, -line.amount, sale.ref, line.item, sku))
