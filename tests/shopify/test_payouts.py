"""Payouts of the simulated Shopify, over real HTTP, against the truth."""

from __future__ import annotations

from collections import Counter

import pytest

from addons.shopify import payouts
from core.channels.cursors import rewind
from core.http import client
from core.ledger.profit import ProfitReport
from core.ledger.profit import profit_report
from core.settlements.pulling import CAPABILITY
from core.settlements.pulling import PullResult
from core.settlements.pulling import pull_settlements
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.trade import Status
from core.testkit.fakes.trade import Trade
from core.testkit.schemas import schema_judge
from tests.selling import until_done
from tests.shopify.conftest import INTROSPECTION
from tests.shopify.conftest import Connected
from tests.shopify.conftest import Seller

FACTOR = 10_000.0
WHOLE_PAGE = payouts.PAGE
OF_GOODS = ("cogs", "late_cost", "stock_losses", "returns")
"""Lines of the profit report that no marketplace knows of."""


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


def fetched(seller: Seller) -> PullResult:
    return pull_settlements(seller.kernel, seller.connection)


def totals(seller: Seller) -> dict[str, int]:
    rows = seller.world.rows(
        "SELECT external_ref, total_amount FROM settlements_statement WHERE state = 'booked'"
    )
    return {ref: int(total) for ref, total in rows}


def profit(seller: Seller, by: str) -> ProfitReport:
    with seller.kernel.db.read() as session:
        return profit_report(session, seller.world.company.id, by)


def earned(report: ProfitReport) -> dict[str, int]:
    """Return what each row earned before what its goods cost; parts of an order are its own."""
    found: Counter[str] = Counter()
    for row in (*report.rows, report.rest):
        ref = row.key.rpartition(":")[2].partition("/")[0] if row.id is not None else ""
        found[ref] += sum(amount for name, amount in row.lines.items() if name not in OF_GOODS)
    return {ref: amount for ref, amount in found.items() if amount}


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
    seller.pull()
    fetched(seller)
    before = seller.world.digest()

    assert fetched(seller).booked == 0
    with seller.kernel.db.write() as session:
        rewind(session, seller.connection, CAPABILITY, None)
    assert fetched(seller).unchanged == 5
    assert seller.world.digest() == before


def test_faults_change_nothing(connected: Connected) -> None:
    trade = lived(orders=15)
    calm = connected(ShopifyFake(trade.snapshot(), factor=FACTOR))
    until_done(lambda: fetched(calm))

    faults = Faults(0.4, 4)
    stormy = connected(ShopifyFake(trade.snapshot(), factor=FACTOR, faults=faults))
    until_done(lambda: fetched(stormy))

    assert len(faults.met) > 3
    assert stormy.world.digest() == calm.world.digest()
    assert stormy.world.broken() == []


def test_a_month_of_daily_payouts_fits_into_a_cursor(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payouts, "PAGE", WHOLE_PAGE)
    seller = connected(ShopifyFake(lived(orders=40, settle_days=1), factor=FACTOR))
    seller.pull()

    told = seller.fake.trade.payouts
    assert fetched(seller).booked == len(told) > 20
    assert totals(seller) == {each.ref: each.total for each in told}
