"""Who comes in, and for how long."""

from __future__ import annotations

import stat
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient

from core import clock
from core.identity import first_run
from core.identity import sessions
from core.identity import throttle
from core.identity.models import LoginThrottle
from core.identity.models import User
from core.identity.models import UserSession
from core.web.guarding import SESSION_COOKIE
from core.web.guarding import is_open
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.conftest import sign_in


@pytest.fixture(autouse=True)
def _forget_failures(site: Site) -> None:
    with site.kernel.db.write() as session:
        session.execute(sa.delete(LoginThrottle))


def test_every_route_but_the_public_ones_asks_to_sign_in(site: Site) -> None:
    asked = 0
    with site.app.app_context():
        closed = [rule for rule in site.app.url_map.iter_rules() if not is_open(rule.endpoint)]
    for rule in closed:
        if "GET" not in (rule.methods or ()):
            continue
        values = dict.fromkeys(rule.arguments, "1")
        address = site.app.url_map.bind("localhost").build(rule.endpoint, values)
        answer = site.visitor().get(address)
        asked += 1
        if address.startswith("/api/"):
            assert answer.status_code == 401, address
            continue
        assert answer.status_code == 302, address
        assert answer.location.startswith("/login"), address
        assert "next=" in answer.location or address == "/"

    assert asked > 15


def test_sign_in_leads_to_the_page_that_was_asked_for(site: Site) -> None:
    browser = site.visitor()
    asked = browser.get("/stock?show=short")

    answer = sign_in(browser, site.new_token(), next=asked.location.partition("next=")[2])

    assert asked.location == "/login?next=/stock?show%3Dshort"
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:1", "\t/x"],
)
def test_sign_in_never_leads_to_another_site(site: Site, address: str) -> None:
    answer = sign_in(site.visitor(), site.new_token(), next=address)

    assert answer.location == "/"


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    answer = sign_in(site.visitor(), site.new_token())

    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(SESSION_COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_database_holds_only_hashes(site: Site) -> None:
    token = site.new_token()
    browser = site.visitor()
    sign_in(browser, token)
    secret = browser.get_cookie(SESSION_COOKIE)
    assert secret is not None

    kept = [
        str(row)
        for column in (User.token_hash, UserSession.token_hash)
        for row in site.rows(sa.select(column))
    ]

    assert kept
    assert not any(token in row or secret.value in row for row in kept)


def test_token_file_is_private_and_goes_with_its_first_use(site: Site) -> None:
    token = site.new_token()
    file = site.config.instance / first_run.TOKEN_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first_run.shown_token(site.config.instance) == token

    sign_in(site.visitor(), token)

    assert not file.exists()
    assert sign_in(site.visitor(), token).status_code == 303


def test_new_token_ends_the_old_one_and_its_sessions(site: Site, client: FlaskClient) -> None:
    old = site.new_token()
    browser = site.visitor()
    sign_in(browser, old)

    site.new_token()

    assert browser.get("/").status_code == 302
    assert sign_in(site.visitor(), old).status_code == 422


def test_logging_out_ends_the_session_on_the_server(site: Site, client: FlaskClient) -> None:
    secret = client.get_cookie(SESSION_COOKIE)
    assert secret is not None

    client.post("/logout", data={"csrf_token": form_token(client, "/")})

    thief = site.visitor()
    thief.set_cookie(SESSION_COOKIE, secret.value)
    assert thief.get("/").status_code == 302


@pytest.mark.parametrize("idle", [sessions.IDLE_LIFE, sessions.SESSION_LIFE])
def test_idle_session_ends(client: FlaskClient, idle: timedelta) -> None:
    with time_machine.travel(clock.now() + idle + timedelta(minutes=1), tick=False):
        assert client.get("/").status_code == 302


def test_used_session_lives_on_until_its_end(client: FlaskClient) -> None:
    start = clock.now()
    step = timedelta(hours=11)
    lived = timedelta()
    while lived + step < sessions.SESSION_LIFE:
        lived += step
        with time_machine.travel(start + lived, tick=False):
            assert client.get("/healthz").status_code == 200
            assert client.get("/addons").status_code == 200

    with time_machine.travel(start + sessions.SESSION_LIFE + timedelta(seconds=2), tick=False):
        assert client.get("/addons").status_code == 302


def test_guessing_is_braked_per_address(site: Site) -> None:
    browser = site.visitor()
    for _ in range(throttle.MAX_FAILURES):
        assert sign_in(browser, "guess").status_code == 422

    token = site.new_token()
    refused = sign_in(browser, token)
    elsewhere = site.visitor()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"

    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert sign_in(elsewhere, token).status_code == 303
    with time_machine.travel(clock.now() + throttle.WINDOW + timedelta(minutes=1)):
        assert sign_in(site.visitor(), token).status_code == 303


@pytest.mark.parametrize(
    "address",
    ["/login", "/logout", "/preferences", "/addons/tax_uk/disable", "/addons/tax_uk/enable"],
)
def test_form_without_its_token_is_refused(site: Site, client: FlaskClient, address: str) -> None:
    answer = client.post(address, data={"token": "x", "language": "en"})

    assert answer.status_code == 400
    assert "tax_uk" in site.kernel.refresh()
    assert client.get("/").status_code == 200


def test_form_token_of_another_browser_is_refused(site: Site, client: FlaskClient) -> None:
    foreign = form_token(site.visitor())

    answer = client.post("/addons/tax_uk/disable", data={"csrf_token": foreign})

    assert answer.status_code == 400
    assert "tax_uk" in site.kernel.refresh()
