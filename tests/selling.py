"""Companies that are connected to simulated marketplaces over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Generic
from typing import TypeVar

from core import clock
from core.channels.cursors import rewind
from core.config import ROOT
from core.config import Config
from core.errors import ConnectorError
from core.kernel import lifecycle
from core.kernel.companies import find_company
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from core.kernel.keys import ensure_keys
from core.orders.pulling import CAPABILITY
from core.orders.pulling import PullResult
from core.orders.pulling import pull_orders
from core.testkit.fakes.fake import Fake
from tests.world import World
from tests.world import Worlds

TRIES = 40
AnyFake = TypeVar("AnyFake", bound=Fake)


@dataclass
class Seller(Generic[AnyFake]):
    """A company and its account on a simulated marketplace."""

    world: World
    fake: AnyFake
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


@dataclass
class Joining(Generic[AnyFake]):
    """Makes companies, each with a database of its own, connected to a marketplace that serves."""

    worlds: Worlds
    engine: str
    folder: Path
    stack: ExitStack
    addon: str
    label: str
    account: str
    """Which of the credentials names the account."""
    settings_of: Callable[[AnyFake], Mapping[str, object]]

    def __call__(self, fake: AnyFake) -> Seller[AnyFake]:
        """Return a company that is connected, and has goods of every offer."""
        url = self.worlds.create(self.engine)
        self.stack.callback(self.worlds.drop, url)
        served = self.stack.enter_context(fake.up())
        config = Config(self.folder, url, (ROOT / "addons",))
        kernel = Kernel.boot(replace(config, http_allow=(served.opened,)))
        self.stack.callback(kernel.db.dispose)
        ensure_keys(kernel.config)
        for name in (*kernel.manifest(self.addon).depends, self.addon):
            if name not in kernel.enabled:
                lifecycle.install(kernel, name)
                lifecycle.enable(kernel, name)
        with kernel.db.write() as session:
            company = find_company(session)
            made = create_connection(
                session,
                self.addon,
                self.label,
                self.settings_of(fake),
                company_id=company.id,
                account=fake.credentials()[self.account],
            )
        seller = Seller(World(kernel, company, self.folder), fake, made)
        day = (clock.now() - timedelta(days=60)).date()
        seller.world.stock(*(f"{sku} 900 @ 2.00 on {day}" for sku in fake.trade.products))
        return seller


def until_done(run: Callable[[], object]) -> int:
    """Run until nothing is left, run after run as the schedule would; say how many there were."""
    for tried in range(1, TRIES):
        try:
            run()
        except ConnectorError:
            continue
        return tried
    raise AssertionError("it never comes in")
