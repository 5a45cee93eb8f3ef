"""Integrators' ways: a client's addon comes and goes, and a bad one harms nobody.

The client's addon and the bad one are put beside those that come with Entrepot.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.config import ROOT
from tests.browser.premises import LANGUAGES
from tests.browser.premises import Premises
from tests.browser.premises import connect_amazon
from tests.browser.premises import opened
from tests.browser.premises import sign_in
from tests.browser.walking import Walk
from tests.browser.walking import walking
from tests.databases import Databases
from tests.kernel.wheeling import make_wheel
from tests.web.serving import command
from tests.web.serving import refused
from tests.web.serving import server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

BAD = "evil_raise"
CLIENTS = "alpha"
BANNER = "main .notice.bad a[href='/safe-mode']"

OFFERS = '''"""What a client wanted: a page of his own, with a settings form."""

from __future__ import annotations

from marshmallow import fields

from core.api import AddonBlueprint
from core.api import MenuItem
from core.api import SettingsSchema
from core.api import hookimpl

pages = AddonBlueprint("alpha", __name__)


class AlphaSettings(SettingsSchema):
    """What the client says."""

    number = fields.String(load_default="", metadata={"label": "Number", "help": "Of his own."})


@pages.get("/report")
def report() -> str:
    """Show the report."""
    icon = '<link rel="icon" href="data:,">'
    return f"<!doctype html>{icon}<title>R</title><main>The client's report</main>"


class Addon:
    """The client's addon."""

    settings_schema = AlphaSettings

    @hookimpl
    def blueprints(self):
        return [pages]

    @hookimpl
    def menu_items(self):
        return [MenuItem("alpha", "Client's report", "alpha.report", "percent")]
'''


RAISES = '''"""Fails whatever it is told or asked."""

from __future__ import annotations

from core.api import hookimpl


class Addon:
    """An addon of which nothing good comes."""

    @hookimpl
    def orders_imported(self, orders, session):
        raise RuntimeError("raised on purpose")

    @hookimpl
    def menu_items(self):
        raise RuntimeError("raised on purpose")
'''


def put_in(folder: Path, source: Path, name: str) -> Path:
    """Put an addon where the installation finds it."""
    made = folder / name
    shutil.copytree(source, made, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = made / "manifest.toml"
    manifest.write_text(manifest.read_text("utf-8").replace(source.name, name), "utf-8")
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_addon_of_a_client_is_tried_enabled_and_taken_away(
    chromium: Browser, databases: Databases, tmp_path: Path, language: str
) -> None:
    source = put_in(tmp_path / "source", ROOT / "tests" / "kernel" / "addons" / CLIENTS, CLIENTS)
    (source / "addon.py").write_text(OFFERS, "utf-8")
    wheel = make_wheel(source, tmp_path / "alpha.whl")
    altered = make_wheel(source, tmp_path / "altered.whl", changed="addon.py")
    instance = tmp_path / "instance"
    instance.mkdir()
    made = instance / "addons" / CLIENTS
    with (
        opened(databases, instance, made.parent) as premises,
        walking(chromium, premises.address, language) as walk,
    ):
        assert "addon.py" in refused(premises.config, "addons", "add", str(altered))
        assert "sha256: " in command(premises.config, "addons", "add", str(wheel))
        command(premises.config, "addons", "lock")
        (made / "__init__.py").write_text("# changed on the way\n", "utf-8")
        assert CLIENTS in refused(premises.config, "addons", "verify")
        (made / "__init__.py").write_text("", "utf-8")
        command(premises.config, "addons", "lock")
        command(premises.config, "addons", "try-on-copy", CLIENTS)
        command(premises.config, "addons", "install", CLIENTS)

        sign_in(walk, premises.token)
        walk.open(f"/addons/{CLIENTS}")
        walk.until(lambda: tells_of_tables(walk))
        walk.click(f"main form[action='/addons/{CLIENTS}/enable'] button")
        walk.open(f"/addons/{CLIENTS}/settings")
        walk.page.fill("main [name$=number]", "GB123")
        walk.click("main button.btn-primary")
        assert walk.page.locator("main .notice.good").count() == 1
        walk.click("aside a[href='/x/alpha/report']")
        assert "The client's report" in walk.text()

        walk.open(f"/addons/{CLIENTS}/impact")
        assert "alpha__note" in walk.text()
        walk.click(f"main form[action='/addons/{CLIENTS}/disable'] button")
        assert walk.page.locator("aside a[href='/x/alpha/report']").count() == 0
        gone = walk.page.request.get(f"{premises.address}/x/alpha/report")
        assert gone.status == 404
        assert premises.rows_of("alpha__note") == 0  # the table is kept
        take_away(premises, tmp_path / "kept.zip")
        walk.within(clicks=10, minutes=4)


def take_away(premises: Premises, kept: Path) -> None:
    """Take the addon away for good, after what it stored was written."""
    command(premises.config, "addons", "uninstall", CLIENTS)
    assert CLIENTS in command(premises.config, "addons", "purge", CLIENTS)
    command(premises.config, "addons", "export", CLIENTS, str(kept))
    assert "alpha__note.csv" in zipfile.ZipFile(kept).namelist()
    command(premises.config, "addons", "purge", CLIENTS, "--yes", CLIENTS)


def tells_of_tables(walk: Walk) -> bool:
    """Say whether the page knows of the addon's tables: it was installed by another process."""
    walk.page.reload()
    return "alpha__note" in walk.text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_bad_addon_is_taken_out_of_service_and_harms_nobody(
    chromium: Browser, databases: Databases, tmp_path: Path, language: str
) -> None:
    beside = tmp_path / "beside"
    made = put_in(beside, ROOT / "core" / "testkit" / "broken" / "raises_everywhere", BAD)
    (made / "addon.py").write_text(RAISES, "utf-8")
    with (
        opened(databases, tmp_path, beside, BAD) as premises,
        walking(chromium, premises.address, language) as walk,
    ):
        sign_in(walk, premises.token)
        walk.open("/addons")
        walk.click(f"main form[action='/addons/{BAD}/enable'] button")
        connect_amazon(walk, premises)
        walk.until(lambda: is_named(walk))
        walk.click(BANNER)
        assert "raised on purpose" in (walk.page.text_content("main pre.trace") or "")

        walk.click(f"main form[action='/addons/{BAD}/retry'] button")
        (made / "addon.py").write_text('raise RuntimeError("at import")\n', "utf-8")
        walk.within(clicks=12, minutes=6)
        again_without_it(chromium, premises, language)


def is_named(walk: Walk) -> bool:
    """Say whether the pages name the addon that is out of service; each visit asks it again."""
    walk.open("/orders")
    return walk.page.locator(BANNER).count() > 0


def again_without_it(chromium: Browser, premises: Premises, language: str) -> None:
    """Start anew with files that cannot be imported, and disable the addon: the banner goes."""
    with (
        server(premises.config, 1) as address,
        walking(chromium, address, language) as walk,
    ):
        sign_in(walk, premises.token)
        assert walk.page.locator(BANNER).count() == 1
        walk.click(BANNER)
        assert "at import" in walk.text()
        if language == "en":
            walk.click(f"main form[action='/safe-mode/{BAD}/disable'] button")
        else:
            command(premises.config, "addons", "disable", BAD, "--force")
            walk.page.reload()
        assert walk.page.locator(BANNER).count() == 0
        assert walk.page.locator("main .empty").count() == 1
        walk.within(clicks=3, minutes=1)
