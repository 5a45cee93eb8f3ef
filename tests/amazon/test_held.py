"""Money that the simulated Amazon holds back, over real HTTP, against the truth."""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from core.config import ROOT
from core.errors import ConnectorError
from core.http import client
from core.settlements.held_pulling import pull_held
from core.settlements.pulling import pull_settlements
from core.settlements.receivables import held_sums
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.amazon import finances
from core.testkit.fakes.amazon.settlement import CODES
from core.testkit.fakes.faults import Faults
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
# Ten thousand requests a second or more would be no rate that a platform tells.
FACTOR = 10_000.0
DAYS = 7


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts, and page where a few are."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(finances, "PAGE", 4)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    fake = AmazonFake.lived(
        seed=11, orders=40, stored=0.0, settle_days=5, deferral_days=DAYS, factor=FACTOR
    )
    return connected(fake)


def deferred(seller: Seller, later: timedelta = timedelta()) -> dict[str, int]:
    """Return what the truth holds back of each order."""
    trade, now = seller.fake.trade, seller.fake.clock.now() + later
    held: Counter[str] = Counter()
    for fact in trade.truth.facts:
        if fact.order and fact.kind in CODES and trade.releases_at(fact) > now:
            held[fact.order] += fact.amount
    return dict(held)


def told(seller: Seller, state: str = "held") -> dict[str, int]:
    rows = seller.world.rows(
        "SELECT order_ref, SUM(amount) FROM settlements_held WHERE state = :state"
        " GROUP BY order_ref",
        state=state,
    )
    return {ref: int(amount) for ref, amount in rows}


def test_all_that_is_held_back_is_seen(seller: Seller) -> None:
    assert seller.fake.served is not None
    models = SHARED / "specs" / "amazon" / "models-oas3"
    judged = judge(models, ("finances_2024-06-19.json",), seller.fake.served.url)
    seller.fake.witnesses.append(judged)
    seller.pull()

    result = pull_held(seller.kernel, seller.connection)

    assert told(seller) == deferred(seller) != {}
    assert result.pages == seller.fake.calls.made["listTransactions"] > 1
    assert judged.objections == []
    with seller.kernel.db.read() as session:
        (found,) = held_sums(session, seller.world.company.id)
    assert (found.state, found.amount) == ("held", sum(deferred(seller).values()))
    assert seller.world.broken() == []


def test_what_is_released_is_held_no_more_and_settled_once(seller: Seller) -> None:
    seller.pull()
    pull_held(seller.kernel, seller.connection)
    before = deferred(seller)
    later = timedelta(days=4)
    seller.fake.clock.advance(later)

    result = pull_held(seller.kernel, seller.connection)

    after = deferred(seller)
    assert told(seller) == after
    assert set(after) < set(before)
    assert result.released == len(told(seller, "released")) > 0
    pull_settlements(seller.kernel, seller.connection)
    # What was settled before its list was fetched is not held; nothing of it is booked twice.
    booked = seller.world.rows("SELECT COUNT(*) FROM settlements_booking")[0][0]
    rows = seller.world.rows("SELECT COUNT(*) FROM settlements_row")[0][0]
    assert booked == rows > 0
    assert seller.world.broken() == []


def test_faults_release_nothing(connected: Connected) -> None:
    faults = Faults(0.25, 4, spared=("token",))
    fake = AmazonFake.lived(
        seed=11, orders=40, stored=0.0, settle_days=5, deferral_days=DAYS,
        factor=FACTOR, faults=faults,
    )  # fmt: skip
    seller = connected(fake)
    for _ in range(12):
        try:
            pull_held(seller.kernel, seller.connection)
        except ConnectorError:
            assert told(seller, "released") == {}

    assert (told(seller), told(seller, "released")) == (deferred(seller), {})
    assert len(faults.met) > 3
