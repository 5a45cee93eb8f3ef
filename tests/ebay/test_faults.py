"""Orders come in whole however badly eBay answers, and wherever the process ends.

At far less than the full count here, whole with `-m soak`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from addons.ebay import pulling
from core import clock
from core.config import ROOT
from core.http import answers
from core.http import client
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.trade import Trade
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.ebay.pulling import scaled
from tests.selling import until_done

FACTOR = 2000.0
SHARE = 0.3
FULL = 10_000


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts; eBay tells no rate, so ours is scaled as its own is."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(answers, "DEFAULT_WAIT", 0.02)
    monkeypatch.setattr(pulling, "GET_ORDERS", scaled(pulling.GET_ORDERS, FACTOR))


def lived(orders: int) -> Trade:
    return EbayFake.lived(seed=11, orders=orders).trade


def stocked(seller: Seller) -> Seller:
    """Give a company more than its buyers want: who gets the last piece is a matter of batches."""
    day = (clock.now() - timedelta(days=60)).date()
    seller.world.stock(*(f"{sku} 90000 @ 2.00 on {day}" for sku in seller.fake.trade.products))
    return seller


def compare(connected: Connected, orders: int, seed: int) -> None:
    """Compare what came in with and without faults."""
    trade = lived(orders)
    calm = stocked(connected(EbayFake(trade.snapshot(), factor=FACTOR)))
    until_done(calm.pull)
    assert calm.fake.calls.made["getOrders"] == -(-orders // pulling.PAGE)

    faults = Faults(SHARE, seed)
    stormy = stocked(connected(EbayFake(trade.snapshot(), factor=FACTOR, faults=faults)))
    until_done(stormy.pull)

    assert len(set(faults.met)) == len(Fault) or orders < FULL, faults.met
    assert stormy.world.digest() == calm.world.digest()
    whole = sum(calm.fake.calls.made.values())
    assert sum(stormy.fake.calls.made.values()) <= 1.5 * whole + 3
    assert calm.fake.calls.too_fast == stormy.fake.calls.too_fast == {}
    assert stormy.world.broken() == []


def test_faults_change_nothing(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "PAGE", 5)
    compare(connected, 60, seed=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_change_nothing_at_full_count(
    connected: Connected, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGE", 50)
    compare(connected, FULL, seed)


def killed(seller: Seller, at: int) -> None:
    """Fetch in a process that is killed while it waits for the answer to a request."""
    assert seller.fake.served is not None
    asked, config = 0, seller.kernel.config

    def kill(_request: object, _answer: object, _operation: str) -> None:
        nonlocal asked
        asked += 1
        if asked == at:
            os.kill(running.pid, signal.SIGKILL)

    seller.fake.witnesses.append(kill)
    command = [sys.executable, "-m", "tests.ebay.pulling", str(config.instance)]
    with seller.fake.lock:
        # Nothing is answered before we know whom to kill.
        running = subprocess.Popen(
            [*command, config.database_url, seller.fake.served.opened, "5", str(FACTOR)], cwd=ROOT
        )
    assert running.wait(120) == -signal.SIGKILL
    seller.fake.witnesses.remove(kill)


def restart(connected: Connected, orders: int, points: int) -> None:
    """Compare what came in with and without a process that is killed again and again."""
    trade = lived(orders)
    calm = connected(EbayFake(trade.snapshot(), factor=FACTOR))
    until_done(calm.pull)
    dice = random.Random(5)
    faults = Faults(0.1, 5)
    seller = connected(EbayFake(trade.snapshot(), factor=FACTOR, faults=faults))
    most = max(3, orders // 5 // points)
    for _ in range(points):
        killed(seller, dice.randrange(2, most))
    until_done(seller.pull)

    assert seller.world.digest() == calm.world.digest()
    assert seller.world.broken() == []


def test_a_killed_process_loses_nothing(connected: Connected) -> None:
    restart(connected, 30, points=1)


@pytest.mark.soak
def test_a_process_killed_twenty_times_loses_nothing(connected: Connected) -> None:
    restart(connected, FULL // 10, points=20)
