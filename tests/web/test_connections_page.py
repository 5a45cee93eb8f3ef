"""The pages of connections and of addons' settings, as a person uses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core import clock
from core.config import ROOT
from core.errors import AuthFailed
from core.identity import second_factor
from core.identity import totp
from core.identity.actor import HOUSE
from core.identity.models import UserSession
from core.identity.sessions import CONFIRMED_FOR
from core.identity.users import user_by_name
from core.kernel import keys
from core.kernel import lifecycle
from core.kernel.connections import create_connection
from core.kernel.connections import full_settings
from core.kernel.connections import list_connections
from core.kernel.settings import shown_settings
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.conftest import sign_in
from tests.web.people import PASSWORD
from tests.web.people import browser_of
from tests.web.people import make_user

TOKEN = "canary-4711-token"
GIVEN = {"label": "Main", "account": "A1", "setting_region": "eu", "setting_token": TOKEN}


@pytest.fixture
def place(site_with: Callable[..., Site]) -> Site:
    """Give an installation of its own, with the addon `platform` of the kernel's tests."""
    return site_with("platform", ROOT / "tests" / "kernel" / "addons")


@pytest.fixture
def person(place: Site) -> FlaskClient:
    """Give a browser that is signed in."""
    browser = place.visitor()
    sign_in(browser, place.new_token())
    return browser


def send(person: FlaskClient, address: str, **fields: object):
    fields["csrf_token"] = form_token(person, "/")
    return person.post(address, data=fields)


def connect(person: FlaskClient, **more: object) -> str:
    """Connect through the form and return the address of the connection's page."""
    answer = send(person, "/connections/add/platform", **{**GIVEN, **more})
    assert answer.status_code == 303, answer.text
    return answer.location


def stored(place: Site):
    with place.kernel.db.read() as session:
        return [
            (each, full_settings(session, each)["token"].reveal())
            for each in list_connections(session)
        ]


def version_on(page: str) -> str:
    found = re.search(r'name="row_version" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_an_account_is_connected_tried_and_listed(place: Site, person: FlaskClient) -> None:
    choice = person.get("/connections/add").text
    page = person.get(connect(person)).text
    overview = person.get("/connections").text

    assert 'href="/connections/add/platform"' in choice
    assert 'href="/connections/add/file_channel"' in choice
    assert "Main is connected." in page
    assert '<span class="tag good">Works</span>' in overview
    ((made, token),) = stored(place)
    assert (made.label, made.account, token) == ("Main", "A1", TOKEN)
    assert len(place.kernel.addon("platform").connector.tried) == 1
    assert TOKEN not in choice + page + overview


@pytest.mark.parametrize(
    ("more", "said", "status"),
    [
        ({"setting_region": "moon"}, "Must be one of: eu, na.", 400),
        ({"setting_minutes": "3"}, "Must be greater than or equal to 5", 400),
        ({"setting_token": ""}, "Missing data for required field.", 400),
        ({"label": " "}, "a connection needs a label", 400),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept_in_the_form(
    place: Site, person: FlaskClient, more: dict[str, str], said: str, status: int
) -> None:
    answer = send(person, "/connections/add/platform", **{**GIVEN, **more})

    assert answer.status_code == status
    assert said in answer.text
    assert 'value="A1"' in answer.text
    assert TOKEN not in answer.text
    assert stored(place) == []


def test_messages_are_said_in_chinese(person: FlaskClient) -> None:
    person.post("/preferences", data={"csrf_token": form_token(person, "/"), "language": "zh_Hans"})

    answer = send(
        person, "/connections/add/platform", label="主店", setting_region="x", setting_minutes="3"
    )

    assert "必须是以下之一：eu, na。" in answer.text
    assert "此项必填。" in answer.text
    assert "必须在 5 到 60 之间。" in answer.text


def test_an_account_that_does_not_work_is_not_stored(place: Site, person: FlaskClient) -> None:
    def refuse() -> None:
        raise AuthFailed("The platform refuses <this> token.")

    place.kernel.addon("platform").connector.act = refuse
    answer = send(person, "/connections/add/platform", **GIVEN)

    assert answer.status_code == 409
    assert "The platform refuses &lt;this&gt; token." in answer.text
    assert stored(place) == []


def test_a_double_click_makes_one_connection(place: Site, person: FlaskClient) -> None:
    connect(person)

    again = send(person, "/connections/add/platform", **GIVEN)

    assert again.status_code == 409
    assert len(stored(place)) == 1


def test_settings_are_changed_and_an_empty_secret_stays(place: Site, person: FlaskClient) -> None:
    address = connect(person)
    before = person.get(address).text

    answer = send(person, address, setting_region="na", row_version=version_on(before))

    assert answer.status_code == 303
    assert "Stored. Leave it empty to keep it." in before
    ((made, token),) = stored(place)
    assert (made.settings["region"], token) == ("na", TOKEN)


def test_of_two_open_forms_the_second_is_refused(place: Site, person: FlaskClient) -> None:
    address = connect(person)
    version = version_on(person.get(address).text)
    send(person, address, setting_region="na", row_version=version)

    late = send(person, address, setting_region="eu", row_version=version)
    odd = send(person, address, setting_region="eu", row_version="x")
    paused = send(person, f"{address}/pause", row_version=version)

    assert (late.status_code, odd.status_code, paused.status_code) == (409, 400, 409)
    assert "Somebody else has changed this" in late.text
    ((made, _token),) = stored(place)
    assert (made.settings["region"], made.state) == ("na", "ok")


def test_pause_and_resume(person: FlaskClient) -> None:
    address = connect(person)

    send(person, f"{address}/pause", row_version=version_on(person.get(address).text))
    paused = person.get(address).text
    send(person, f"{address}/resume", row_version=version_on(paused))

    assert '<span class="tag warn">Paused</span>' in paused
    assert '<span class="tag good">Works</span>' in person.get(address).text


def test_a_try_tells_how_it_went(place: Site, person: FlaskClient) -> None:
    address = connect(person)

    good = person.get(send(person, f"{address}/test").location).text
    place.kernel.addon("platform").connector.act = lambda: 1 // 0
    bad = person.get(send(person, f"{address}/test").location).text

    assert "Main works." in good
    assert "platform failed while it tried the connection: ZeroDivisionError." in bad
    assert '<span class="tag bad">Error</span>' in bad


def test_a_lost_key_leaves_every_page_standing(place: Site, person: FlaskClient) -> None:
    address = connect(person)
    (place.config.instance / keys.KEY_FILE).unlink()

    pages = {
        path: person.get(path) for path in ("/", "/connections", address, "/addons", "/orders")
    }
    healed = send(person, address, setting_region="eu", setting_token="new token", row_version="1")

    assert {answer.status_code for answer in pages.values()} == {200}
    assert "Needs credentials" in pages["/connections"].text
    assert healed.status_code == 303
    assert "Needs credentials" not in person.get("/connections").text


def test_another_company_s_connection_is_not_there(place: Site, person: FlaskClient) -> None:
    with place.kernel.db.write() as session:
        foreign = create_connection(
            session, "file_channel", "Foreign", {}, company_id=place.other.id
        )
    address = f"/connections/{foreign.id}"

    assert "Foreign" not in person.get("/connections").text
    assert person.get(address).status_code == 404
    for path in (address, f"{address}/test", f"{address}/pause", f"{address}/resume"):
        assert send(person, path, row_version="1").status_code == 404


def test_an_addon_that_connects_nothing_is_not_offered(place: Site, person: FlaskClient) -> None:
    lifecycle.disable(place.kernel, "platform")

    for addon in ("tax_uk", "platform", "nobody"):
        assert person.get(f"/connections/add/{addon}").status_code == 404


def test_settings_of_an_addon(place: Site, person: FlaskClient) -> None:
    address = "/addons/tax_uk/settings"
    link = person.get("/addons/tax_uk").text

    wrong = send(person, address, setting_registered_abroad="US = 2011-05-01", row_version="0")
    right = send(person, address, setting_registered_abroad="FR = 2011-05-01", row_version="0")
    late = send(person, address, setting_registered_abroad="", row_version="0")

    assert address in link
    assert (wrong.status_code, right.status_code, late.status_code) == (400, 303, 409)
    assert "is no EU member" in wrong.text
    assert "US = 2011-05-01" in wrong.text
    assert "FR = 2011-05-01" in person.get(address).text
    assert person.get("/addons/own_warehouse/settings").status_code == 404
    assert person.get("/addons/nobody/settings").status_code == 404


@pytest.fixture
def owner(place: Site) -> FlaskClient:
    """Give a browser of somebody who has a password."""
    make_user(place, "olga", "owner", HOUSE)
    return browser_of(place, "olga")


def let_time_pass(place: Site) -> None:
    """Let the proof of every visitor grow older than what dangerous acts ask for."""
    stale = clock.now() - CONFIRMED_FOR - timedelta(seconds=1)
    with place.kernel.db.write() as session:
        session.execute(sa.update(UserSession).values(confirmed_at=stale))


def prove(owner: FlaskClient, back: str) -> str:
    """Prove who one is, as the page that was led to asks; return where that leads."""
    answer = send(owner, "/account/confirm", secret=PASSWORD, next=back)
    assert answer.status_code == 303
    return str(answer.location)


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("{connection}", {"setting_token": "quite another", "setting_region": "na"}),
        ("/addons/platform/settings", {"setting_application_secret": "s", "row_version": "0"}),
    ],
)
def test_secrets_are_stored_only_after_a_proof_of_late(
    place: Site, owner: FlaskClient, address: str, fields: dict[str, str]
) -> None:
    address = address.format(connection=connect(owner))
    page = owner.get(address).text
    fields = {"setting_application": "x", "row_version": version_on(page), **fields}
    let_time_pass(place)

    asked = send(owner, address, **fields)

    assert asked.status_code == 303
    assert asked.location == f"/account?next={address}#confirm"
    assert "Confirm that it is you" in owner.get(asked.location).text
    assert [token for _, token in stored(place)] == [TOKEN]
    with place.kernel.db.read() as session:
        assert not shown_settings(session, "platform").secrets
    assert prove(owner, address) == address
    assert send(owner, address, **fields).location == address


def test_what_is_no_secret_asks_for_no_proof(place: Site, owner: FlaskClient) -> None:
    address = connect(owner)
    version = version_on(owner.get(address).text)
    let_time_pass(place)

    answer = send(owner, address, setting_region="na", row_version=version)

    assert (answer.status_code, answer.location) == (303, address)
    assert stored(place)[0][0].settings["region"] == "na"
    assert owner.get("/connections/add/file_channel").status_code == 200


def test_connecting_asks_before_anything_is_typed(place: Site, owner: FlaskClient) -> None:
    let_time_pass(place)

    for answer in (
        owner.get("/connections/add/platform"),
        send(owner, "/connections/add/platform", **GIVEN),
    ):
        assert answer.location == "/account?next=/connections/add/platform#confirm"
    assert stored(place) == []


@pytest.mark.parametrize("verb", ["enable", "disable", "retry"])
def test_switching_an_addon_asks_for_a_proof(place: Site, owner: FlaskClient, verb: str) -> None:
    let_time_pass(place)
    before = {each.name: each.state for each in place.kernel.overview()}

    answer = send(owner, f"/addons/platform/{verb}")

    assert answer.location == "/account?next=/addons#confirm"
    place.kernel.refresh()
    assert {each.name: each.state for each in place.kernel.overview()} == before


def test_wrong_proof_changes_nothing_and_the_second_factor_is_asked_too(
    place: Site, owner: FlaskClient
) -> None:
    with place.kernel.db.write() as session:
        user = user_by_name(session, "olga")
        secret = second_factor.begin_enrolment(session, user)
        code = totp.code_at(secret, totp.step_of(clock.now()))
        recovery = second_factor.confirm_enrolment(session, user, code)
    let_time_pass(place)

    for wrong in (
        {"secret": "no such words here", "code": recovery[0]},
        {"secret": PASSWORD},
        {"secret": PASSWORD, "code": "000000"},
    ):
        assert send(owner, "/account/confirm", **wrong).status_code == 422
        assert send(owner, "/addons/platform/disable").location.startswith("/account")
    right = send(owner, "/account/confirm", secret=PASSWORD, code=recovery[1])
    assert right.status_code == 303
    assert send(owner, "/addons/platform/disable").location == "/addons"
