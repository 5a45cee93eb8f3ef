"""Settlements from the simulated Amazon, over real HTTP, against the truth."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from addons.amazon import reports
from core.channels.cursors import rewind
from core.config import ROOT
from core.errors import ConnectorError
from core.http import client
from core.settlements.importing import import_settlement_file
from core.settlements.pulling import CAPABILITY
from core.settlements.pulling import PullResult
from core.settlements.pulling import pull_settlements
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.amazon import reports as written
from core.testkit.fakes.amazon.settlement import settlement_report
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.trade import Settlement
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Kind
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
FACTOR = 20_000.0
TRIES = 30


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts; the rates stay as they are told."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


def lived(orders: int = 25, settle_days: int = 5) -> Trade:
    return AmazonFake.lived(seed=11, orders=orders, stored=0.0, settle_days=settle_days).trade


def published(seller: Seller) -> list[Settlement]:
    """Return what Amazon has published: the last one comes an hour after the month."""
    return seller.fake.trade.settlements[:-1]


def fetched(seller: Seller) -> PullResult:
    return pull_settlements(seller.kernel, seller.connection)


def until_done(run: Callable[[], object]) -> None:
    """Run until nothing is left, run after run as the schedule would."""
    for _ in range(TRIES):
        try:
            run()
        except ConnectorError:
            continue
        return
    raise AssertionError("the settlements never come in")


def totals(seller: Seller) -> dict[str, int]:
    rows = seller.world.rows(
        "SELECT external_ref, total_amount FROM settlements_statement WHERE state = 'booked'"
    )
    return {ref: int(total) for ref, total in rows}


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(AmazonFake(lived(), factor=FACTOR))


def test_every_settlement_comes_in_and_ties(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "PAGE", 2)
    seller.pull()

    result = fetched(seller)

    told = published(seller)
    assert (result.documents, result.booked, result.unreadable) == (5, 5, 0)
    assert totals(seller) == {each.ref: each.total for each in told}
    assert seller.fake.calls.made["getReports"] == 3
    assert seller.world.open_items("1220") == {}
    paid = sum(seller.world.open_items("1060").values())
    assert paid == sum(each.total for each in told)
    held = [fact.amount for fact in told[-1].facts if fact.kind is Kind.RESERVE_HELD]
    assert sum(seller.world.open_items("1225").values()) == -sum(held)
    assert seller.world.broken() == []


def test_a_settlement_counts_once_fetched_and_as_a_file(seller: Seller, tmp_path: Path) -> None:
    seller.pull()
    trade = seller.fake.trade
    for each in trade.settlements[:3]:
        path = tmp_path / f"{each.ref}.txt"
        path.write_text(settlement_report(each, trade.terms.currency, "Amazon.co.uk"))
        import_settlement_file(seller.kernel, seller.connection, path)

    result = fetched(seller)

    assert (result.unchanged, result.booked) == (3, 2)
    digest = seller.world.digest()
    with seller.kernel.db.write() as session:
        rewind(session, seller.connection, CAPABILITY, None)
    assert fetched(seller).unchanged == 5
    path = tmp_path / "again.txt"
    path.write_text(settlement_report(trade.settlements[4], trade.terms.currency, "Amazon.co.uk"))
    again = import_settlement_file(seller.kernel, seller.connection, path)
    assert again.statements[0].applied == 0
    assert seller.world.digest() == digest


def test_what_is_asked_keeps_to_amazons_documents(seller: Seller) -> None:
    assert seller.fake.served is not None
    models = SHARED / "specs" / "amazon" / "models-oas3"
    judged = judge(models, ("reports_2021-06-30.json",), seller.fake.served.url)
    seller.fake.witnesses.append(judged)
    seen: list[str | None] = []
    seller.fake.witnesses.append(
        lambda request, _answer, operation: (
            seen.append(request.headers.get("x-amz-access-token"))
            if operation == "fetchReport"
            else None
        )
    )

    fetched(seller)

    assert judged.objections == []
    assert judged.seen >= {"getReports", "getReportDocument"}
    assert set(seen) == {None}, "the token of the account must not leave with the document"


def test_the_next_run_brings_only_what_is_new(seller: Seller) -> None:
    fetched(seller)
    asked = seller.fake.calls.made["getReportDocument"]

    result = fetched(seller)

    assert (asked, result.booked, result.documents) == (5, 0, 0)


def test_faults_change_nothing(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PAGE", 2)
    trade = lived(orders=12)
    calm = connected(AmazonFake(trade.snapshot(), factor=FACTOR))
    until_done(lambda: fetched(calm))

    faults = Faults(0.3, 5, spared=("token",))
    stormy = connected(AmazonFake(trade.snapshot(), factor=FACTOR, faults=faults))
    until_done(lambda: fetched(stormy))

    assert len(faults.met) > 3
    assert stormy.world.digest() == calm.world.digest()
    assert stormy.fake.calls.too_fast == {}
    assert stormy.world.broken() == []


def test_a_killed_process_loses_nothing(connected: Connected) -> None:
    trade = lived(orders=8, settle_days=7)
    calm = connected(AmazonFake(trade.snapshot(), factor=FACTOR))
    fetched(calm)
    seller = connected(AmazonFake(trade.snapshot(), factor=FACTOR))
    config, dice = seller.kernel.config, random.Random(5)
    served = seller.fake.served
    assert served is not None
    at, met = dice.randrange(2, 4), []

    def kill(_request: object, _answer: object, operation: str) -> None:
        met.append(operation)
        if met.count("getReportDocument") == at:
            os.kill(running.pid, signal.SIGKILL)

    seller.fake.witnesses.append(kill)
    command = [sys.executable, "-m", "tests.amazon.fetching", str(config.instance)]
    with seller.fake.lock:
        # Nothing is answered before we know whom to kill.
        running = subprocess.Popen([*command, config.database_url, served.opened, "2"], cwd=ROOT)
    assert running.wait(120) == -signal.SIGKILL
    seller.fake.witnesses.remove(kill)
    kept = totals(seller)
    assert len(kept) == at - 1

    fetched(seller)

    assert totals(seller) == totals(calm)
    assert seller.world.digest() == calm.world.digest()
    assert seller.world.broken() == []


def test_a_report_that_cannot_be_read_holds_nothing_up(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoiled = seller.fake.trade.settlements[1]

    def report(each: Settlement, currency: str, place: str) -> str:
        return "cut" if each is spoiled else settlement_report(each, currency, place)

    monkeypatch.setattr(written, "settlement_report", report)

    result = fetched(seller)

    assert (result.booked, result.unreadable) == (4, 1)
    reason = seller.world.rows(
        "SELECT result FROM channels_import WHERE kind = 'settlement' AND mapping = ''"
    )
    assert "columns of a settlement report" in str(reason)
    assert fetched(seller).documents == 0
