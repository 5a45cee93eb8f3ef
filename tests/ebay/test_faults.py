"""Orders come in whole however badly eBay answers, and wherever the process ends.

At far less than the full count here, whole with `-m soak`.
"""

from __future__ import annotations

import pytest

from addons.ebay import pulling
from core.http import answers
from core.http import client
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.trade import Trade
from tests.connectors.enduring import FULL
from tests.connectors.enduring import Enduring
from tests.connectors.pulling import faster
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller

FACTOR = 2000.0


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts; eBay tells no rate, so ours is scaled as its own is."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(answers, "DEFAULT_WAIT", 0.02)
    for name, operation in faster(pulling, FACTOR):
        monkeypatch.setattr(pulling, name, operation)


@pytest.fixture
def enduring(connected: Connected) -> Enduring[EbayFake]:
    def make(trade: Trade, faults: Faults | None) -> EbayFake:
        return EbayFake(trade, factor=FACTOR, faults=faults)

    return Enduring("ebay", connected, make, FACTOR)


def lived(orders: int) -> Trade:
    return EbayFake.lived(seed=11, orders=orders).trade


def no_page_too_many(calm: Seller) -> None:
    count = len(calm.fake.trade.sales)
    assert calm.fake.calls.made["getOrders"] == -(-count // pulling.PAGE)


def test_faults_change_nothing(
    enduring: Enduring[EbayFake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGE", 5)
    enduring.compare(lived(60), 3, no_page_too_many)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_change_nothing_at_full_count(
    enduring: Enduring[EbayFake], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGE", 50)
    enduring.compare(lived(FULL), seed, no_page_too_many)


def test_a_killed_process_loses_nothing(enduring: Enduring[EbayFake]) -> None:
    enduring.restart(lived(30), points=1)


@pytest.mark.soak
def test_a_process_killed_twenty_times_loses_nothing(enduring: Enduring[EbayFake]) -> None:
    enduring.restart(lived(FULL // 10), points=20)
