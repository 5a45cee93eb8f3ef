"""Payouts of the simulated Shopify, over real HTTP, against the truth."""

from __future__ import annotations

import pytest

from addons.shopify import payouts
from core.http import client
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.trade import Status
from core.testkit.fakes.trade import Trade
from core.testkit.schemas import schema_judge
from tests.connectors.payouts import compare
from tests.connectors.payouts import earned
from tests.connectors.payouts import fetched
from tests.connectors.payouts import profit
from tests.connectors.payouts import told_again
from tests.connectors.payouts import totals
from tests.shopify.conftest import INTROSPECTION
from tests.shopify.conftest import Connected
from tests.shopify.conftest import Seller

FACTOR = 10_000.0
WHOLE_PAGE = payouts.PAGE


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts, and page where a few are."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(payouts, "PAGE", 2)


def lived(orders: int = 40, settle_days: int = 6) -> Trade:
    return ShopifyFake.lived(seed=11, orders=orders, settle_days=settle_days).trade


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(ShopifyFake(lived(), factor=FACTOR))


def test_every_payout_comes_in_and_ties(seller: Seller) -> None:
    judged = schema_judge(INTROSPECTION)
    seller.fake.witnesses.append(judged)
    seller.pull()

    result = fetched(seller)

    told = seller.fake.trade.payouts
    assert (result.documents, result.booked, result.unreadable) == (5, 5, 0)
    assert totals(seller) == {each.ref: each.total for each in told}
    assert seller.world.open_items("1220") == {}
    assert sum(seller.world.open_items("1060").values()) == sum(each.total for each in told)
    assert seller.fake.calls.made["payouts"] == 3
    assert judged.objections == []
    assert judged.seen >= {"payouts", "transactions"}
    assert seller.world.broken() == []


def test_a_month_earned_what_it_truly_earned(seller: Seller) -> None:
    seller.pull()
    fetched(seller)

    truth = seller.fake.trade.truth
    assert earned(profit(seller, "order")) == {k: v for k, v in truth.by_order().items() if v}
    assert earned(profit(seller, "sku")) == {k: v for k, v in truth.by_sku().items() if v}
    unsent = [s for s in seller.fake.trade.sales.values() if s.status is Status.OPEN and s.paid_at]
    owed = {s.ref: -(s.net + s.tax - sum(x.net + x.tax for x in s.cancels)) for s in unsent}
    # What is paid and not sent yet is all that stands open with buyers.
    assert seller.world.open_items("1210") == owed != {}
    assert seller.world.open_items("1590") == {}


def test_told_again_no_payout_counts_twice(seller: Seller) -> None:
    told_again(seller, 5)


def test_faults_change_nothing(connected: Connected) -> None:
    trade = lived(orders=15)
    compare(lambda faults: connected(ShopifyFake(trade.snapshot(), factor=FACTOR, faults=faults)))


def test_a_month_of_daily_payouts_fits_into_a_cursor(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payouts, "PAGE", WHOLE_PAGE)
    seller = connected(ShopifyFake(lived(orders=40, settle_days=1), factor=FACTOR))
    seller.pull()

    told = seller.fake.trade.payouts
    assert fetched(seller).booked == len(told) > 20
    assert totals(seller) == {each.ref: each.total for each in told}
