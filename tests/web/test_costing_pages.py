"""Pages of true cost: goods come in, bear freight, are invoiced; shown before it is booked."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask.testing import FlaskClient

from core.catalog.services import make_skus
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from tests.web.conftest import FIELD
from tests.web.conftest import Site

LINK = re.compile(r'href="(/costs/(?:receipts|landed)/\d+)"')


def send(browser: FlaskClient, address: str, **data: str) -> tuple[int, str]:
    found = FIELD.search(browser.get("/costs/receipts").text)
    assert found is not None
    answer = browser.post(address, data={"csrf_token": found[1], **data})
    return answer.status_code, answer.location or answer.text


def test_goods_come_in_bear_freight_and_are_invoiced(site: Site, client: FlaskClient) -> None:
    # Goods that nobody sold: other tests read what the demo company sold and earned.
    first, second = "TRUNK", "VALISE"
    with site.kernel.db.write() as session:
        make_skus(session, site.company.id, {first: first, second: second})
    status, receipt = send(
        client,
        "/costs/receipts",
        warehouse="MAIN",
        reference="PO-7",
        lines=f"{first} 10 20.00\n{second} 5 30.00",
    )
    assert status == 303, receipt
    freight = {"reference": "F-7", "component": "first_leg", "rule": "value", "receipts": "PO-7"}

    status, shown = send(client, "/costs/landed", amount="5.00", step="preview", **freight)
    assert status == 200
    assert [amount in shown for amount in (">2.00<", ">3.00<", ">2.200000<")] == [True] * 3
    assert LINK.search(client.get("/costs/landed").text) is None

    status, charge = send(client, "/costs/landed", amount="5.00", step="book", **freight)
    assert status == 303, charge
    assert ">2.200000<" in client.get(receipt).text
    status, shown = send(client, charge, amount="6.00", step="preview", number="INV-1")
    assert (status, ">0.40<" in shown, ">2.240000<" in shown) == (200, True, True)
    assert send(client, charge, amount="6.00", step="book", number="INV-1")[0] == 303
    page = client.get(charge).text
    assert ("INV-1" in page, "Where it would go" in page) == (True, False)

    goods = re.findall(r'name="(sku-\d+)"', client.get(receipt).text)
    prices = dict(zip(goods, ("21.00", "30.00"), strict=True))
    assert send(client, receipt, number="S-9", **prices)[0] == 303
    assert ">2.340000<" in client.get(receipt).text
    assert send(client, receipt, number="S-9", **prices)[0] == 409


def test_a_foreign_receipt_is_invoiced_in_its_own_currency(site: Site, client: FlaskClient) -> None:
    with site.kernel.db.write() as session:
        make_skus(session, site.company.id, {"HATBOX": "Hatbox"})
        draft = RateDraft("CHF", site.company.currency, date(2011, 1, 1), "0.80")
        say_rates(session, site.company.id, [draft], origin="test", actor="test")
    told = {"warehouse": "MAIN", "reference": "PO-8", "lines": "HATBOX 10 20.00"}
    status, page = send(client, "/costs/receipts", currency="NOK", **told)
    assert (status, "entrepot rates add NOK GBP" in page) == (409, True)
    status, receipt = send(client, "/costs/receipts", currency="chf", **told)
    assert status == 303, receipt
    page = client.get(receipt).text
    assert ("The invoice says, CHF" in page, ">16.00<" in page) == (True, True)
    goods = re.findall(r'name="(sku-\d+)"[^>]*value="20.00"', page)
    assert send(client, receipt, number="S-10", **{goods[0]: "25.00"})[0] == 303
    assert ">2.000000<" in client.get(receipt).text


@pytest.mark.parametrize(
    ("address", "typed", "said"),
    [
        (
            "/costs/receipts",
            {"warehouse": "MAIN", "reference": "X", "lines": "MUG twelve"},
            "line 1",
        ),
        ("/costs/receipts", {"warehouse": "MAIN", "lines": "MUG 1 2.00"}, "reference"),
        ("/costs/landed", {"reference": "X", "rule": "value", "component": "duty"}, "Amount"),
        (
            "/costs/landed",
            {
                "reference": "X",
                "rule": "value",
                "component": "duty",
                "amount": "1",
                "receipts": "?",
            },
            "There is no receipt",
        ),
        ("/costs/landed", {"reference": "X", "amounts": "MUG"}, "line 1"),
    ],
)
def test_what_cannot_be_is_said(
    client: FlaskClient, address: str, typed: dict[str, str], said: str
) -> None:
    status, page = send(client, address, step="book", **typed)

    assert status in (400, 404)
    assert said in page


def test_without_the_right_no_costs_are_seen(site: Site, client: FlaskClient) -> None:
    assert client.get("/costs/receipts/999999999").status_code == 404
    assert client.get("/costs/landed/999999999").status_code == 404
    assert site.visitor().get("/costs/receipts").status_code == 302
