"""Users by the API: a token reads, a person who gave his password manages."""

from __future__ import annotations

import sqlalchemy as sa

from core.identity.models import User
from tests.web.asking import person_of
from tests.web.asking import program_of
from tests.web.conftest import Site
from tests.web.people import browser_of
from tests.web.people import make_user


def test_token_reads_users_of_its_company_and_changes_none(site: Site) -> None:
    program = program_of(site, "users.view", "users.manage", name="api.reader")
    known = make_user(site, "api.known", "support", site.company.id)
    make_user(site, "api.reader", "owner", site.other.id)
    foreign = make_user(site, "api.foreign", "support", site.other.id)

    names = {each["name"]: each for each in program.get("/users").json["items"]}
    assert names["api.known"]["roles"] == {str(site.company.id): ["support"]}
    assert "api.foreign" not in names
    assert program.get(f"/users/{foreign}").status_code == 404
    own = next(each["id"] for each in names.values() if each["name"] == "api.reader")
    (token,) = program.get(f"/users/{own}").json["tokens"]
    assert token["scopes"] == ["users.manage", "users.view"]
    assert program.headers["Authorization"].split("_", 2)[2] not in str(token)
    for address, more in (
        ("", {"name": "api.new"}),
        (f"/{known}/disable", {}),
        (f"/{known}/reset", {}),
    ):
        assert program.post(f"/users{address}", **more).json["code"] == "password-needed"


def test_person_invites_and_manages_a_user(site: Site) -> None:
    make_user(site, "api.owner", "owner", site.company.id)
    person = person_of(site, browser_of(site, "api.owner"))
    person.headers["Idempotency-Key"] = "invite api.new"

    made = person.post("/users", name="api.new", role="support")
    again = person.post("/users", name="api.new", role="support")
    del person.headers["Idempotency-Key"]
    assert made.json["invitation"].startswith("http")
    assert again.json == made.json | {"invitation": None}
    here = f"/users/{made.json['user_id']}"
    given = person.post(f"{here}/roles", role="finance").json
    assert given["roles"] == {str(site.company.id): ["finance", "support"]}
    taken = person.post(f"{here}/roles/take", role="finance").json
    assert taken["roles"] == {str(site.company.id): ["support"]}
    assert person.post(f"{here}/roles", role="owner", everywhere=True).status_code == 404
    assert person.post(f"{here}/disable").json["state"] == "disabled"
    assert person.post(f"{here}/enable").json["state"] == "invited"
    assert person.post(f"{here}/reset").json["invitation"] != made.json["invitation"]
    assert site.rows(sa.select(sa.func.count()).where(User.name == "api.new"))[0][0] == 1
