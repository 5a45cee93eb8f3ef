"""A real Chromium before a real server; without Chromium these tests skip and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.config import ROOT
from core.config import Config
from core.demo import loading
from core.identity import first_run
from core.kernel.kernel import Kernel
from tests.browser.premises import Premises
from tests.browser.premises import opened
from tests.databases import Databases
from tests.web.serving import server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "There is no Chromium: install your system's (Debian: apt-get install chromium),"
    " or name one in ENTREPOT_CHROMIUM."
)


@dataclass(frozen=True)
class Shop:
    """The demo company behind a server; `token` signs its administrator in."""

    address: str
    token: str


@pytest.fixture(scope="session")
def shop(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Serve the demo company."""
    config = Config(
        instance=tmp_path_factory.mktemp("browser"),
        database_url=databases.create("sqlite"),
        addon_paths=(ROOT / "addons",),
    )
    made = initialise(config, CompanyWish(loading.NAME, loading.COUNTRY))
    kernel = Kernel.boot(config)
    assert loading.load_demo(kernel, made.company)
    with kernel.db.write() as session:
        token = first_run.renew_admin_token(session, config.instance)
    kernel.db.dispose()
    with server(config, 2) as address:
        yield Shop(address, token)
    databases.drop(config.database_url)


@pytest.fixture
def premises(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """Serve a new installation beside a simulated Amazon; a worker is at work."""
    with opened(databases, tmp_path_factory.mktemp("journey")) as made:
        yield made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="`test --browser` installs it")
    found = os.environ.get("ENTREPOT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
    if not found or not Path(found).exists():
        pytest.skip(MISSING)
    with playwright.sync_playwright() as started:
        # A container has no user namespaces for the sandbox; only our own pages are opened.
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()
