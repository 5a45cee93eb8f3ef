"""Payouts of the simulated eBay, over real HTTP, against the truth."""

from __future__ import annotations

from collections import Counter

import pytest

from addons.ebay import operations
from addons.ebay import payouts
from core.http import answers
from core.http import client
from core.http.calls import Rate
from core.settlements.held_pulling import pull_held
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Status
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Kind
from tests.connectors.payouts import compare
from tests.connectors.payouts import earned
from tests.connectors.payouts import fetched
from tests.connectors.payouts import profit
from tests.connectors.payouts import told_again
from tests.connectors.payouts import totals
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.ebay.conftest import judged_by_ebay

FACTOR = 10_000.0
WHOLE_PAGE = payouts.PAGE


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts and for a turn, and page where a few are."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(answers, "DEFAULT_WAIT", 0.02)
    monkeypatch.setattr(payouts, "PAGE", 2)
    monkeypatch.setattr(payouts, "ROWS", 7)
    rate = Rate(operations.FINANCES.per_second * FACTOR, operations.FINANCES.burst)
    monkeypatch.setattr(operations, "FINANCES", rate)


def lived(orders: int = 40, settle_days: int = 6) -> Trade:
    return EbayFake.lived(seed=11, orders=orders, settle_days=settle_days).trade


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(EbayFake(lived(), factor=FACTOR))


def test_every_payout_comes_in_and_ties(seller: Seller) -> None:
    judged = judged_by_ebay(seller)
    seller.pull()

    result = fetched(seller)

    told = seller.fake.trade.payouts
    assert (result.documents, result.booked, result.unreadable) == (len(told), len(told), 0)
    assert totals(seller) == {each.ref: each.total for each in told}
    assert seller.world.open_items("1220") == {}
    assert sum(seller.world.open_items("1060").values()) == sum(each.total for each in told)
    assert seller.world.open_items("1590") == {}
    assert seller.fake.calls.made["getPayouts"] == -(-len(told) // 2)
    assert judged.objections == []
    assert judged.seen >= {"getPayouts", "getTransactions"}
    assert seller.world.broken() == []


def test_a_month_earned_what_it_truly_earned(connected: Connected) -> None:
    trade = EbayFake.lived(seed=11, orders=40, settle_days=6, held_days=0).trade
    seller = connected(EbayFake(trade, factor=FACTOR))
    seller.pull()
    fetched(seller)

    truth = trade.truth
    kinds = {fact.kind for fact in truth.facts}
    assert kinds >= {Kind.COMMISSION, Kind.ORDER_FEE, Kind.FOREIGN_FEE, Kind.ADS, Kind.REFUND}
    assert earned(profit(seller, "order")) == {k: v for k, v in truth.by_order().items() if v}
    assert earned(profit(seller, "sku")) == by_sku(trade)
    unsent = [s for s in trade.sales.values() if s.status is Status.OPEN and s.paid_at]
    # What is paid and not sent yet is all that stands open with buyers.
    assert seller.world.open_items("1210") == {s.ref: -paid(s, trade) for s in unsent} != {}
    assert seller.world.open_items("1590") == {}


def by_sku(trade: Trade) -> dict[str, int]:
    """Return what each SKU truly earned, as far as its orders can tell.

    Of a cancelled order no line is left; money alone that goes back belongs to its order.
    """
    gone = {ref for ref, sale in trade.sales.items() if sale.status is Status.CANCELLED}
    found: Counter[str] = Counter()
    for fact in trade.truth.earned():
        known = fact.order not in gone and fact.kind is not Kind.REFUND
        found[fact.sku if known else ""] += fact.amount
    return {sku: amount for sku, amount in found.items() if amount}


def paid(sale: Sale, trade: Trade) -> int:
    """Return what of an order reached the seller's balance."""
    return sale.net + (0 if trade.terms.keeps_tax(sale.buyer.country) else sale.tax)


def test_told_again_no_payout_counts_twice(seller: Seller) -> None:
    told_again(seller, len(seller.fake.trade.payouts))


def test_what_is_held_back_is_known(seller: Seller) -> None:
    judged = judged_by_ebay(seller)
    seller.pull()

    pull_held(seller.kernel, seller.connection)

    trade = seller.fake.trade
    paid = {row.ref for payout in trade.payouts for row in payout.rows}
    held = {row.order: row.net for row in trade.cash if row.ref not in paid
            and row.kind == "charge"}  # fmt: skip
    rows = seller.world.rows("SELECT order_ref, amount FROM settlements_held WHERE state = 'held'")
    known = {ref: int(amount) for ref, amount in rows}
    assert known.items() <= held.items()
    assert judged.objections == []


def test_faults_change_nothing(connected: Connected) -> None:
    trade = lived(orders=15)
    compare(lambda faults: connected(EbayFake(trade.snapshot(), factor=FACTOR, faults=faults)))


def test_a_month_of_daily_payouts_fits_into_a_cursor(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payouts, "PAGE", WHOLE_PAGE)
    seller = connected(EbayFake(lived(orders=40, settle_days=1), factor=FACTOR))
    seller.pull()

    told = seller.fake.trade.payouts
    assert fetched(seller).booked == len(told) > 10
    assert totals(seller) == {each.ref: each.total for each in told}
    assert Kind.SUBSCRIPTION in {row.name for each in told for row in each.rows}
    assert Status.OPEN in {sale.status for sale in seller.fake.trade.sales.values()}
