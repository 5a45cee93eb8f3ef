"""Orders come in whole however badly a platform answers, and wherever the process ends."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Generic

from core import clock
from core.config import ROOT
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.trade import Trade
from tests.selling import AnyFake
from tests.selling import Joining
from tests.selling import Seller
from tests.selling import until_done

SHARE = 0.3
FULL = 10_000
SMALL_PAGE = 5
Make = Callable[[Trade, Faults | None], AnyFake]


class Enduring(Generic[AnyFake]):
    """The trials of one addon; `make` simulates its platform, `factor` times as fast."""

    def __init__(
        self, addon: str, connected: Joining[AnyFake], make: Make[AnyFake], factor: float
    ) -> None:
        self.addon, self.connected, self.make, self.factor = addon, connected, make, factor

    def compare(
        self, trade: Trade, seed: int, calls: Callable[[Seller[AnyFake]], None] | None = None
    ) -> None:
        """Compare what came in with and without faults, and how much was asked for it."""
        calm = stocked(self.connected(self.make(trade.snapshot(), None)))
        until_done(calm.pull)
        if calls is not None:
            calls(calm)
        faults = Faults(SHARE, seed)
        stormy = stocked(self.connected(self.make(trade.snapshot(), faults)))
        until_done(stormy.pull)

        assert len(set(faults.met)) == len(Fault) or len(trade.sales) < FULL, faults.met
        assert stormy.world.digest() == calm.world.digest()
        whole = sum(calm.fake.calls.made.values())
        asked = sum(stormy.fake.calls.made.values())
        assert asked <= 1.5 * whole + 3
        assert calm.fake.calls.too_fast == stormy.fake.calls.too_fast == {}
        assert stormy.world.broken() == []
        print(f"{len(trade.sales)} orders: {asked} calls for {whole}")  # noqa: T201 - for soaks

    def restart(self, trade: Trade, points: int) -> None:
        """Compare what came in with and without a process that is killed again and again."""
        calm = self.connected(self.make(trade.snapshot(), None))
        until_done(calm.pull)
        dice = random.Random(5)
        seller = self.connected(self.make(trade.snapshot(), Faults(0.1, 5)))
        most = max(3, len(trade.sales) // SMALL_PAGE // points)
        for _ in range(points):
            self.killed(seller, dice.randrange(2, most))
        until_done(seller.pull)

        assert seller.world.digest() == calm.world.digest()
        assert seller.world.broken() == []

    def killed(self, seller: Seller[AnyFake], at: int) -> None:
        """Fetch in a process that is killed while it waits for the answer to a request."""
        assert seller.fake.served is not None
        asked, config = 0, seller.kernel.config

        def kill(_request: object, _answer: object, _operation: str) -> None:
            nonlocal asked
            asked += 1
            if asked == at:
                os.kill(running.pid, signal.SIGKILL)

        seller.fake.witnesses.append(kill)
        command = [sys.executable, "-m", "tests.connectors.pulling", self.addon]
        command += [str(config.instance), config.database_url, seller.fake.served.opened]
        with seller.fake.lock:
            # Nothing is answered before we know whom to kill.
            running = subprocess.Popen([*command, str(SMALL_PAGE), str(self.factor)], cwd=ROOT)
        assert running.wait(120) == -signal.SIGKILL
        seller.fake.witnesses.remove(kill)


def stocked(seller: Seller[AnyFake]) -> Seller[AnyFake]:
    """Give a company more than its buyers want, of which all comes: older than what it had.

    Who gets the last piece of a receipt is a matter of batches.
    """
    day = (clock.now() - timedelta(days=80)).date()
    seller.world.stock(*(f"{sku} 90000 @ 2.00 on {day}" for sku in seller.fake.trade.products))
    return seller
