"""Journeys of sellers through the pages in a real browser, in both languages, within their budgets.

The marketplaces are simulated; what has come in is compared with their own truth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.config import ROOT
from core.config import Config
from core.identity import first_run
from core.kernel.companies import find_company
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.trade import Status
from tests.browser.walking import Walk
from tests.browser.walking import walking
from tests.databases import Databases
from tests.web.conftest import SETTLEMENT
from tests.web.serving import command
from tests.web.serving import server
from tests.web.serving import worker

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

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

    def fill_warehouse(self) -> None:
        """Let the warehouse hold plenty of all that is sold."""
        rows = [f"{code},MAIN,500,1.00,GBP,2026-01-05" for code in self.amazon.trade.products]
        path = self.config.instance / "stock.csv"
        head = "sku,warehouse,quantity,unit_cost,currency,received_on"
        path.write_text("\n".join([head, *rows]), encoding="utf-8")
        command(self.config, "import", "stock", str(path))

    def connect(self, addon: str, label: str) -> None:
        """Make a connection that needs nothing to be entered."""
        kernel = Kernel.boot(self.config)
        with kernel.db.write() as session:
            create_connection(session, addon, label, {}, company_id=find_company(session).id)
        kernel.db.dispose()

    def statements(self) -> dict[str, str]:
        """Return the settlements with their states."""
        found = self._column("SELECT external_ref || '=' || state FROM settlements_statement")
        return dict(each.split("=") for each in found)

    def entries(self) -> list[str]:
        """Return the entries of the books."""
        return self._column("SELECT id FROM ledger_entry ORDER BY id")

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


@pytest.fixture
def premises(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """Serve a new installation beside a simulated Amazon; a worker is at work."""
    amazon = AmazonFake.lived(seed=7, orders=ORDERS, factor=10_000, stored=0.0)
    with amazon.up() as served:
        config = Config(
            instance=tmp_path_factory.mktemp("journey"),
            database_url=databases.create("sqlite"),
            addon_paths=(ROOT / "addons",),
            http_allow=(served.url.removeprefix("http://"),),
        )
        initialise(config, CompanyWish("Company", "GB"))
        kernel = Kernel.boot(config)
        with kernel.db.write() as session:
            token = first_run.renew_admin_token(session, config.instance)
        kernel.db.dispose()
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_orders_come_within_ten_minutes(
    chromium: Browser, premises: Premises, language: str
) -> None:
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        walk.click("main a[href='/setup']")
        walk.page.fill("#name", "Harbour 港湾")
        walk.page.select_option("#country", "CN")
        walk.page.fill("#currency", "CNY")
        walk.page.select_option("#timezone", "Asia/Shanghai")
        walk.click("main button.btn-primary")
        assert "Harbour 港湾" in walk.page.inner_text("header.topbar")

        walk.click("main a[href='/connections/add']")
        walk.click("main a[href='/connections/add/amazon']")
        enter(walk, premises, refresh_token="Atzr|wrong")
        walk.click("main button.btn-primary")
        walk.refused()
        enter(walk, premises)
        walk.click("main button.btn-primary")
        assert "Amazon UK" in walk.text()

        walk.open("/setup/connect")
        walk.click("main form[action$='/test'] button")
        assert walk.page.locator("main .notice.good").count() == 1
        walk.open("/setup/shops")
        walk.click("main form[action$='/run'] button")
        walk.until(lambda: premises.orders() >= paid(premises))
        walk.open("/")
        assert str(len(premises.orders())) in walk.text()
        walk.open("/setup/skus")
        done = re.search(r"(\d+)\D+11", walk.page.inner_text("main nav.panel header"))

        assert premises.orders() <= premises.amazon.trade.sales.keys()
        assert done is not None
        assert int(done[1]) >= 5
        walk.within(clicks=25, minutes=10)


@pytest.mark.parametrize("language", LANGUAGES)
def test_authorisation_that_was_taken_back_is_seen_and_renewed(
    chromium: Browser, premises: Premises, language: str
) -> None:
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        walk.open("/connections/add/amazon")
        enter(walk, premises)
        walk.click("main button.btn-primary")
        here = walk.page.url.removeprefix(premises.address)

        premises.amazon.revoke()
        walk.click(f"main form[action='{here}/run'] button")
        # What was under way before may still tell of its success: only then it is sure.
        walk.until(lambda: premises.state() == "needs_credentials" and not premises.is_busy())
        walk.open("/")
        assert walk.page.locator("main a[href='/connections']").count() == 1
        walk.click("main a[href='/connections']")
        walk.click(f"main a[href='{here}']")
        assert walk.page.locator("main .notice.warn").count() >= 1
        assert premises.orders() == set()

        walk.page.fill("main [name=setting_refresh_token]", premises.amazon.refresh_token)
        walk.click(f"main form[action='{here}'] button.btn-primary")
        assert premises.state() == "ok"
        walk.click(f"main form[action='{here}/run'] button")
        walk.until(lambda: premises.orders() >= paid(premises))
        walk.open("/")
        assert walk.page.locator("main section a[href='/connections']:visible").count() == 0
        walk.within(clicks=12, minutes=4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_settlement_comes_once_and_a_changed_one_is_kept_aside(
    chromium: Browser, premises: Premises, language: str
) -> None:
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        premises.connect("amazon_settlements", "Payouts")

        send_settlement(walk, premises, settlement_file("51", "-8.00"))
        walk.open("/settlements")
        walk.click("main tbody th a")
        assert walk.text().count("-8.00") >= 2
        before = premises.entries()

        send_settlement(walk, premises, settlement_file("51", "-8.00"))
        assert premises.statements() == {"51": "booked"}
        send_settlement(walk, premises, settlement_file("52", "-8.01"))
        walk.open("/")
        assert walk.page.locator("main a[href='/settlements']:visible").count() >= 1
        assert premises.statements() == {"51": "booked", "52": "quarantined"}
        assert premises.entries() == before
        walk.open("/ledger")
        walk.within(clicks=10, minutes=4)


def send_settlement(walk: Walk, premises: Premises, text: str) -> None:
    """Send a file on the page of imports, and wait until the worker has read it."""
    walk.open("/imports")
    walk.page.select_option("#kind", "settlements")
    walk.page.select_option("#connection", index=1)
    payload = {"name": "settlement.txt", "mimeType": "text/plain", "buffer": text.encode()}
    walk.page.set_input_files("#file", files=[payload])  # type: ignore[list-item]
    walk.click("#send button.btn-primary")
    walk.until(premises.is_idle)


def settlement_file(number: str, total: str) -> str:
    """Return a settlement of two fees that come to -8.00, whatever total it declares."""
    head = (number, "2026-09-01", "2026-09-14", "2026-09-16", total, "GBP")
    rows = [SETTLEMENT, head + ("",) * 7]
    for name, amount in (("Subscription Fee", "-5.00"), ("Robot Fee", "-3.00")):
        code = ("ServiceFee", "", "ServiceFee", name)
        rows.append((number, "", "", "", "", "", *code, amount, "2026-09-03", ""))
    return "\n".join("\t".join(row) for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_orders_are_handed_to_the_warehouse_at_once(
    chromium: Browser, premises: Premises, language: str
) -> None:
    premises.fill_warehouse()
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        walk.open("/connections/add/amazon")
        enter(walk, premises)
        walk.click("main button.btn-primary")
        walk.click("main form[action$='/run'] button")
        walk.until(lambda: premises.orders() >= paid(premises))

        walk.open("/orders?state=allocated")
        found = walk.page.locator("main input[name=order]").count()
        walk.tick("main input[data-choose=order]")
        assert walk.page.locator("main input[name=order]:checked").count() == found >= 1
        walk.page.locator("#verb").focus()
        walk.page.select_option("#verb", "release")
        walk.click("main .several button.btn-primary")
        assert walk.page.locator("main .tag.good").count() == found

        walk.page.go_back()
        walk.page.reload()
        walk.page.select_option("#state", "released")
        walk.page.wait_for_url("**state=released**")
        assert walk.page.locator("main input[name=order]").count() == found
        walk.within(clicks=10, minutes=4)


def paid(premises: Premises) -> set[str]:
    """Return the numbers of the orders that the marketplace has taken and been paid for."""
    sales = premises.amazon.trade.sales.values()
    return {sale.ref for sale in sales if sale.status in (Status.OPEN, Status.SENT)}
