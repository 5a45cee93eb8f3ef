"""Connections by the API: secrets go in with the password alone, and never come out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.config import ROOT
from core.errors import AuthFailed
from core.identity.actor import HOUSE
from core.kernel.connections import full_settings
from core.kernel.connections import list_connections
from tests.web.asking import Program
from tests.web.asking import person_of
from tests.web.asking import program_of
from tests.web.conftest import Site
from tests.web.people import browser_of
from tests.web.people import make_user

SECRET = "canary-4711-token"
SETTINGS = {"region": "eu", "token": SECRET, "shops": ["uk"]}
GIVEN = {"addon": "platform", "label": "Main", "account": "A1", "settings": SETTINGS}


@pytest.fixture
def place(site_with: Callable[..., Site]) -> Site:
    """Give an installation of its own, with the addon `platform` of the kernel's tests."""
    return site_with("platform", ROOT / "tests" / "kernel" / "addons")


@pytest.fixture
def program(place: Site) -> Program:
    """Give a program whose token has every scope."""
    return program_of(place)


@pytest.fixture
def person(program: Program) -> Program:
    """Give a browser whose visitor has just signed in."""
    return person_of(program.site, browser_of(program.site, "robot"))


def token_of(place: Site) -> str:
    with place.kernel.db.read() as session:
        (made,) = list_connections(session)
        return full_settings(session, made)["token"].reveal()


def test_account_is_connected_by_who_gave_his_password(program: Program, person: Program) -> None:
    connector = program.site.kernel.addon("platform").connector
    refused = program.post("/connections", **GIVEN)
    assert (refused.status_code, refused.json["code"]) == (403, "password-needed")

    def wrong() -> None:
        raise AuthFailed("The token is wrong.")

    connector.act = wrong
    assert person.post("/connections", **GIVEN).status_code == 409
    assert person.get("/connections").json == {"items": []}

    made = person.post("/connections", **GIVEN, test=False)
    assert made.status_code == 200, made.text
    assert (made.json["label"], made.json["secrets"]) == ("Main", ["token"])
    assert made.json["settings"]["shops"] == ["uk"]
    assert program.get("/connections").json["items"][0]["label"] == "Main"
    assert program.get(f"/connections/{made.json['id']}").json["health"]["backlog"] == 0
    assert token_of(program.site) == SECRET

    tried = program.post(f"/connections/{made.json['id']}/test").json
    assert (tried["state"], tried["last_error"]) == ("needs_credentials", "The token is wrong.")
    said = "".join(program.get(each).text for each in ("/connections", "/connections/offered"))
    assert SECRET not in said + made.text


def test_settings_are_changed_as_they_were_read(program: Program, person: Program) -> None:
    made = person.post("/connections", **GIVEN).json
    here = f"/connections/{made['id']}/settings"
    read = program.get(here)
    assert read.json["settings"]["region"] == "eu"
    assert SECRET not in read.text

    kept = program.put(here, read.headers["ETag"], settings={"region": "na"})
    assert (kept.status_code, kept.json["secrets"]) == (200, ["token"])
    late = program.put(here, read.headers["ETag"], settings={"region": "eu"})
    assert late.status_code == 412
    wrong = program.put(here, settings={"region": "mars"})
    assert (wrong.status_code, wrong.json["code"]) == (400, "settings-refused")
    assert program.put(here, settings={"region": "na", "token": "other"}).status_code == 403
    assert token_of(program.site) == SECRET
    new = person.put(here, kept.headers["ETag"], settings={"region": "na", "token": "other"})
    assert (new.status_code, token_of(program.site)) == (200, "other")


def test_addons_that_connect_say_what_they_take(program: Program) -> None:
    found = {each["addon"]: each for each in program.get("/connections/offered").json["items"]}

    assert "file_channel" in found
    token = next(each for each in found["platform"]["settings"] if each["name"] == "token")
    assert (token["required"], token["secret"], token["type"]) == (True, True, "string")
    assert program.post("/connections", **{**GIVEN, "addon": "tax_uk"}).status_code == 404


def test_addon_is_looked_at_by_a_token_and_switched_by_a_person(
    program: Program, person: Program
) -> None:
    assert program.get("/addons/platform").json["recorded"] is None
    assert person.post("/addons/platform/disable").status_code == 403
    make_user(program.site, "robot", "owner", HOUSE)
    listed = {each["name"]: each for each in program.get("/addons").json["items"]}
    assert listed["platform"]["state"] == "enabled"
    shown = program.get("/addons/platform").json
    assert (shown["has_settings"], shown["recorded"], shown["faults"]) == (True, [], 0)
    assert program.get("/addons/platform/impact").json["dependents"] == []
    assert program.get("/addons/nobody").status_code == 404
    assert program.post("/addons/platform/disable").json["code"] == "password-needed"
    assert person.post("/addons/platform/disable").json["state"] == "disabled"
    assert person.post("/addons/platform/retry").status_code == 409
    assert person.post("/addons/platform/enable").json["state"] == "enabled"

    here = "/addons/platform/settings"
    read = program.get(here)
    assert read.json == {"settings": {}, "secrets": [], "row_version": 0}
    given = {"application": "a", "application_secret": SECRET}
    assert program.put(here, settings=given).status_code == 403
    kept = person.put(here, read.headers["ETag"], settings=given)
    assert (kept.status_code, kept.json["secrets"]) == (200, ["application_secret"])
    assert SECRET not in kept.text
    assert program.put(here, read.headers["ETag"], settings=given).status_code in (403, 412)
    changed = program.put(here, kept.headers["ETag"], settings={"application": "b"})
    assert changed.json["settings"] == {"application": "b"}
