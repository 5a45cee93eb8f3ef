"""An installation before a simulated marketplace, and what its seller does first in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.config import ROOT
from core.config import Config
from core.identity import first_run
from core.kernel.companies import find_company
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from core.orders.importing import import_order_file
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.trade import Status
from core.testkit.fakes.verbs import buy
from tests.browser.walking import Walk
from tests.databases import Databases
from tests.web.serving import command
from tests.web.serving import server
from tests.web.serving import worker
from tests.world import HEADER
from tests.world import MAPPING
from tests.world import order_row

LANGUAGES = ("en", "zh-CN")
ORDERS = 50


@dataclass
class Premises:
    """An installation that nobody has set up yet, and the marketplace that its seller sells on."""

    config: Config
    address: str
    token: str
    amazon: AmazonFake
    amazon_address: str

    def orders(self) -> set[str]:
        """Return the numbers of the orders that have come in."""
        return set(self._column("SELECT external_ref FROM orders_order"))

    def state(self) -> str:
        """Return how the only connection fares."""
        (found,) = self._column("SELECT state FROM kernel_connection")
        return found

    def fill_warehouse(self, *without: str) -> None:
        """Let the warehouse hold plenty of all that is sold, and something that is not."""
        codes = [code for code in self.amazon.trade.products if code not in without]
        rows = [f"{code},MAIN,500,1.00,GBP,2026-01-05" for code in (*codes, "SPARE")]
        path = self.config.instance / "stock.csv"
        head = "sku,warehouse,quantity,unit_cost,currency,received_on"
        path.write_text("\n".join([head, *rows]), encoding="utf-8")
        command(self.config, "import", "stock", str(path))

    def sell(self, sku: str, number: int) -> None:
        """Let somebody buy something so often, a few minutes ago."""
        trade = self.amazon.trade
        at, buyer = self.amazon.clock.now() - timedelta(minutes=5), next(iter(trade.sales.values()))
        trade.products[sku].shown += number
        for _ in range(number):
            buy(trade, buyer.buyer, {sku: 1}, at)

    def hold_what_comes(self) -> None:
        """Let every order wait for a person."""
        path = self.config.instance / "rules.json"
        rule = {"name": "Look first", "actions": [{"do": "hold", "value": "parked"}]}
        path.write_text(json.dumps({"rules": [rule]}), encoding="utf-8")
        command(self.config, "rules", "import", "--live", str(path))

    def states(self) -> list[str]:
        """Return how the orders stand."""
        told = "state || ' ' || COALESCE(exception, '') || ' ' || country"
        return self._column(f"SELECT {told} || ' ' || COUNT(*) FROM orders_order GROUP BY {told}")

    def connect(self, addon: str, label: str) -> None:
        """Make a connection that needs nothing to be entered."""
        kernel = Kernel.boot(self.config)
        with kernel.db.write() as session:
            create_connection(session, addon, label, {}, company_id=find_company(session).id)
        kernel.db.dispose()

    def sell_elsewhere(self, *lines: str) -> None:
        """Sell goods over a counter, whether they were ever received or not."""
        rows = [HEADER, *map(order_row, lines)]
        orders, mapping = self.config.instance / "till.csv", self.config.instance / "till.toml"
        orders.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
        mapping.write_text(MAPPING, encoding="utf-8")
        kernel = Kernel.boot(self.config)
        with kernel.db.write() as session:
            company_id = find_company(session).id
            made = create_connection(session, "file_channel", "Till", {}, company_id=company_id)
        import_order_file(kernel, made, orders, mapping=mapping)
        kernel.db.dispose()

    def statements(self) -> dict[str, str]:
        """Return the settlements with their states."""
        found = self._column("SELECT external_ref || '=' || state FROM settlements_statement")
        return dict(each.split("=") for each in found)

    def entries(self) -> list[str]:
        """Return the entries of the books."""
        return self._column("SELECT id FROM ledger_entry ORDER BY id")

    def states_of(self, refs: list[str]) -> list[str]:
        """Return the states of some orders."""
        found = self._column("SELECT external_ref || '=' || state FROM orders_order")
        return [state for each in found for ref, _, state in [each.partition("=")] if ref in refs]

    def lowest(self) -> int:
        """Return the smallest number that lies, or is free, anywhere."""
        (found,) = self._column("SELECT MIN(MIN(on_hand, on_hand - reserved)) FROM stock_level")
        return int(found)

    def rows_of(self, table: str) -> int:
        """Return how many rows a table has."""
        return len(self._column(f"SELECT 1 FROM {table}"))

    def is_idle(self) -> bool:
        """Say whether every file that was sent has been read."""
        open_jobs = "state NOT IN ('done', 'dead', 'cancelled') AND task LIKE 'uploads%'"
        return not self._column(f"SELECT id FROM kernel_job WHERE {open_jobs}")

    def is_busy(self) -> bool:
        """Say whether the worker is at something."""
        return bool(self._column("SELECT id FROM kernel_job WHERE state = 'running'"))

    def _column(self, query: str) -> list[str]:
        engine = sa.create_engine(self.config.database_url)
        try:
            with engine.connect() as connection:
                return list(connection.scalars(sa.text(query)))
        finally:
            engine.dispose()


@contextmanager
def opened(
    databases: Databases,
    instance: Path,
    beside: Path | None = None,
    install: str = "",
    allow: tuple[str, ...] = (),
) -> Iterator[Premises]:
    """Serve a new installation beside a simulated Amazon; a worker is at work."""
    amazon = AmazonFake.lived(seed=7, orders=ORDERS, factor=10_000, stored=0.0)
    with amazon.up() as served:
        config = Config(
            instance=instance,
            database_url=databases.create("sqlite"),
            addon_paths=(ROOT / "addons", *filter(None, [beside])),
            http_allow=(served.opened, *allow),
        )
        initialise(config, CompanyWish("Company", "GB"))
        kernel = Kernel.boot(config)
        with kernel.db.write() as session:
            token = first_run.renew_admin_token(session, config.instance)
        kernel.db.dispose()
        if install:  # before the worker starts: it ends when an addon is installed
            command(config, "addons", "install", install)
        with server(config, 2) as address, worker(config):
            yield Premises(config, address, token, amazon, served.url)
    databases.drop(config.database_url)


def sign_in(walk: Walk, token: str) -> None:
    """Sign in with the token that the console shows."""
    walk.open("/login")
    walk.page.fill("input[name=token]", token)
    walk.click("main button.btn-primary")


def enter(walk: Walk, premises: Premises, **wrong: str) -> None:
    """Fill the form of an Amazon account, some of it wrongly."""
    given = {
        **premises.amazon.credentials(),
        "simulator": premises.amazon_address,
        "label": "Amazon UK",
        **wrong,
    }
    for name, value in given.items():
        field = walk.page.locator(f"main [name={name if name == 'label' else f'setting_{name}'}]")
        if field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def counted(walk: Walk, what: str) -> int:
    """Return the number that stands somewhere."""
    return int(re.sub(r"\D", "", walk.page.inner_text(what)))


def connect_amazon(walk: Walk, premises: Premises) -> None:
    """Connect the account, and wait for its orders."""
    walk.open("/connections/add/amazon")
    enter(walk, premises)
    walk.click("main button.btn-primary")
    walk.click("main form[action$='/run'] button")
    walk.until(lambda: premises.orders() >= paid(premises))


def paid(premises: Premises) -> set[str]:
    """Return the numbers of the orders that the marketplace has taken and been paid for."""
    sales = premises.amazon.trade.sales.values()
    return {sale.ref for sale in sales if sale.status in (Status.OPEN, Status.SENT)}
