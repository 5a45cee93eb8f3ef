"""Orders come in whole however badly the shop answers, and wherever the process ends.

At far less than the full count here, whole with `-m soak`.
"""

from __future__ import annotations

import pytest

from addons.shopify import pulling
from core.http import client
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.trade import Trade
from tests.connectors.enduring import FULL
from tests.connectors.enduring import Enduring
from tests.shopify.conftest import Connected
from tests.shopify.conftest import Seller

FACTOR = 2000.0


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts, and walk pages; the points stay as they are told."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(pulling, "WORTH", FULL)


@pytest.fixture
def enduring(connected: Connected) -> Enduring[ShopifyFake]:
    def make(trade: Trade, faults: Faults | None) -> ShopifyFake:
        return ShopifyFake(trade, factor=FACTOR, faults=faults)

    return Enduring("shopify", connected, make, FACTOR)


def lived(orders: int) -> Trade:
    return ShopifyFake.lived(seed=11, orders=orders).trade


def no_page_too_many(calm: Seller) -> None:
    count = len(calm.fake.trade.sales)
    assert calm.fake.calls.made["orders"] == -(-count // pulling.PAGE)


def test_faults_change_nothing(enduring: Enduring[ShopifyFake]) -> None:
    enduring.compare(lived(60), 3, no_page_too_many)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_change_nothing_at_full_count(enduring: Enduring[ShopifyFake], seed: int) -> None:
    enduring.compare(lived(FULL), seed, no_page_too_many)


def test_a_killed_process_loses_nothing(enduring: Enduring[ShopifyFake]) -> None:
    enduring.restart(lived(30), points=1)


@pytest.mark.soak
def test_a_process_killed_twenty_times_loses_nothing(enduring: Enduring[ShopifyFake]) -> None:
    enduring.restart(lived(FULL // 10), points=20)
