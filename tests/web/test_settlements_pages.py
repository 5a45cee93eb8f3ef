"""Pages of settlements: declared against computed, and a code mapped where it stands."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core.identity.models import AuditEntry
from core.settlements.models import Booking
from core.settlements.models import Statement
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user


def own_statement(site: Site) -> int:
    query = sa.select(Statement.id).where(Statement.company_id == site.company.id)
    return site.rows(query)[0][0]


def suspense(site: Site, company_id: int) -> int:
    query = sa.select(sa.func.count()).where(
        Booking.company_id == company_id, Booking.outcome == "suspense"
    )
    return site.rows(query)[0][0]


def test_a_settlement_shows_what_it_declares_and_what_it_adds_up_to(
    site: Site, client: FlaskClient
) -> None:
    page = client.get(f"/settlements/{own_statement(site)}").text
    assert page.count("-8.00") + page.count("−8.00") >= 2
    assert "Subscription Fee" in page
    assert "6070" in page


@pytest.mark.parametrize("account", ["", "1590", "no"])
def test_a_mapping_that_cannot_be_says_why(site: Site, client: FlaskClient, account: str) -> None:
    form = {"platform": "amazon", "kind": "ServiceFee", "group": "ServiceFee", "name": "Robot Fee"}
    token = form_token(client, "/settlements")
    answer = client.post("/settlements", data={**form, "account": account, "csrf_token": token})
    assert answer.status_code in (400, 409, 422)
    assert 'role="alert"' in answer.text


def test_who_may_only_look_maps_nothing(site: Site) -> None:
    make_user(site, "looker", "operations", site.company.id)
    browser = browser_of(site, "looker")
    page = browser.get("/settlements")
    assert page.status_code == 200
    assert 'name="account"' not in page.text
    token = form_token(browser, "/account")
    assert browser.post("/settlements", data={"csrf_token": token}).status_code == 403
    assert browser.post("/settlements/resolve", data={"csrf_token": token}).status_code == 403


def test_a_code_is_mapped_where_it_stands(site: Site, client: FlaskClient) -> None:
    assert suspense(site, site.company.id) == 1
    assert "Robot Fee" in client.get("/settlements").text
    form = {"platform": "amazon", "kind": "ServiceFee", "group": "ServiceFee", "name": "Robot Fee"}
    token = form_token(client, "/settlements")
    answer = client.post("/settlements", data={**form, "account": "6075", "csrf_token": token})
    assert answer.status_code == 303
    assert suspense(site, site.company.id) == 0
    # The other company has said nothing of it.
    assert suspense(site, site.other.id) == 1
    assert "6075" in client.get(f"/settlements/{own_statement(site)}").text
    acts = site.rows(
        sa.select(AuditEntry.action).where(
            AuditEntry.company_id == site.company.id,
            AuditEntry.action.in_(("fee.mapped", "settlement.resolved")),
        )
    )
    assert {row[0] for row in acts} == {"fee.mapped", "settlement.resolved"}
