"""The addons page, and its switch under two gunicorn workers."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import httpx2
import pytest
from flask.testing import FlaskClient

from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.config import ROOT
from core.config import Config
from core.identity import first_run
from core.kernel import faults
from core.kernel import lifecycle
from core.kernel.quarantine import quarantine
from tests.web.conftest import FIELD
from tests.web.conftest import Site
from tests.web.conftest import form_token

PAGE = "/x/profit_report/"
TOGGLES = 20
METHODS = ("GET", "POST", "OPTIONS")
ASKED = 6


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


def test_two_workers_answer_right_after_every_toggle(database_url: str, tmp_path: Path) -> None:
    config = Config(tmp_path, database_url, (ROOT / "addons",))
    initialise(config, CompanyWish("Shop", "GB"))
    token = first_run.shown_token(tmp_path)
    assert token is not None

    with server(config) as address, httpx2.Client(base_url=address) as browser:
        browser.post("/login", data={"token": token, **fields(browser, "/login")})
        assert browser.get(PAGE).status_code == 200
        for number in range(TOGGLES):
            enabled = bool(number % 2)
            verb = "enable" if enabled else "disable"
            answer = browser.post(f"/addons/profit_report/{verb}", data=fields(browser, "/addons"))
            assert answer.status_code == 303
            assert answers(address, browser.cookies) == expected(enabled), (number, verb)


def expected(enabled: bool) -> set[tuple[str, int]]:
    # The page is there for all three, though it takes no POST.
    codes = {"GET": 200, "POST": 405, "OPTIONS": 200}
    return {(method, codes[method] if enabled else 404) for method in METHODS}


def answers(address: str, cookies: httpx2.Cookies) -> set[tuple[str, int]]:
    """Ask over many new connections at once, so that both workers are asked."""
    sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}

    def ask(method: str) -> tuple[str, int]:
        connection = HTTPConnection(address.removeprefix("http://"))
        try:
            connection.request(method, PAGE, headers=sent)
            return method, connection.getresponse().status
        finally:
            connection.close()

    with ThreadPoolExecutor(ASKED) as pool:
        return set(pool.map(ask, [METHODS[place % len(METHODS)] for place in range(2 * ASKED)]))


def fields(browser: httpx2.Client, address: str) -> dict[str, str]:
    found = FIELD.search(browser.get(address).text)
    assert found is not None
    return {"csrf_token": found[1]}


@contextmanager
def server(config: Config) -> Iterator[str]:
    """Run gunicorn with two workers as `entrepot serve` does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host, port = free.getsockname()
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py"]
    environment = {
        **os.environ,
        "ENTREPOT_INSTANCE": str(config.instance),
        "ENTREPOT_DATABASE_URL": config.database_url,
        "ENTREPOT_WEB_PROCESSES": "2",
    }
    log = config.instance / "gunicorn.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "-b", f"{host}:{port}", "wsgi:app"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=out,
        )
    try:
        wait_for_workers(f"http://{host}:{port}", log)
        yield f"http://{host}:{port}"
    finally:
        process.terminate()
        process.wait(40)


def wait_for_workers(address: str, log: Path) -> None:
    for _ in range(300):
        if len(re.findall("Booting worker", log.read_text())) >= 2:
            try:
                if httpx2.get(f"{address}/readyz").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())
