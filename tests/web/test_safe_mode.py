"""Addons that should run and do not are named on every page, to those who may see addons."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from core.kernel.kernel import AddonInfo
from tests.web.conftest import Site
from tests.web.people import browser_of
from tests.web.people import make_user

BANNER = 'href="/safe-mode"'


@pytest.fixture
def failing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an addon fail."""
    info = AddonInfo(
        "evil", "Evil", "", "app", "1.0", "1.0", "quarantined", "20 of 20 failed.", (), ()
    )
    monkeypatch.setattr(site.kernel, "failing", lambda: [info])


def test_pages_name_it_and_say_what_to_do(failing: None, client: FlaskClient) -> None:
    assert BANNER in client.get("/orders").text

    page = client.get("/safe-mode").text

    assert "20 of 20 failed." in page
    assert 'action="/safe-mode/evil/disable"' in page
    assert 'action="/addons/evil/retry"' in page


def test_who_may_see_no_addons_is_told_nothing(failing: None, site: Site) -> None:
    make_user(site, "safe.packer", "warehouse", site.company.id)
    browser = browser_of(site, "safe.packer")

    assert BANNER not in browser.get("/stock").text
    assert browser.get("/safe-mode").status_code == 403


def test_all_is_well_where_all_run(client: FlaskClient) -> None:
    assert BANNER not in client.get("/orders").text
    assert "All enabled addons run" in client.get("/safe-mode").text
