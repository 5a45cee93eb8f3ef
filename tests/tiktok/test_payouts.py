"""Statements of the simulated TikTok Shop, over real HTTP, against the truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from addons.tiktok_shop import errors
from addons.tiktok_shop import fetching
from core.allocation.pulling import pull_documents
from core.http import answers
from core.http import client
from core.settlements.held_pulling import pull_held
from core.settlements.importing import import_settlement_file
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.tiktok.transactions import transactions
from core.testkit.fakes.trade import Settlement
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import PASSING
from core.testkit.fakes.truth import Kind
from tests.connectors.payouts import compare
from tests.connectors.payouts import earned
from tests.connectors.payouts import fetched
from tests.connectors.payouts import profit
from tests.connectors.payouts import told_again
from tests.connectors.payouts import totals
from tests.tiktok.conftest import Connected
from tests.tiktok.conftest import Seller
from tests.tiktok.conftest import judged_by_tiktok

FACTOR = 10_000.0
WHOLE_PAGE = fetching.PAGE


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts, and page where a few are."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(answers, "DEFAULT_WAIT", 0.02)
    monkeypatch.setattr(errors, "DEFAULT_WAIT", 0.02)
    monkeypatch.setattr(fetching, "PAGE", 2)
    monkeypatch.setattr(fetching, "ROWS", 7)


def lived(orders: int = 40, settle_days: int = 6, held_days: int = 0) -> Trade:
    return TiktokFake.lived(
        seed=11, orders=orders, settle_days=settle_days, held_days=held_days
    ).trade


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(TiktokFake(lived(), factor=FACTOR))


def test_every_statement_comes_in_and_ties(seller: Seller) -> None:
    judged = judged_by_tiktok(seller)
    seller.pull()

    result = fetched(seller)

    told = seller.fake.trade.settlements
    assert (result.documents, result.booked, result.unreadable) == (len(told), len(told), 0)
    assert totals(seller) == {each.ref: each.total for each in told}
    assert seller.world.open_items("1220") == {}
    assert sum(seller.world.open_items("1060").values()) == sum(each.total for each in told)
    held = [fact.amount for fact in told[-1].facts if fact.kind is Kind.RESERVE_HELD]
    assert sum(seller.world.open_items("1225").values()) == -sum(held)
    assert seller.world.open_items("1590") == {}
    assert judged.objections == []
    assert judged.seen >= {
        "getStatements", "getTransactionsByStatement", "getTransactionsByOrder",
    }  # fmt: skip
    assert seller.world.broken() == []


def test_a_month_earned_what_it_truly_earned(seller: Seller) -> None:
    seller.pull()
    fetched(seller)

    trade = seller.fake.trade
    truth = trade.truth
    assert {fact.kind for fact in truth.facts} - PASSING >= {
        Kind.SALE, Kind.POSTAGE, Kind.COMMISSION, Kind.LABEL, Kind.REFUND, Kind.REFUND_COMMISSION,
        Kind.REFUND_ADMIN, Kind.ADS, Kind.STORAGE,
    }  # fmt: skip
    assert earned(profit(seller, "order")) == {k: v for k, v in truth.by_order().items() if v}
    assert earned(profit(seller, "sku")) == {k: v for k, v in truth.by_sku().items() if v}
    assert seller.world.open_items("1590") == {}


def test_told_again_no_statement_counts_twice(seller: Seller) -> None:
    told_again(seller, len(seller.fake.trade.settlements))


def test_what_is_not_settled_is_known(connected: Connected) -> None:
    seller = connected(TiktokFake(lived(held_days=8), factor=FACTOR))
    judged = judged_by_tiktok(seller)
    seller.pull()

    pull_held(seller.kernel, seller.connection)

    trade = seller.fake.trade
    waits: Counter[str] = Counter()
    for fact in (*trade.held, *trade.truth.facts[trade.settled :]):
        waits[fact.order] += fact.amount
    rows = seller.world.rows("SELECT order_ref, amount FROM settlements_held WHERE state = 'held'")
    known = {ref: int(amount) for ref, amount in rows}
    assert {ref: amount for ref, amount in waits.items() if ref} == known != {}
    assert judged.objections == []


def test_faults_change_nothing(connected: Connected) -> None:
    trade = lived(orders=15)
    compare(lambda faults: connected(TiktokFake(trade.snapshot(), factor=FACTOR, faults=faults)))


def test_a_month_of_daily_statements_fits_into_a_cursor(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PAGE", WHOLE_PAGE)
    seller = connected(TiktokFake(lived(orders=20, settle_days=1), factor=FACTOR))

    assert fetched(seller).booked == len(seller.fake.trade.settlements) > 25
    assert totals(seller) == {each.ref: each.total for each in seller.fake.trade.settlements}


COLUMNS = {
    "Subtotal before discounts": "subtotal_before_discount_amount",
    "Refund subtotal before seller discounts": "refund_subtotal_before_discount_amount",
    "TikTok Shop commission fee": "platform_commission_amount",
    "Refund administration fee": "refund_administration_fee_amount",
    "Customer-paid shipping fee": "customer_paid_shipping_fee_amount",
    "Actual shipping fee": "actual_shipping_fee_amount",
    "Seller shipping service fee": "seller_self_shipping_service_fee_amount",
}
HEAD = ["Statement Date", "Statement ID", "Currency", "Type", "Order/adjustment ID"]
HEAD += ["Total settlement amount", *COLUMNS]


def exported(settlement: Settlement, trade: Trade) -> str:
    """Return a statement as a seller exports it."""
    lines = [HEAD]
    for row in transactions(settlement, trade):
        told = {**row.get("revenue_breakdown", {}), **row.get("shipping_cost_breakdown", {})}
        told |= row.get("fee_tax_breakdown", {}).get("fee", {})
        kind = row["type"].replace("_", " ").capitalize()
        number = row.get("order_id") or row["adjustment_id"]
        day = settlement.ended_at.strftime("%Y/%m/%d")
        head = [day, settlement.ref, "GBP", kind, number, row["settlement_amount"]]
        lines.append(head + [told.get(name, "0") for name in COLUMNS.values()])
    return "\n".join(",".join(line) for line in lines)


def test_a_statement_counts_once_fetched_and_as_a_file(seller: Seller, tmp_path: Path) -> None:
    trade = seller.fake.trade
    reserves = (Kind.RESERVE_HELD, Kind.RESERVE_RELEASED)
    trade.settlements[:] = [
        replace(each, facts=[fact for fact in each.facts if fact.kind not in reserves])
        for each in trade.settlements[:2]
    ]
    seller.pull()
    path = tmp_path / "income.csv"
    path.write_text(exported(trade.settlements[0], trade))

    (found,) = import_settlement_file(seller.kernel, seller.connection, path).statements

    assert (found.state, seller.world.open_items("1590")) == ("booked", {})
    result = fetched(seller)
    assert (result.unchanged, result.booked) == (1, 1)
    assert totals(seller) == {each.ref: each.total for each in trade.settlements}
    assert seller.world.broken() == []


def test_payments_and_withdrawals_are_kept(connected: Connected) -> None:
    seller = connected(TiktokFake.lived(seed=7, orders=30, factor=10_000))
    judged = judged_by_tiktok(seller)
    paid = [each for each in seller.fake.trade.settlements if each.total > 0]

    first = pull_documents(seller.kernel, seller.connection)

    assert (first.rows, first.added, first.unreadable) == (2 * len(paid), 2 * len(paid), 0)
    assert pull_documents(seller.kernel, seller.connection).added == 0
    assert judged.objections == []
    assert judged.seen >= {"getPayments", "getSellerFinancialTransactions"}
