"""A company that is connected to the simulated Amazon over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.channels.cursors import rewind
from core.config import ROOT
from core.config import Config
from core.http import client
from core.http.circuit import Circuit
from core.kernel import lifecycle
from core.kernel.companies import find_company
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from core.kernel.keys import ensure_keys
from core.orders.pulling import CAPABILITY
from core.orders.pulling import PullResult
from core.orders.pulling import pull_orders
from core.testkit.fakes.amazon import AmazonFake
from tests.databases import ENGINES
from tests.world import World
from tests.world import Worlds


@dataclass
class Seller:
    """A company and its account on the simulated Amazon."""

    world: World
    fake: AmazonFake
    connection: ConnectionInfo

    @property
    def kernel(self) -> Kernel:
        return self.world.kernel

    def pull(self) -> PullResult:
        """Fetch the orders that changed."""
        return pull_orders(self.kernel, self.connection)

    def again(self) -> PullResult:
        """Fetch all orders once more."""
        with self.kernel.db.write() as session:
            rewind(session, self.connection, CAPABILITY, None)
        return self.pull()


PERSONAL = {"personal": True, "application_id": "amzn1.sp.solution.fake"}


def settings_of(fake: AmazonFake, **changes: object) -> dict[str, object]:
    assert fake.served is not None
    return {**fake.credentials(), "simulator": fake.served.url, **PERSONAL, **changes}


@pytest.fixture(autouse=True)
def _fresh_circuit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test learn from another one that a host is silent."""
    monkeypatch.setattr(client, "circuit", Circuit())


@dataclass
class Connected:
    """Makes companies, each with a database of its own, connected to a marketplace that serves."""

    worlds: Worlds
    engine: str
    folder: Path
    stack: ExitStack

    def __call__(self, fake: AmazonFake) -> Seller:
        """Return a company that is connected, and has goods of every offer."""
        url = self.worlds.create(self.engine)
        self.stack.callback(self.worlds.drop, url)
        served = self.stack.enter_context(fake.up())
        config = Config(self.folder, url, (ROOT / "addons",))
        kernel = Kernel.boot(replace(config, http_allow=(served.opened,)))
        self.stack.callback(kernel.db.dispose)
        ensure_keys(kernel.config)
        lifecycle.install(kernel, "amazon")
        lifecycle.enable(kernel, "amazon")
        with kernel.db.write() as session:
            company = find_company(session)
            made = create_connection(
                session,
                "amazon",
                "Amazon API",
                settings_of(fake),
                company_id=company.id,
                account=fake.credentials()["seller_id"],
            )
        seller = Seller(World(kernel, company, self.folder), fake, made)
        day = (clock.now() - timedelta(days=60)).date()
        seller.world.stock(*(f"{sku} 900 @ 2.00 on {day}" for sku in fake.trade.products))
        return seller


@pytest.fixture(params=ENGINES)
def connected(
    request: pytest.FixtureRequest, worlds: Worlds, tmp_path: Path
) -> Iterator[Connected]:
    """Return what connects companies, on each engine in turn."""
    with ExitStack() as stack:
        yield Connected(worlds, request.param, tmp_path, stack)
