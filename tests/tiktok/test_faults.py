"""Orders come in whole however badly TikTok Shop answers, and wherever the process ends.

At far less than the full count here, whole with `-m soak`.
"""

from __future__ import annotations

import pytest

from addons.tiktok_shop import errors
from addons.tiktok_shop import pulling
from core.http import answers
from core.http import client
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.trade import Trade
from tests.connectors.enduring import FULL
from tests.connectors.enduring import Enduring
from tests.connectors.pulling import faster
from tests.tiktok.conftest import Connected
from tests.tiktok.conftest import Seller

FACTOR = 2000.0


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts; TikTok tells no rate, so ours is scaled as its own is."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(answers, "DEFAULT_WAIT", 0.02)
    monkeypatch.setattr(errors, "DEFAULT_WAIT", 0.02)
    for name, operation in faster(pulling, FACTOR):
        monkeypatch.setattr(pulling, name, operation)


@pytest.fixture
def enduring(connected: Connected) -> Enduring[TiktokFake]:
    def make(trade: Trade, faults: Faults | None) -> TiktokFake:
        return TiktokFake(trade, factor=FACTOR, faults=faults)

    return Enduring("tiktok_shop", connected, make, FACTOR)


def lived(orders: int) -> Trade:
    return TiktokFake.lived(seed=11, orders=orders, settle_days=15).trade


def hardly_a_page_too_many(calm: Seller) -> None:
    count = len(calm.fake.trade.sales)
    # Each page tells the last order of the one before again.
    least = -(-count // pulling.PAGE)
    assert least <= calm.fake.calls.made["getOrderList"] <= -(-count // (pulling.PAGE - 1)) + 1


def test_faults_change_nothing(
    enduring: Enduring[TiktokFake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGE", 10)
    enduring.compare(lived(60), 3, hardly_a_page_too_many)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_change_nothing_at_full_count(enduring: Enduring[TiktokFake], seed: int) -> None:
    enduring.compare(lived(FULL), seed, hardly_a_page_too_many)


def test_a_killed_process_loses_nothing(enduring: Enduring[TiktokFake]) -> None:
    enduring.restart(lived(30), points=1)


@pytest.mark.soak
def test_a_process_killed_twenty_times_loses_nothing(enduring: Enduring[TiktokFake]) -> None:
    enduring.restart(lived(FULL // 10), points=20)
