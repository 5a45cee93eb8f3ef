"""What the simulated Amazon writes down beside settlements, over real HTTP, against the truth."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core import clock
from core.allocation.pulling import DocumentsResult
from core.allocation.pulling import is_due
from core.allocation.pulling import pull_documents
from core.allocation.queries import shares_query
from core.allocation.running import run_allocation
from core.catalog.models import Sku
from core.config import ROOT
from core.fees.facts import FeeFacts
from core.http import client
from core.kernel import hooks
from core.kernel.connecting import reconnect
from core.ledger.models import Account
from core.ledger.profit import ProfitReport
from core.ledger.profit import profit_report
from core.money import round_div
from core.settlements.pulling import pull_settlements
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.amazon.marketplace import order_ref
from core.testkit.fakes.amazon.written import BUILDERS
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.month import lived
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Kind
from core.testkit.specs import judge
from core.warehousing.places import add_warehouse
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller
from tests.amazon.conftest import settings_of
from tests.selling import until_done

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
OF_GOODS = ("cogs", "late_cost", "stock_losses", "returns")
"""Lines of the profit report that no marketplace knows of."""
LATER = timedelta(seconds=5)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


def month(orders: int = 40) -> Trade:
    """Return a month with lost pieces, of which everything has been settled."""
    until = clock.now() - timedelta(hours=3)
    return lived(11, orders, until, order_ref, stored=0.6, settle_days=5, losses=3)


def joined(connected: Connected, trade: Trade, faults: Faults | None = None) -> Seller:
    """Return a company whose advertising is connected too, and a warehouse for Amazon's own."""
    seller = connected(AmazonFake(trade, factor=10_000, faults=faults))
    settings = settings_of(seller.fake, reports=True, **seller.fake.advertising())
    version = seller.connection.row_version
    seller.connection = reconnect(seller.kernel, seller.connection, settings, row_version=version)
    with seller.kernel.db.write() as session:
        add_warehouse(session, seller.world.company.id, "FBA", "platform", "GB")
    seller.world.stock_in(
        "FBA", *(f"{sku} 900 @ 2.00 on 2011-01-03" for sku in seller.fake.trade.products)
    )
    return seller


def fetched(seller: Seller) -> DocumentsResult:
    """Fetch until nothing is being made any more, run after run as the clock would."""
    whole = DocumentsResult()
    for _ in range(40):
        found = pull_documents(seller.kernel, seller.connection)
        whole.documents += found.documents
        whole.rows += found.rows
        whole.added += found.added
        whole.unreadable += found.unreadable
        whole.unknown += found.unknown
        if not found.waiting:
            return whole
        seller.fake.clock.advance(LATER)
    raise AssertionError("the reports are never done")


def earned(report: ProfitReport) -> dict[str, int]:
    """Return what each row earned before what its goods cost; parts of an order are its own."""
    found: Counter[str] = Counter()
    for row in (*report.rows, report.rest):
        ref = row.key.rpartition(":")[2].partition("/")[0] if row.id is not None else ""
        found[ref] += sum(amount for name, amount in row.lines.items() if name not in OF_GOODS)
    return {ref: amount for ref, amount in found.items() if amount}


def profit(seller: Seller, by: str) -> dict[str, int]:
    with seller.kernel.db.read() as session:
        return earned(profit_report(session, seller.world.company.id, by))


def shared(seller: Seller, account: str) -> dict[str, int]:
    """Return what each SKU bears of an account that is charged for the whole."""
    first, today = seller.fake.trade.started_at.date().replace(day=1), clock.now().date()
    last = (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    run_allocation(seller.kernel, seller.world.company.id, first, last, by="ann")
    shares = shares_query(seller.world.company.id).subquery()
    with seller.kernel.db.read() as session:
        rows = session.execute(
            sa.select(Sku.code, sa.func.sum(shares.c.amount))
            .select_from(shares)
            .join(Account, Account.id == shares.c.account_id)
            .join(Sku, Sku.id == shares.c.sku_id, isouter=True)
            .where(Account.code == account)
            .group_by(Sku.code)
        ).all()
    return {code or "": -int(amount) for code, amount in rows}


def truly(trade: Trade, kind: Kind) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in trade.truth.shares:
        if each.kind is kind:
            found[each.sku] += each.amount
    return dict(found)


def test_a_month_earned_what_it_truly_earned(connected: Connected) -> None:
    trade = month()
    seller = joined(connected, trade)
    seller.pull()
    pull_settlements(seller.kernel, seller.connection)

    result = fetched(seller)

    truth = trade.truth
    assert {fact.kind for fact in truth.facts} >= {Kind.ADS, Kind.STORAGE, Kind.REIMBURSEMENT}
    assert (result.unreadable, result.unknown) == (0, [])
    assert profit(seller, "order") == {k: v for k, v in truth.by_order().items() if v}
    assert profit(seller, "sku") == {k: v for k, v in truth.by_sku().items() if v}
    # What the account was charged as a whole is borne by the goods that it was for.
    ads, storage = shared(seller, "7000"), shared(seller, "6030")
    assert ads == truly(trade, Kind.ADS)
    assert storage == truly(trade, Kind.STORAGE)
    borne = Counter(profit(seller, "sku"))
    for code, amount in [*ads.items(), *storage.items()]:
        borne[code] += amount
        borne[""] -= amount
    assert dict(borne) == truth.borne()
    assert seller.world.broken() == []


def kept(seller: Seller) -> dict[str, int]:
    rows = seller.world.rows("SELECT kind, COUNT(*) FROM channels_raw_row GROUP BY kind")
    return {kind.partition(":")[2]: int(n) for kind, n in rows if kind.startswith("document:")}


def test_each_report_is_asked_for_once_and_kept(connected: Connected) -> None:
    trade = month(orders=30)
    seller = joined(connected, trade)
    assert seller.fake.served is not None
    models = SHARED / "specs" / "amazon" / "models-oas3"
    documents = ("reports_2021-06-30.json", "fbaInventory.json", "productFeesV0.json")
    judged = judge(models, documents, seller.fake.served.url)
    seller.fake.witnesses.append(judged)
    seller.pull()

    first = fetched(seller)

    truth = trade.truth
    back = [each for sale in trade.sales.values() if sale.stored for each in sale.refunds]
    sold = [item for sale in trade.sales.values() for item in sale.items if item.sent]
    lost = [fact for fact in truth.facts if fact.kind is Kind.REIMBURSEMENT]
    rows = kept(seller)
    assert rows["fba_returns"] == len(back) > 0
    assert rows["fba_reimbursements"] == len(lost) == 3
    assert rows["vat_transactions"] >= len(sold)
    assert rows["ads"] == len([each for each in truth.shares if each.kind is Kind.ADS])
    assert sum(rows.values()) == first.rows == first.added
    assert seller.fake.calls.made["createReport"] == 5
    assert judged.objections == []
    assert judged.seen >= {"getReports", "createReport", "getReport", "getReportDocument"}
    assert rows["fee_estimates"] == len(trade.products)
    assert "getMyFeesEstimates" in judged.seen
    # Nothing of a person is kept, and told again nothing is new.
    query = "SELECT payload FROM channels_raw_row WHERE substr(kind, 1, 9) = 'document:'"
    text = str(seller.world.rows(query))
    assert [s.ref for s in trade.sales.values() if s.buyer.name in text] == []
    with seller.kernel.db.read() as session:
        assert not is_due(session, seller.connection)
    again = fetched(seller)
    assert (again.added, again.documents) == (0, first.documents)
    assert kept(seller) == rows


def test_faults_ask_for_nothing_twice(connected: Connected) -> None:
    trade = month(orders=12)
    calm = joined(connected, trade.snapshot())
    fetched(calm)

    faults = Faults(0.3, 6, spared=("token",))
    stormy = joined(connected, trade.snapshot(), faults)
    until_done(lambda: fetched(stormy))

    assert len(faults.met) > 3
    assert kept(stormy) == kept(calm)
    assert weights(stormy) == weights(calm) != []
    assert stormy.fake.calls.too_fast == {}


def weights(seller: Seller) -> list[tuple[str, str, int]]:
    rows = seller.world.rows(
        "SELECT kind, code, weight FROM allocation_detail ORDER BY kind, month, code"
    )
    return [(kind, code, int(weight)) for kind, code, weight in rows]


def test_a_report_that_cannot_be_read_holds_nothing_up(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BUILDERS, "GET_FBA_REIMBURSEMENTS_DATA", lambda *_: "a\tb\r\n1\t2\r\n")
    seller = joined(connected, month(orders=5))

    result = fetched(seller)

    assert (result.unreadable, "fba_reimbursements" in kept(seller)) == (1, False)
    said = seller.world.rows("SELECT result FROM channels_import WHERE kind = 'documents'")
    assert "reimbursementid" in str(said)


def test_fees_are_estimated_by_what_amazon_said(connected: Connected) -> None:
    seller = joined(connected, month(orders=5))
    seller.pull()
    fetched(seller)
    terms = seller.fake.trade.terms
    shop = int(seller.world.rows("SELECT MIN(id) FROM channels_shop")[0][0])
    line = FeeFacts(
        7, shop, "amazon", "UK", "seller", "", None, "RUG-120", clock.now().date(), "GBP", 2,
        goods=10_000, charges=399, discounts=0, subsidy=0, tax=0, first=True, order_price=10_399,
    )  # fmt: skip
    strange = replace(line, line_id=8, sku="UNKNOWN")
    elsewhere = replace(line, line_id=9, platform="ebay")

    with seller.kernel.db.read() as session:
        told = hooks.collect(session, "fee_estimates", lines=(line, strange, elsewhere))

    answers = [(each.line_id, each.account, each.amount) for name, each in told if name == "amazon"]
    assert answers == [(7, "6000", round_div(10_399 * terms.commission, 1000))]


def test_advertising_that_is_refused_stops_nothing_else(connected: Connected) -> None:
    seller = joined(connected, month(orders=5))
    settings = settings_of(seller.fake, **seller.fake.advertising()) | {
        "reports": True, "ads_refresh_token": "Atzr|taken-back",
    }  # fmt: skip
    version = seller.connection.row_version
    seller.connection = reconnect(seller.kernel, seller.connection, settings, row_version=version)

    result = fetched(seller)

    assert result.unreadable == 2
    assert set(kept(seller)) >= {"vat_transactions", "fba_reimbursements"}
    states = seller.world.rows("SELECT DISTINCT state FROM kernel_connection")
    assert [tuple(row) for row in states] == [("ok",)]
    assert seller.pull().received > 0
