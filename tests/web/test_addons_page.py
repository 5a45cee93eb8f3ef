"""The addons page and its switches."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from core.kernel import faults
from core.kernel import lifecycle
from core.kernel.quarantine import quarantine
from tests.web.conftest import Site
from tests.web.conftest import form_token

PAGE = "/x/profit_report/"
METHODS = ("GET", "POST", "OPTIONS")


def test_page_shows_states_and_faults(site: Site, client: FlaskClient) -> None:
    faults.record(site.kernel, "tax_uk", "hook:tax_regimes", RuntimeError("<b>broken</b>"))

    overview = client.get("/addons").text
    detail = client.get("/addons/tax_uk").text

    for name in ("file_channel", "own_warehouse", "profit_report", "tax_uk"):
        assert f"/addons/{name}" in overview
    assert "&lt;b&gt;broken&lt;/b&gt;" in detail
    assert "<b>broken" not in detail


def test_switch_hides_an_addon_and_its_menu(site: Site, client: FlaskClient) -> None:
    assert PAGE in client.get("/").text

    off = client.post("/addons/profit_report/disable", data=signed(client), follow_redirects=True)
    hidden = {client.open(PAGE, method=method).status_code for method in METHODS}
    menu = client.get("/").text
    on = client.post("/addons/profit_report/enable", data=signed(client), follow_redirects=True)

    assert "profit_report is disabled" in off.text
    assert hidden == {404}
    assert PAGE not in menu
    assert "profit_report is enabled" in on.text
    assert client.get(PAGE).status_code == 200


def test_refusal_is_said_and_changes_nothing(
    site: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise lifecycle.GraphError("tax_uk is needed by tax_oss.", hint="Disable that first.")

    monkeypatch.setattr(lifecycle, "disable", refuse)

    answer = client.post("/addons/tax_uk/disable", data=signed(client), follow_redirects=True)

    assert "tax_uk is needed by tax_oss. Disable that first." in answer.text
    assert client.get("/addons/tax_uk").text.count("Enabled") >= 1


def test_what_hangs_on_an_addon_is_shown_before_it_is_disabled(
    site: Site, client: FlaskClient
) -> None:
    overview = client.get("/addons").text
    page = client.get("/addons/file_channel/impact")

    assert 'href="/addons/file_channel/impact"' in overview
    assert page.status_code == 200
    assert "connectors" in page.text
    assert 'action="/addons/file_channel/disable"' in page.text
    assert "entrepot addons purge file_channel" in page.text
    assert client.get("/addons/nobody/impact").status_code == 404
    client.post("/preferences", data={"language": "zh_Hans", **signed(client)})
    assert "此插件牵涉到什么" in client.get("/addons/file_channel/impact").text
    client.post("/preferences", data={"language": "en", **signed(client)})


def test_a_quarantined_addon_is_tried_again_by_a_button(site: Site, client: FlaskClient) -> None:
    with site.kernel.db.write() as session:
        quarantine(session, "profit_report", "20 of 20 calls failed.")
    site.kernel.refresh()

    assert client.get(PAGE).status_code == 404
    overview = client.get("/addons").text
    assert "20 of 20 calls failed." in overview
    assert 'action="/addons/profit_report/retry"' in overview

    answer = client.post("/addons/profit_report/retry", data=signed(client), follow_redirects=True)

    assert "profit_report is enabled" in answer.text
    assert client.get(PAGE).status_code == 200
    again = client.post("/addons/profit_report/retry", data=signed(client), follow_redirects=True)
    assert "is not quarantined" in again.text


def test_unknown_addon_is_not_there(client: FlaskClient) -> None:
    assert client.get("/addons/nobody").status_code == 404
    answer = client.post("/addons/nobody/enable", data=signed(client), follow_redirects=True)
    assert "There is no addon nobody." in answer.text


def signed(client: FlaskClient) -> dict[str, str]:
    return {"csrf_token": form_token(client, "/")}
