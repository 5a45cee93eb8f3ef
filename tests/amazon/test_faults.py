"""Orders come in whole however badly the platform answers, and wherever the process ends.

At a twentieth of the full count here, whole with `-m soak`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys

import pytest

from addons.amazon import connector
from core.config import ROOT
from core.errors import ConnectorError
from core.http import client
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.trade import Trade
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller
from tests.connectors.enduring import stocked

FACTOR = 2000.0
SHARE = 0.3
FULL = 10_000
TRIES = 40


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts; the rates stay as they are told."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


def lived(orders: int) -> Trade:
    return AmazonFake.lived(seed=11, orders=orders, stored=0.0).trade


def fetched(seller: Seller) -> int:
    """Fetch until nothing is left, run after run as the schedule would; say how many there were."""
    for run in range(1, TRIES):
        try:
            seller.pull()
        except ConnectorError:
            continue
        return run
    raise AssertionError("the orders never come in")


def compare(connected: Connected, orders: int, page: int, seed: int) -> None:
    """Compare what came in with and without faults."""
    trade = lived(orders)
    # Who gets the last piece of a receipt is a matter of batches: there is enough for all.
    calm = stocked(connected(AmazonFake(trade.snapshot(), factor=FACTOR)))
    fetched(calm)
    calls = calm.fake.calls.made["searchOrders"]
    assert calls == -(-orders // page)

    faults = Faults(SHARE, seed, spared=("token",))
    stormy = stocked(connected(AmazonFake(trade.snapshot(), factor=FACTOR, faults=faults)))
    fetched(stormy)

    assert len(set(faults.met)) == 9 or orders < FULL, faults.met
    assert stormy.world.digest() == calm.world.digest()
    assert stormy.fake.calls.made["searchOrders"] <= 1.5 * calls + 1
    assert calm.fake.calls.too_fast == stormy.fake.calls.too_fast == {}
    assert stormy.world.broken() == []


def test_faults_change_nothing(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector, "PAGE", 20)
    compare(connected, FULL // 20, 20, seed=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_change_nothing_at_full_count(connected: Connected, seed: int) -> None:
    compare(connected, FULL, 100, seed)


def killed(seller: Seller, folder: str, url: str, page: int, at: int) -> None:
    """Fetch in a process that is killed while it waits for the answer to a request."""
    assert seller.fake.served is not None
    asked = 0

    def kill(_request: object, _answer: object, operation: str) -> None:
        nonlocal asked
        asked += operation == "searchOrders"
        if asked == at:
            os.kill(running.pid, signal.SIGKILL)

    seller.fake.witnesses.append(kill)
    command = [sys.executable, "-m", "tests.amazon.pulling", folder, url]
    with seller.fake.lock:
        # Nothing is answered before we know whom to kill.
        running = subprocess.Popen([*command, seller.fake.served.opened, str(page)], cwd=ROOT)
    assert running.wait(120) == -signal.SIGKILL
    seller.fake.witnesses.remove(kill)


def restart(connected: Connected, orders: int, page: int, points: int) -> None:
    """Compare what came in with and without a process that is killed again and again."""
    trade = lived(orders)
    # Who gets the last piece of a receipt is a matter of batches: there is enough for all.
    calm = stocked(connected(AmazonFake(trade.snapshot(), factor=FACTOR)))
    fetched(calm)
    dice = random.Random(5)
    faults = Faults(0.1, 5)
    seller = stocked(connected(AmazonFake(trade.snapshot(), factor=FACTOR, faults=faults)))
    config = seller.kernel.config
    most = max(2, orders // page // points)
    for _ in range(points):
        url = config.database_url
        killed(seller, str(config.instance), url, page, dice.randrange(1, most))
    fetched(seller)

    assert seller.world.digest() == calm.world.digest()
    assert seller.world.broken() == []


def test_a_killed_process_loses_nothing(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "PAGE", 5)
    restart(connected, 60, 5, points=2)


@pytest.mark.soak
def test_a_process_killed_twenty_times_loses_nothing(connected: Connected) -> None:
    restart(connected, FULL, 100, points=20)
