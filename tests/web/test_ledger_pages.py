"""Pages of bills, shared costs and periods: what is entered, shared and closed, and by whom."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user


def send(browser: FlaskClient, page: str, address: str, **form: object) -> object:
    return browser.post(address, data={**form, "csrf_token": form_token(browser, page)})


def test_a_bill_is_entered_shared_and_reversed(site: Site, client: FlaskClient) -> None:
    month = "2026-09"
    bill = {
        "reference": "P-1", "type": "tax_agent", "date": f"{month}-10", "amount": "30.00",
        "currency": site.company.currency,
    }  # fmt: skip
    assert send(client, "/bills", "/bills", **bill).status_code == 303
    assert "P-1" in client.get("/bills").text
    wrong = send(client, "/bills", "/bills", **{**bill, "reference": "P-2", "amount": "x"})
    assert wrong.status_code in (400, 422)
    assert 'role="alert"' in wrong.text
    preview = send(client, "/allocation", "/allocation", first=month, step="preview")
    assert preview.status_code == 200
    assert "Tax agents and intermediaries" in preview.text
    done = send(client, "/allocation", "/allocation", first=month, step="run")
    assert done.status_code == 303
    assert "8000" in client.get("/allocation/1").text
    answer = client.get("/api/v1/allocation/1")
    assert answer.status_code == 200
    assert answer.json["run"] == 1
    assert client.get("/api/v1/allocation").json["runs"][0]["counts"] is True
    undone = send(client, "/bills", "/bills/reverse", reference="P-1", reason="twice")
    assert undone.status_code == 303
    late = client.get("/allocation").text
    assert "share the month again" in late
    send(client, "/allocation", "/allocation", first=month, step="run")
    assert "share the month again" not in client.get("/allocation").text


def test_periods_say_what_is_left_to_do(site: Site, client: FlaskClient) -> None:
    page = client.get("/periods").text
    assert "Costs without an order are not shared" in page or "Nothing is left to do" in page
    refused = send(client, "/periods", "/periods/close", month="1999-01")
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    assert send(client, "/periods", "/periods/close", month="no").status_code in (400, 422)
    assert send(client, "/periods", "/periods/reopen", month="1999-01").status_code == 400


def test_who_may_only_look_enters_shares_and_closes_nothing(site: Site) -> None:
    make_user(site, "reader", "auditor", site.company.id)
    browser = browser_of(site, "reader")
    for address in ("/bills", "/allocation", "/periods"):
        assert browser.get(address).status_code == 200
    token = form_token(browser, "/account")
    for address in ("/bills", "/bills/reverse", "/allocation", "/periods/close", "/periods/reopen"):
        assert browser.post(address, data={"csrf_token": token}).status_code == 403
