"""Authorising a connection at its platform, as a person does it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2
import pytest
from flask.testing import FlaskClient

from core import clock
from core.http.tokens import access_token
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import get_connection
from tests.http.conftest import ADDONS
from tests.http.conftest import connect_vendor
from tests.http.oauth_server import SECRET
from tests.http.oauth_server import OAuthServer
from tests.http.oauth_server import oauth_server
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.conftest import sign_in

LINK = re.compile(r'rel="noreferrer" href="([^"]+)"')


@pytest.fixture
def server() -> Iterator[OAuthServer]:
    """Give a platform's authorisation server."""
    with oauth_server() as made:
        yield made


@pytest.fixture
def place(site_with: Callable[..., Site], server: OAuthServer) -> Site:
    """Give an installation with the addon `vendor`, whose platform is the server."""
    assert server.served is not None
    hosts = (server.served.opened,)
    made = site_with("vendor", ADDONS, http_allow=hosts, public_url="https://erp.test")
    made.kernel.addon("vendor").oauth = server.declared
    connect_vendor(made.kernel, made.company.id, client_secret=SECRET)
    return made


@pytest.fixture
def person(place: Site) -> FlaskClient:
    """Give a browser that is signed in."""
    browser = place.visitor()
    sign_in(browser, place.new_token())
    return browser


def connection_of(place: Site) -> ConnectionInfo:
    with place.kernel.db.read() as session:
        return get_connection(session, "Main", company_id=place.company.id)


def platform_page(place: Site, person: FlaskClient) -> str:
    """Begin an authorisation and return the address of the platform's page."""
    address = f"/connections/{connection_of(place).id}/authorise"
    answer = person.post(address, data={"csrf_token": form_token(person, "/")})
    assert answer.status_code == 200, answer.text
    found = LINK.search(answer.text)
    assert found is not None
    return html.unescape(found[1])


def way_back(address: str) -> str:
    """Consent at the platform and return the path to which it sends the browser."""
    answer = httpx2.get(address, trust_env=False)
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == "https://erp.test"
    return f"{back.path}?{back.query}"


def test_a_connection_is_authorised_and_works(
    place: Site, person: FlaskClient, server: OAuthServer
) -> None:
    before = connection_of(place)
    with place.kernel.db.write() as session:
        from core.errors import AuthFailed
        from core.kernel.connection_states import note_failure

        note_failure(session, before, AuthFailed("The token is old."))
    page = person.get(f"/connections/{before.id}").text

    answer = person.get(way_back(platform_page(place, person)))

    assert f'action="/connections/{before.id}/authorise"' in page
    assert connection_of(place).state == "ok"
    assert answer.status_code == 303
    assert "Main is authorised." in person.get(answer.location).text
    assert access_token(place.kernel, before) == server.access_tokens[-1]


def refused(person: FlaskClient, back: str) -> bool:
    answer = person.get(back)
    page = person.get("/connections").text
    return answer.location == "/connections" and "was begun elsewhere" in page


def test_a_way_back_serves_once(place: Site, person: FlaskClient) -> None:
    back = way_back(platform_page(place, person))
    person.get(back)

    assert refused(person, back)


def test_a_way_back_belongs_to_who_began_it(place: Site, person: FlaskClient) -> None:
    back = way_back(platform_page(place, person))
    stranger = place.visitor()
    assert stranger.get(back).location.startswith("/login")
    sign_in(stranger, place.new_token())

    assert refused(stranger, back)


def test_a_way_back_does_not_hold_for_ever(
    place: Site, person: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = way_back(platform_page(place, person))
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert refused(person, back)


@pytest.mark.parametrize("state", ["", "x", "a.b.c", "é"])
def test_a_forged_way_back_is_refused(place: Site, person: FlaskClient, state: str) -> None:
    assert refused(person, f"/oauth/callback?code=1&state={state}")
    assert connection_of(place).last_ok_at is None


def test_a_changed_state_is_refused(place: Site, person: FlaskClient) -> None:
    back = way_back(platform_page(place, person))

    assert refused(person, back.replace("state=", "state=I"))
    assert not refused(person, back)


def test_a_person_who_declines_is_told(
    place: Site, person: FlaskClient, server: OAuthServer
) -> None:
    server.refuse = True
    person.get(way_back(platform_page(place, person)))

    assert "was not authorised: access_denied" in person.get("/connections").text


def test_a_foreign_page_is_not_linked_to(place: Site, person: FlaskClient) -> None:
    from dataclasses import replace

    addon = place.kernel.addon("vendor")
    addon.oauth = replace(addon.oauth, authorize_url="https://evil.test/authorize")
    address = f"/connections/{connection_of(place).id}/authorise"

    answer = person.post(address, data={"csrf_token": form_token(person, "/")})

    assert answer.status_code == 409
    assert "may not reach evil.test" in answer.text


def test_another_company_s_connection_cannot_be_authorised(
    place: Site, person: FlaskClient
) -> None:
    foreign = connect_vendor(place.kernel, place.other.id, "Foreign", client_secret=SECRET)

    answer = person.post(
        f"/connections/{foreign.id}/authorise", data={"csrf_token": form_token(person, "/")}
    )

    assert answer.status_code == 404
