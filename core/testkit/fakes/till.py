"""The balance of an account whose buyers pay when they order: payments, repayments, payouts."""

from __future__ import annotations

from datetime import datetime

from core.money import round_div
from core.testkit.fakes.trade import Cash
from core.testkit.fakes.trade import Movement
from core.testkit.fakes.trade import Payout
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Fact
from core.testkit.fakes.truth import Kind


def charge_buyer(trade: Trade, sale: Sale, at: datetime) -> None:
    """Let the buyer pay; the fee is due whatever becomes of the order."""
    if not trade.terms.prepaid:
        return
    amount = sale.net + sale.tax
    fee = round_div(amount * trade.terms.payment_rate, 1000) + trade.terms.payment_fixed
    sale.paid_at = at
    trade.cash.append(Cash(trade.next_number(), Movement.CHARGE, at, amount, fee, sale.ref))
    trade.truth.add(Fact(at, Kind.PAYMENT, -fee, sale.ref))


def pay_back(trade: Trade, sale: Sale, amount: int, at: datetime) -> None:
    """Give the buyer money back, if he has paid; the fee of his payment is kept."""
    if sale.paid_at is not None and amount:
        made = Cash(trade.next_number(), Movement.REPAYMENT, at, -amount, 0, sale.ref)
        trade.cash.append(made)


def buy_label(trade: Trade, sale: Sale, at: datetime) -> None:
    """Take what the label of a parcel costs."""
    cost = trade.terms.label
    if cost:
        trade.cash.append(Cash(trade.next_number(), Movement.LABEL, at, -cost, 0, sale.ref))
        trade.truth.add(Fact(at, Kind.LABEL, -cost, sale.ref))


def pay_out(trade: Trade, at: datetime) -> Payout | None:
    """Pay out all that moved since the last time; None when nothing did."""
    done = {row.ref for payout in trade.payouts for row in payout.rows}
    rows = [row for row in trade.cash if row.at <= at and row.ref not in done]
    if not rows:
        return None
    made = Payout(trade.next_number(), at, rows)
    trade.payouts.append(made)
    trade.truth.add(Fact(at, Kind.PAYOUT, -made.total))
    return made
