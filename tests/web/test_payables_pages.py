"""The page of suppliers: balances, payments shown before they are booked, and who may see it."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from core.catalog.services import make_skus
from core.costing.receiving import ReceiptLine
from core.costing.receiving import Terms
from core.costing.receiving import invoice_goods
from core.costing.receiving import receive_goods
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user


def send(browser: FlaskClient, to: str, **form: str) -> tuple[int, str]:
    token = form_token(browser, "/suppliers")
    answer = browser.post(f"/suppliers/{to}", data={**form, "csrf_token": token})
    return answer.status_code, answer.text


@pytest.fixture(scope="module")
def invoiced(site: Site) -> Site:
    """Invoice goods for 1,000.00 dollars, worth 0.80 each when they came."""
    home = site.company.currency
    with site.kernel.db.write() as session:
        company_id = site.company.id
        make_skus(session, company_id, {"PARASOL": "Parasol"})
        drafts = [
            RateDraft("USD", home, date(2026, 1, 1), "0.80"),
            RateDraft("USD", home, date(2026, 9, 20), "0.75"),
        ]
        say_rates(session, company_id, drafts, origin="test", actor="test")
        lines, terms = [ReceiptLine("PARASOL", 10, 100000)], Terms("USD", supplier="Shade & Co")
        receive_goods(session, company_id, "MAIN", "PO-SHADE", lines, terms=terms)
        invoice_goods(session, company_id, "PO-SHADE", {"PARASOL": 100000}, invoice="5")
    return site


def test_an_invoice_is_paid_after_a_look(invoiced: Site, client: FlaskClient) -> None:
    page = client.get("/suppliers").text
    assert "Shade &amp; Co" in page
    assert "1,000.00" in page
    form = {
        "bill": "goods/PO-SHADE", "reference": "WIRE-1", "date": "2026-09-25", "taken": "760.00",
    }  # fmt: skip
    status, shown = send(client, "pay", step="preview", **form)
    assert status == 200
    assert "Nothing is booked yet." in shown
    assert "WIRE-1" not in client.get("/suppliers").text
    assert send(client, "pay", step="book", **form)[0] == 303
    assert "WIRE-1" in client.get("/suppliers").text
    (row,) = [
        each for each in client.get("/api/v1/suppliers/payments").json["items"]
        if each["reference"] == "WIRE-1"
    ]  # fmt: skip
    assert (row["amount"], row["supplier"]) == ("1000.00", "Shade & Co")
    documents = client.get("/api/v1/suppliers").json["documents"]
    assert not [each for each in documents if each["supplier"] == "Shade & Co"]
    status, text = send(client, "pay", step="book", **form)
    assert status == 409
    assert 'role="alert"' in text


def test_a_deposit_is_paid_and_stands_open(invoiced: Site, client: FlaskClient) -> None:
    form = {
        "reference": "PRE-1", "date": "2026-09-25", "amount": "200.00", "currency": "usd",
        "supplier": "Palm & Co",
    }  # fmt: skip
    status, shown = send(client, "deposit", step="preview", **form)
    assert (status, "150.00" in shown) == (200, True)
    assert send(client, "deposit", step="book", **form)[0] == 303
    (balance,) = [
        each for each in client.get("/api/v1/suppliers").json["balances"]
        if each["supplier"] == "Palm & Co"
    ]  # fmt: skip
    assert (balance["deposits"], balance["functional_balance"]) == ("200.00", "150.00")
    assert send(client, "deposit", step="book", **{**form, "amount": ""})[0] == 400


def test_who_may_not_see_costs_does_not_come_in(site: Site) -> None:
    make_user(site, "suppliers.support", "support", site.company.id)
    assert browser_of(site, "suppliers.support").get("/suppliers").status_code == 403
