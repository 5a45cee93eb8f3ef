"""The trade of a simulated account: its truth adds up, and a seed lives one life."""

from __future__ import annotations

import random
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest

from core.testkit.fakes.amazon.marketplace import order_ref
from core.testkit.fakes.goods import buyer
from core.testkit.fakes.month import lived
from core.testkit.fakes.trade import Parcel
from core.testkit.fakes.trade import Status
from core.testkit.fakes.trade import Terms
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Kind
from core.testkit.fakes.verbs import SoldOut
from core.testkit.fakes.verbs import buy
from core.testkit.fakes.verbs import cancel
from core.testkit.fakes.verbs import refund
from core.testkit.fakes.verbs import send
from core.testkit.fakes.verbs import settle

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def month(seed: int = 7, orders: int = 120) -> Trade:
    return lived(seed, orders, NOW, order_ref)


def test_a_seed_lives_one_life() -> None:
    assert month().truth.facts == month().truth.facts
    assert month(8).truth.facts != month().truth.facts


def test_everything_that_happens_to_orders_happens() -> None:
    trade = month()
    sales = trade.sales.values()

    assert {sale.status for sale in sales} >= {Status.SENT, Status.CANCELLED, Status.OPEN}
    assert {sale.stored for sale in sales} == {True, False}
    assert any(sale.refunds for sale in sales)
    others = {
        Kind.REIMBURSEMENT,
        Kind.DISCOUNT,
        Kind.PAYMENT,
        Kind.LABEL,
        Kind.ORDER_FEE,
        Kind.FOREIGN_FEE,
    }
    assert {fact.kind for fact in trade.truth.facts} == set(Kind) - others
    assert all(sale.ordered_at <= sale.updated_at <= NOW for sale in sales)


def test_settlements_hold_every_fact_once_and_add_up() -> None:
    trade = month()
    rows = [fact for made in trade.settlements for fact in made.facts]
    told = [fact for fact in trade.truth.facts[: trade.settled] if fact.kind is not Kind.PAYOUT]

    assert len(trade.settlements) == 2
    assert rows == told
    assert [-made.total for made in trade.settlements] == [
        fact.amount for fact in trade.truth.facts if fact.kind is Kind.PAYOUT
    ]
    held = trade.truth.total(Kind.RESERVE_HELD, Kind.RESERVE_RELEASED)
    assert held == -trade.reserve < 0


def test_profit_is_the_same_by_order_and_by_sku() -> None:
    truth = month().truth

    earned = sum(fact.amount for fact in truth.earned())
    assert sum(truth.by_order().values()) == sum(truth.by_sku().values()) == earned > 0


def test_partial_parcels_and_refunds_make_the_whole_to_the_cent() -> None:
    trade = month(orders=0)
    trade.products["MUG-BLUE"].price = 333
    person = buyer(random.Random(1), 1, "GB")
    sale = buy(trade, person, {"MUG-BLUE": 7}, NOW, postage=299)
    (item,) = sale.items

    cancel(trade, sale, NOW, item, 1)
    for number, count in enumerate((2, 1, 3)):
        send(trade, sale, Parcel(f"P{number}", "DHL", "1", NOW, {item.ref: count}))
    refund(trade, sale, item, 3, NOW)
    refund(trade, sale, item, 3, NOW)

    whole = item.share(item.net, 6)
    assert trade.truth.total(Kind.SALE) == whole == 6 * 333
    assert trade.truth.total(Kind.REFUND) == -whole
    assert trade.truth.total(Kind.POSTAGE) == 299
    assert sale.status is Status.SENT
    assert trade.truth.sold() == {"MUG-BLUE": 6}


def test_a_parcel_counts_once_and_never_more_than_is_open() -> None:
    trade = month(orders=0)
    sale = buy(trade, buyer(random.Random(1), 1, "GB"), {"TOWEL": 2}, NOW)
    parcel = Parcel("P1", "DHL", "1", NOW, {sale.items[0].ref: 1})

    assert send(trade, sale, parcel) is True
    assert send(trade, sale, parcel) is False
    assert sale.status is Status.PARTLY_SENT
    with pytest.raises(ValueError, match="More of"):
        send(trade, sale, Parcel("P2", "DHL", "2", NOW, {sale.items[0].ref: 2}))


def test_nobody_buys_more_than_is_shown() -> None:
    trade = month(orders=0)
    trade.products["TOWEL"].shown = 1
    person = buyer(random.Random(1), 1, "GB")

    sale = buy(trade, person, {"TOWEL": 1}, NOW)
    with pytest.raises(SoldOut):
        buy(trade, person, {"RUG-120": 1, "TOWEL": 1}, NOW)
    assert trade.products["RUG-120"].shown == 100

    cancel(trade, sale, NOW)
    assert trade.products["TOWEL"].shown == 1


def test_a_snapshot_lives_on_by_itself() -> None:
    trade = month(orders=10)
    kept = trade.snapshot()

    settle(trade, NOW + timedelta(days=1))
    trade.products["TOWEL"].shown = 0

    assert len(kept.settlements) == len(trade.settlements) - 1
    assert kept.products["TOWEL"].shown > 0


def test_buyers_who_pay_when_they_order_are_paid_back_what_never_leaves() -> None:
    terms = Terms(commission=0, prepaid=True, payment_rate=20, payment_fixed=25, label=345)
    trade = lived(7, 200, NOW, order_ref, terms=terms, stored=0.0, settle_days=1)
    sales, paid = trade.sales.values(), trade.truth.total(Kind.PAYMENT, Kind.LABEL)

    for sale in sales:
        moved = sum(row.amount for row in trade.cash if row.order == sale.ref)
        labels = len(sale.parcels) * terms.label
        back = sum(each.net + each.tax for each in (*sale.cancels, *sale.refunds))
        gone = sale.postage + sale.postage_tax if sale.status is Status.CANCELLED else 0
        whole = sale.net + sale.tax if sale.paid_at else 0
        assert moved == whole - back - (gone if sale.paid_at else 0) - labels
        assert sale.status is not Status.CANCELLED or moved == 0
    rows = [row for payout in trade.payouts for row in payout.rows]
    assert len({row.ref for row in rows}) == len(rows) > 200
    assert {each.cancelled for sale in sales for each in sale.items} > {0}
    assert paid == -sum(row.fee for row in trade.cash) - 345 * sum(len(s.parcels) for s in sales)


def test_what_the_account_is_charged_is_for_some_goods() -> None:
    truth = month().truth

    for kind in (Kind.ADS, Kind.STORAGE):
        parts = [share.amount for share in truth.shares if share.kind is kind]
        assert sum(parts) == truth.total(kind) < 0
    assert sum(truth.borne().values()) == sum(truth.by_sku().values())
