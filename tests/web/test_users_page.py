"""Users from invitation to farewell, as they meet the pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient

from core import clock
from core.identity import totp
from core.identity import users
from core.identity.models import ApiToken
from core.identity.models import AuditEntry
from core.identity.models import LoginThrottle
from core.identity.models import RolePolicy
from core.identity.models import User
from core.identity.models import UserSession
from core.identity.throttle import MAX_FAILURES
from core.identity.throttle import note_failure
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import PASSWORD
from tests.web.people import browser_of
from tests.web.people import make_user

LINK = re.compile(r"http://localhost(/invitation/[\w-]+)")
WRONG = "This did not fit. Check what you entered"


@pytest.fixture(autouse=True)
def _forget_failures(site: Site) -> None:
    with site.kernel.db.write() as session:
        session.execute(sa.delete(LoginThrottle))


def post(browser: FlaskClient, address: str, page: str = "/account", **fields: object):
    """Send a form of a page."""
    return browser.post(address, data={"csrf_token": form_token(browser, page), **fields})


def enter(browser: FlaskClient, name: str, password: str, code: str = ""):
    """Send the sign-in form."""
    return post(browser, "/login", "/login", name=name, token=password, code=code)


def acts(site: Site, subject: str) -> list[str]:
    """Return what the trail says was done to a user."""
    query = sa.select(AuditEntry.action).where(AuditEntry.subject == f"user:{subject}")
    return [row.action for row in site.rows(query.order_by(AuditEntry.id))]


def test_invited_user_sets_a_password_and_signs_in(site: Site, client: FlaskClient) -> None:
    answer = post(client, "/users", "/users", name="Ivy", role="warehouse")
    link = LINK.search(answer.text)
    assert link is not None
    guest = site.visitor()

    weak = post(guest, link[1], link[1], password="short", again="short")
    differs = post(guest, link[1], link[1], password=PASSWORD, again=f"{PASSWORD}!")
    done = post(guest, link[1], link[1], password=PASSWORD, again=PASSWORD)

    assert (weak.status_code, differs.status_code, done.status_code) == (422, 422, 303)
    assert guest.get(link[1]).status_code == 404
    assert enter(guest, "ivy", PASSWORD).status_code == 303
    assert guest.get("/stock").status_code == 200
    assert guest.get("/profit").status_code == 403
    assert acts(site, "ivy") == [
        "user.added",
        "user.role_given",
        "user.invited",
        "user.password_set",
        "session.opened",
    ]


def test_menu_shows_only_what_is_open(site: Site) -> None:
    make_user(site, "wanda", "warehouse", site.company.id)

    page = browser_of(site, "wanda").get("/").text

    rail = page.partition('class="rail"')[2].partition("</aside>")[0]
    assert set(re.findall(r'href="(/[a-z/_]*)"', rail)) == {
        "/",
        "/orders",
        "/products",
        "/stock",
        "/audit",
    }


def test_nobody_learns_which_users_there_are(site: Site) -> None:
    make_user(site, "nora", "finance", site.company.id)
    visitor = site.visitor()

    known, unknown = (enter(visitor, name, "wrong words here") for name in ("nora", "nobody"))

    texts = [re.sub(r'value="[^"]*"', "", each.text) for each in (known, unknown)]
    texts = [re.sub(r"\b[0-9a-f]{12}\b", "", text) for text in texts]
    assert texts[0] == texts[1]
    assert (known.status_code, unknown.status_code) == (422, 422)


def test_guessing_one_account_is_braked_for_it_alone(site: Site) -> None:
    make_user(site, "gina", "finance", site.company.id)
    make_user(site, "greg", "finance", site.company.id)
    visitor = site.visitor()
    with site.kernel.db.write() as session:
        for _ in range(MAX_FAILURES):
            note_failure(session, "127.0.0.1", "gina")

    assert enter(visitor, "gina", PASSWORD).status_code == 429
    assert enter(visitor, "greg", PASSWORD).status_code == 303


def test_second_factor_from_enrolment_to_recovery(site: Site) -> None:
    make_user(site, "tess", "finance", site.company.id)
    browser = browser_of(site, "tess")
    shown = post(browser, "/account/totp").text
    secret = re.search(r"<code[^>]*>([A-Z2-7]{32})</code>", shown)
    assert secret is not None
    start = clock.now()

    def code(after: int = 0) -> str:
        return totp.code_at(secret[1], totp.step_of(start) + after)

    wrong = post(browser, "/account/totp/confirm", code="000000")
    assert wrong.status_code == 422
    with time_machine.travel(start, tick=False):
        done = post(browser, "/account/totp/confirm", code=code())
    recovery = re.findall(r">([a-z2-9]{5}-[a-z2-9]{5}-[a-z2-9]{5})<", done.text)
    assert len(recovery) == totp.RECOVERY_CODES

    with time_machine.travel(start + timedelta(seconds=30), tick=False):
        assert enter(site.visitor(), "tess", PASSWORD).status_code == 422
        assert enter(site.visitor(), "tess", PASSWORD, code(0)).status_code == 422, "used"
        assert enter(site.visitor(), "tess", PASSWORD, "１２３４５６").status_code == 422
        assert enter(site.visitor(), "tess", PASSWORD, code(1)).status_code == 303
        assert enter(site.visitor(), "tess", PASSWORD, code(1)).status_code == 422, "used"
        assert enter(site.visitor(), "tess", PASSWORD, recovery[0]).status_code == 303
        assert enter(site.visitor(), "tess", PASSWORD, recovery[0]).status_code == 422, "used"

    assert acts(site, "tess").count("user.totp_removed") == 0
    assert post(browser, "/account/totp").status_code == 200
    assert acts(site, "tess").count("user.totp_removed") == 1, "there is none until the new one"


def test_role_can_ask_for_a_second_factor(site: Site, client: FlaskClient) -> None:
    make_user(site, "sue", "support", site.company.id)
    browser = browser_of(site, "sue")
    try:
        answer = post(client, "/users/roles/support/totp", "/users", required="1")
        assert answer.status_code == 303
        assert browser.get("/orders").location == "/account"
        assert browser.get("/account").status_code == 200
    finally:
        with site.kernel.db.write() as session:
            session.execute(sa.delete(RolePolicy))
    assert browser.get("/orders").status_code == 200


def test_new_password_ends_all_other_sessions(site: Site) -> None:
    make_user(site, "paul", "finance", site.company.id)
    here, elsewhere = browser_of(site, "paul"), browser_of(site, "paul")

    answer = post(here, "/account/password", password=f"{PASSWORD}!", again=f"{PASSWORD}!")

    assert answer.status_code == 303
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert enter(site.visitor(), "paul", PASSWORD).status_code == 422


def test_dangerous_act_asks_for_the_password_again(site: Site) -> None:
    make_user(site, "olga", "owner", site.company.id)
    browser = browser_of(site, "olga")
    with site.kernel.db.write() as session:
        session.execute(sa.update(UserSession).values(confirmed_at=None))

    stale = post(browser, "/users", "/users", name="ulf", role="support")
    wrong = post(browser, "/account/confirm", secret="wrong words here")
    right = post(browser, "/account/confirm", secret=PASSWORD)
    fresh = post(browser, "/users", "/users", name="ulf", role="support")

    assert stale.status_code == 303
    assert stale.location.startswith("/account")
    assert (wrong.status_code, right.status_code) == (422, 303)
    assert LINK.search(fresh.text)


def test_session_can_be_ended_from_another_one(site: Site) -> None:
    make_user(site, "zoe", "finance", site.company.id)
    here, elsewhere = browser_of(site, "zoe"), browser_of(site, "zoe")
    address = re.search(r"/account/sessions/\d+/end", here.get("/account").text)
    assert address is not None

    assert post(here, address[0]).status_code == 303
    assert post(here, address[0]).status_code == 303

    assert elsewhere.get("/account").status_code == 302
    assert here.get("/account").status_code == 200


def test_disabled_user_is_out_at_once_with_his_tokens(site: Site, client: FlaskClient) -> None:
    user = make_user(site, "dan", "finance", site.company.id)
    browser = browser_of(site, "dan")
    token = make_token(browser, "orders.view")

    for _ in range(2):
        assert post(client, f"/users/{user}/disable", "/users").status_code == 303

    assert browser.get("/").status_code == 302
    assert ask(site, token).status_code == 401
    assert enter(site.visitor(), "dan", PASSWORD).status_code == 422
    assert acts(site, "dan").count("user.disabled") == 1


def test_last_owner_cannot_be_disabled(site: Site, client: FlaskClient) -> None:
    (owner,) = site.rows(sa.select(User.id).where(User.name == "admin"))

    answer = post(client, f"/users/{owner.id}/disable", "/users")

    assert answer.status_code == 422
    assert "Nobody else owns the whole installation" in answer.text


def make_token(browser: FlaskClient, *scopes: str, name: str = "robot") -> str:
    answer = post(browser, "/account/tokens", name=name, scope=list(scopes), days="30")
    found = re.search(r"ent_[0-9a-f]{8}_[\w-]{40,}", answer.text)
    assert found is not None, answer.status_code
    return found[0]


def ask(site: Site, token: str, address: str = "/api/v1/me"):
    return site.visitor().get(address, headers={"Authorization": f"Bearer {token}"})


def test_token_does_what_it_may_and_its_owner_may_still(site: Site) -> None:
    user = make_user(site, "tom", "finance", site.company.id)
    token = make_token(browser_of(site, "tom"), "orders.view", "costs.view")

    before = ask(site, token).json
    with site.kernel.db.write() as session:
        users.give_role(session, session.get_one(User, user), "support", site.company.id)
        users.take_role(session, session.get_one(User, user), "finance", site.company.id)
    after = ask(site, token).json

    assert before["permissions"] == ["costs.view", "orders.view"]
    assert before["company"]["id"] == site.company.id
    assert after["permissions"] == ["orders.view"]


def test_token_is_kept_as_a_digest_and_its_use_noted_once_a_minute(site: Site) -> None:
    make_user(site, "uma", "finance", site.company.id)
    token = make_token(browser_of(site, "uma"), "orders.view")
    start = clock.now()

    used = []
    for seconds in (1, 30, 62):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert ask(site, token).status_code == 200
        used += [
            (row.last_used_at - start).total_seconds()
            for row in site.rows(sa.select(ApiToken.last_used_at).where(ApiToken.name == "robot"))
            if row.last_used_at is not None and row.last_used_at >= start
        ]

    assert [round(each) for each in used] == [1, 1, 62]
    kept = site.rows(sa.select(ApiToken.digest, ApiToken.prefix))
    assert not any(token in str(row) or token[13:] in str(row) for row in kept)


@pytest.mark.parametrize(
    "header", ["Bearer ", "Bearer ent_00000000_x", "Basic YTpi", "ent_00000000_x", "Bearer \u00e9"]
)
def test_wrong_token_is_refused(site: Site, header: str) -> None:
    answer = site.visitor().get("/api/v1/me", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"


def test_token_ends_when_it_is_revoked_and_when_its_days_are_over(site: Site) -> None:
    make_user(site, "vic", "finance", site.company.id)
    browser = browser_of(site, "vic")
    token = make_token(browser, "orders.view")
    address = re.search(r"/account/tokens/\d+/revoke", browser.get("/account").text)
    assert address is not None

    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        assert ask(site, token).status_code == 401
    assert ask(site, token).status_code == 200
    for _ in range(2):
        assert post(browser, address[0]).status_code == 303
    assert ask(site, token).status_code == 401


def test_token_opens_no_page_and_cannot_have_more_than_its_owner(site: Site) -> None:
    make_user(site, "walt", "support", site.company.id)
    browser = browser_of(site, "walt")
    token = make_token(browser, "orders.view")

    beyond = post(browser, "/account/tokens", name="more", scope=["costs.view"], days="30")

    assert beyond.status_code == 422
    assert ask(site, token, "/orders").status_code == 302


def test_owner_of_one_company_administers_that_company_alone(site: Site) -> None:
    make_user(site, "bea", "owner", site.other.id)
    mine = make_user(site, "bob", "support", site.other.id)
    theirs = make_user(site, "ann", "support", site.company.id)
    both = make_user(site, "cyd", "support", site.company.id)
    make_user(site, "cyd", "support", site.other.id)
    (owner,) = site.rows(sa.select(User.id).where(User.name == "admin"))
    browser = browser_of(site, "bea")
    page = browser.get("/users").text

    answers = {
        user: post(browser, f"/users/{user}/reset", "/users").status_code
        for user in (mine, theirs, both, owner.id)
    }

    assert answers == {mine: 200, theirs: 404, both: 409, owner.id: 404}
    assert ">bob<" in page
    assert ">ann<" not in page
    assert ">admin<" not in page
    everywhere = post(browser, f"/users/{mine}/roles", "/users", role="owner", everywhere="1")
    assert everywhere.status_code == 422
    assert browser.get(f"/users/{theirs}").status_code == 404
    assert post(browser, "/addons/tax_uk/disable").status_code == 403


def test_visitor_changes_between_his_companies_only(site: Site) -> None:
    make_user(site, "eve", "finance", site.company.id)
    browser = browser_of(site, "eve")

    refused = post(browser, "/company", company=site.other.id)
    make_user(site, "eve", "finance", site.other.id)
    changed = post(browser, "/company", company=site.other.id)

    assert (refused.status_code, changed.status_code) == (404, 303)
    assert "Other <span" in browser.get("/orders").text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_trail_shows_everybody_his_own_acts_and_the_owner_all(
    site: Site, client: FlaskClient, language: str
) -> None:
    make_user(site, "fay", "support", site.company.id)
    enter(browser := site.visitor(), "fay", PASSWORD)
    headers = {"Accept-Language": language}

    own = browser.get("/audit", headers=headers).text
    everything = client.get("/audit", headers=headers).text
    verified = client.get("/audit/verify", headers=headers)
    export = post(client, "/audit/export")

    assert "user:fay" in own
    assert "user:admin" not in own
    assert "user:admin" in everything
    assert verified.status_code == 200
    assert export.mimetype == "text/csv"
    assert browser.get("/audit/verify").status_code == 403
