"""What advertising by the click was for, from the simulated eBay's reports."""

from __future__ import annotations

from datetime import date
from datetime import timedelta

import pytest

from addons.ebay.ads import FEES
from addons.ebay.ads import read_report
from core import clock
from core.allocation.pulling import DocumentsResult
from core.allocation.pulling import pull_documents
from core.errors import MappingError
from core.kernel.connecting import reconnect
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.ebay.adreports import Click
from core.testkit.fakes.till import pay_out
from core.testkit.fakes.verbs import buy
from tests.connectors.payouts import earned
from tests.connectors.payouts import fetched
from tests.connectors.payouts import profit
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.ebay.conftest import judged_by_ebay
from tests.ebay.conftest import settings_of


def until_done(seller: Seller) -> list[DocumentsResult]:
    results = [pull_documents(seller.kernel, seller.connection)]
    while results[-1].waiting:
        results.append(pull_documents(seller.kernel, seller.connection))
        assert len(results) < 10
    return results


def weights(seller: Seller) -> dict[str, int]:
    rows = seller.world.rows(
        "SELECT code, SUM(weight) FROM allocation_detail WHERE kind = 'ads' GROUP BY code"
    )
    return {code: int(weight) for code, weight in rows}


def test_clicks_are_shared_among_what_they_were_for(connected: Connected) -> None:
    fake = EbayFake.lived(seed=11, orders=30, factor=10_000)
    seller = connected(fake)
    judged = judged_by_ebay(seller)
    assert until_done(seller)[-1].documents == 0
    switched = settings_of(fake, ads=True)
    version = seller.connection.row_version
    seller.connection = reconnect(seller.kernel, seller.connection, switched, row_version=version)
    lately = fake.clock.now().replace(microsecond=0) - timedelta(days=1)
    sold = sorted({item.product.sku for sale in fake.trade.sales.values() for item in sale.items})[
        :2
    ]
    fake.clicks += [Click(sold[0], 130, lately), Click(sold[1], 45, lately)]
    fake.clicks += [Click(sold[0], 70, lately)]

    results = until_done(seller)

    assert sum(each.unreadable for each in results) == 0
    found = weights(seller)
    assert sum(found.values()) == 2_450_000
    assert {sold[0], sold[1]} & set(found)
    assert judged.objections == []
    assert {"createReportTask", "getReportTask", "getReport"} <= judged.seen
    # What was asked for is not asked for again, and told again it weighs no more.
    before = len(fake.ad_tasks)
    assert before == (2 if clock.now().day <= 10 else 1)
    until_done(seller)
    assert weights(seller) == found


def test_clicks_are_one_cost_of_the_account_and_count_once(connected: Connected) -> None:
    fake = EbayFake.lived(seed=11, orders=10, factor=10_000, settle_days=6, held_days=0)
    trade, at = fake.trade, fake.clock.now().replace(microsecond=0) - timedelta(minutes=9)
    sku = next(ref for ref, product in trade.products.items() if product.shown > 1)
    buy(trade, next(iter(trade.sales.values())).buyer, {sku: 1}, at)
    fake.click(sku, 175, at)
    assert pay_out(trade, at + timedelta(minutes=5)) is not None
    seller = connected(fake)
    seller.pull()
    fetched(seller)

    truth = {ref: amount for ref, amount in trade.truth.by_order().items() if amount}
    assert earned(profit(seller, "order")) == truth
    assert "PREMIUM_AD_FEES" in str(seller.world.rows("SELECT * FROM settlements_row"))
    assert seller.world.open_items("1590") == {}
    assert seller.world.broken() == []


def test_what_is_no_report_is_refused() -> None:
    month = date(2026, 3, 1)
    with pytest.raises(MappingError, match="report"):
        read_report("ads", b"a\tb\n1\t2\n", month)
    with pytest.raises(MappingError, match="cpc_ad_fees"):
        read_report("ads", f"listing_id\t{FEES}\n1\tmany\n".encode(), month)
    assert read_report("ads", b"", month).weights == []
