"""The web application over the demo company and over a second company that must stay unseen."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core.app import create_app
from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.config import ROOT
from core.config import Config
from core.demo import loading
from core.identity import first_run
from core.kernel import lifecycle
from core.kernel.companies import CompanyInfo
from core.kernel.companies import list_companies
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from core.settlements.importing import import_settlement_file
from tests.databases import ENGINES
from tests.databases import Databases
from tests.web.conforming import conforming
from tests.world import Worlds

FIELD = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Site:
    """An application with two companies that hold the same demo data."""

    app: Flask
    config: Config
    kernel: Kernel
    company: CompanyInfo
    other: CompanyInfo

    def new_token(self) -> str:
        """Give the administrator a new token."""
        with self.kernel.db.write() as session:
            return first_run.renew_admin_token(session, self.config.instance)

    def visitor(self) -> FlaskClient:
        """Return a browser that is not signed in."""
        return self.app.test_client()

    def rows(self, query: Any) -> list[Any]:
        """Return the rows of a query."""
        with self.kernel.db.read() as session:
            return list(session.execute(query))


@pytest.fixture(scope="session", params=ENGINES)
def site(
    request: pytest.FixtureRequest,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Give an installation as `entrepot run` makes it; tests only read its business rows."""
    config = Config(
        instance=tmp_path_factory.mktemp("site"),
        database_url=databases.create(request.param),
        addon_paths=(ROOT / "addons",),
    )
    made = initialise(config, CompanyWish(loading.NAME, loading.COUNTRY))
    other = initialise(config, CompanyWish("Other", "GB")).company
    app = conforming(create_app(config))
    kernel = app.extensions["entrepot"]
    assert loading.load_demo(kernel, made.company)
    fill(kernel, other)
    for company in (made.company, other):
        settle(kernel, company, tmp_path_factory.mktemp("settled"))
    yield Site(app, config, kernel, made.company, other)
    kernel.db.dispose()
    databases.drop(config.database_url)


def fill(kernel: Kernel, company: CompanyInfo) -> None:
    """Import the demo files into another company."""
    folder = Path(loading.__file__).parent
    files = (folder / name for name in ("stock.csv", "orders.csv", "mapping.toml"))
    loading._import(kernel, company, *files, lambda _line: None)


def settle(kernel: Kernel, company: CompanyInfo, folder: Path) -> None:
    """Import a settlement into a company, with a code that nobody knows."""
    path = folder / "settlement.txt"
    path.write_text(settlement_text("51", "-8.00", company.currency), encoding="utf-8")
    with kernel.db.write() as session:
        connection = create_connection(
            session, "amazon_settlements", f"Payouts {company.code}", {}, company_id=company.id
        )
    import_settlement_file(kernel, connection, path)


def settlement_text(number: str, total: str, currency: str = "GBP") -> str:
    """Return a settlement of two fees that come to -8.00, whatever total it declares."""
    head = (number, "2026-09-01", "2026-09-14", "2026-09-16", total, currency)
    rows = [SETTLEMENT, head + ("",) * 7]
    for name, amount in (("Subscription Fee", "-5.00"), ("Robot Fee", "-3.00")):
        code = ("ServiceFee", "", "ServiceFee", name)
        rows.append((number, "", "", "", "", "", *code, amount, "2026-09-03", ""))
    return "\n".join("\t".join(row) for row in rows)


SETTLEMENT = tuple(
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency"
    " transaction-type order-id amount-type amount-description amount posted-date sku".split()
)


def prepare_two(url: str, folder: Path) -> None:
    """Bring a database with the tables of the core to two companies that have done nothing."""
    config = Config(folder, url, (ROOT / "addons",))
    for name in ("Shop", "Other"):
        initialise(config, CompanyWish(name, "GB"))


@pytest.fixture(scope="session")
def empty_sites(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Make as many installations of two companies as a test wants."""
    made = Worlds(databases, tmp_path_factory.mktemp("sites"), prepare_two)
    yield made
    made.close()


@pytest.fixture(params=ENGINES)
def site_with(
    request: pytest.FixtureRequest, empty_sites: Worlds, tmp_path: Path
) -> Iterator[Callable[..., Site]]:
    """Open an installation of one's own that runs an addon of the tests, on each engine."""
    url = empty_sites.create(request.param)
    empty_sites.bring_key(tmp_path)
    kernels: list[Kernel] = []

    def start(addon: str, addons: Path, **more: Any) -> Site:
        config = Config(tmp_path, url, (ROOT / "addons", addons), **more)
        app = create_app(config)
        kernel = app.extensions["entrepot"]
        kernels.append(kernel)
        lifecycle.install(kernel, addon)
        lifecycle.enable(kernel, addon)
        with kernel.db.read() as session:
            named = {company.name: company for company in list_companies(session)}
        return Site(app, config, kernel, named["Shop"], named["Other"])

    yield start
    for kernel in kernels:
        kernel.db.dispose()
    empty_sites.drop(url)


@pytest.fixture
def client(site: Site) -> FlaskClient:
    """Give a browser that is signed in."""
    browser = site.visitor()
    assert sign_in(browser, site.new_token()).status_code == 303
    return browser


@pytest.fixture
def session(site: Site) -> Iterator[Session]:
    """Give a session that reads the site's database."""
    with site.kernel.db.read() as opened:
        yield opened


def form_token(browser: FlaskClient, address: str = "/login") -> str:
    """Return the token that a page's forms carry."""
    found = FIELD.search(browser.get(address).text)
    assert found is not None
    return found[1]


def sign_in(browser: FlaskClient, token: str, **more: str) -> Any:
    """Send the sign-in form."""
    data = {"token": token, "csrf_token": form_token(browser), **more}
    return browser.post("/login", data=data)
