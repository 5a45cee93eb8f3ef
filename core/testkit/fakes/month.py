"""A month of trade, lived through in a moment: the same seed lives through the same month."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from datetime import timedelta

from core.testkit.fakes.goods import buyer
from core.testkit.fakes.goods import offers
from core.testkit.fakes.till import charge_account
from core.testkit.fakes.till import pay_out
from core.testkit.fakes.trade import Parcel
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Status
from core.testkit.fakes.trade import Terms
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Kind
from core.testkit.fakes.verbs import buy
from core.testkit.fakes.verbs import cancel
from core.testkit.fakes.verbs import charge
from core.testkit.fakes.verbs import lose
from core.testkit.fakes.verbs import pay
from core.testkit.fakes.verbs import refund
from core.testkit.fakes.verbs import send
from core.testkit.fakes.verbs import settle
from core.testkit.fakes.verbs import share

DAYS = 30
NameOrder = Callable[[random.Random], str]


def lived(
    seed: int,
    orders: int,
    until: datetime,
    name_order: NameOrder,
    *,
    terms: Terms | None = None,
    stored: float = 0.5,
    settle_days: int = 14,
    losses: int = 0,
) -> Trade:
    """Return an account after a month of trade that ends at a moment.

    `stored` is the share of orders that the marketplace itself sends from its warehouse. Prepaid
    accounts are paid out so often as others are settled, and are charged nothing beside. So many
    pieces, `losses`, get lost in the marketplace's warehouse.
    """
    dice = random.Random(seed)  # noqa: S311 - it guards nothing
    until = until.replace(microsecond=0)
    start = until - timedelta(days=DAYS)
    trade = Trade(terms or Terms(), offers(dice, orders * 4 + 100), name_order, start, dice)
    moments = sorted(dice.randrange(DAYS * 86_400 - 7200) for _ in range(orders))
    ends = [start + timedelta(days=day) for day in range(settle_days, DAYS + 1, settle_days)]
    deeds = []
    for number, second in enumerate(moments):
        at = start + timedelta(seconds=second)
        deeds += _life(trade, number, at, dice.random() < stored)
    if not trade.terms.prepaid:
        deeds += [(start + timedelta(days=day, hours=12), _overheads(day)) for day in range(DAYS)]
    elif trade.terms.sale_fees is not None:
        deeds.append((start + timedelta(days=1, hours=12), _rent))
    deeds += [(start + timedelta(days=5 + n, hours=9), _lost(n)) for n in range(losses)]
    deeds += [(end, _settle) for end in ends]
    for at, deed in sorted(deeds, key=lambda each: each[0]):
        if at <= until:
            deed(trade, at)
    return trade


Deed = Callable[[Trade, datetime], None]


def _life(trade: Trade, number: int, at: datetime, stored: bool) -> list[tuple[datetime, Deed]]:
    """Return what will happen to an order, each with its moment."""
    dice, met = trade.dice, list[Sale]()
    skus = dice.sample(sorted(trade.products), dice.choice([1, 1, 1, 2]))
    wanted = {sku: dice.choice([1, 1, 2, 3]) for sku in skus}
    person = buyer(dice, number, _country(trade))
    unpaid = dice.random() < 0.1
    postage = 0 if stored else dice.choice([0, 299, 399])

    def bought(trade: Trade, at: datetime) -> None:
        met.append(buy(trade, person, wanted, at, postage=postage, stored=stored, paid=not unpaid))

    def later(low: int, high: int) -> datetime:
        nonlocal at
        at += timedelta(minutes=dice.randrange(low, high))
        return at

    deeds: list[tuple[datetime, Deed]] = [(at, bought)]
    if unpaid:
        deeds.append((later(5, 90), lambda trade, at: pay(trade, met[0], at)))
    fate = dice.choices(["sent", "cancelled", "open"], [88, 7, 5])[0]
    if fate == "cancelled":
        deeds.append((later(10, 600), lambda trade, at: cancel(trade, met[0], at)))
    elif fate == "sent":
        if dice.random() < 0.05 and trade.terms.cuts:
            deeds.append((later(10, 300), lambda trade, at: _cancel_one(trade, met[0], at)))
        deeds.append((later(60, 2880), lambda trade, at: _send_all(trade, met[0], at)))
        if dice.random() < 0.08:
            deeds.append((later(2880, 20000), lambda trade, at: _refund_one(trade, met[0], at)))
    return deeds


def _country(trade: Trade) -> str:
    abroad = trade.terms.abroad
    if abroad is not None and trade.dice.randrange(1000) < abroad.share:
        return abroad.country
    return trade.terms.country


def _rent(trade: Trade, at: datetime) -> None:
    assert trade.terms.sale_fees is not None
    charge_account(trade, Kind.SUBSCRIPTION, trade.terms.sale_fees.monthly, at)


def _cancel_one(trade: Trade, sale: Sale, at: datetime) -> None:
    item = sale.items[0]
    if item.quantity > 1:
        cancel(trade, sale, at, item, 1)


def _send_all(trade: Trade, sale: Sale, at: datetime) -> None:
    if sale.status not in (Status.OPEN, Status.PARTLY_SENT):
        return
    carrier = "Amazon Logistics" if sale.stored else "Royal Mail"
    quantities = {item.ref: item.open for item in sale.items if item.open}
    number = trade.next_number()
    send(trade, sale, Parcel(f"P{number}", carrier, f"TRK{number}", at, quantities))
    if sale.stored:
        for item in sale.items:
            item.product.stored -= quantities.get(item.ref, 0)


def _refund_one(trade: Trade, sale: Sale, at: datetime) -> None:
    item = sale.items[0]
    if item.sent:
        refund(trade, sale, item, 1, at)


def _overheads(day: int) -> Deed:
    def charged(trade: Trade, at: datetime) -> None:
        ads = trade.dice.randrange(200, 1500)
        charge(trade, Kind.ADS, ads, at)
        share(trade, Kind.ADS, ads, at, _advertised(trade, day), f"Campaign {day % 3 + 1}")
        if day == 15:
            storage = trade.dice.randrange(1000, 4000)
            charge(trade, Kind.STORAGE, storage, at)
            filled = {sku: each.stored for sku, each in sorted(trade.products.items())}
            share(trade, Kind.STORAGE, storage, at, filled)
        if day == 1:
            charge(trade, Kind.SUBSCRIPTION, trade.terms.subscription, at)

    return charged


def _advertised(trade: Trade, day: int) -> dict[str, int]:
    """Return which products were advertised on a day, and how much each of them."""
    skus = sorted(trade.products)
    return {skus[day % len(skus)]: 3, skus[(day * 3 + 1) % len(skus)]: 2}


def _lost(number: int) -> Deed:
    def lost(trade: Trade, at: datetime) -> None:
        skus = sorted(trade.products)
        lose(trade, skus[number % len(skus)], at)

    return lost


def _settle(trade: Trade, at: datetime) -> None:
    if trade.terms.prepaid:
        pay_out(trade, at)
    else:
        settle(trade, at)
