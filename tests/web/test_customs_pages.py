"""The page of customs: compared first, booked then; and the same for programs."""

from __future__ import annotations

from flask.testing import FlaskClient

from core.catalog.services import make_skus
from core.costing.receiving import ReceiptLine
from core.costing.receiving import receive_goods
from tests.web.conftest import Site
from tests.web.conftest import form_token


def send(browser: FlaskClient, **form: str) -> tuple[int, str]:
    token = form_token(browser, "/costs/customs")
    answer = browser.post("/costs/customs", data={**form, "csrf_token": token})
    return answer.status_code, answer.text


def test_a_declaration_is_compared_and_booked(site: Site, client: FlaskClient) -> None:
    with site.kernel.db.write() as session:
        make_skus(session, site.company.id, {"PARCHMENT": "Parchment"})
        lines = [ReceiptLine("PARCHMENT", 10, 10000)]
        receive_goods(session, site.company.id, "MAIN", "PO-CUSTOMS", lines)
    code = site.company.currency
    told = {
        "reference": "26GB77", "country": "GB", "on": "2026-09-02", "currency": code,
        "receipts": "PO-CUSTOMS", "duties": "PARCHMENT 5.00", "values": "PARCHMENT 100.00",
        "vat": "21.50", "vat_rate": "20", "way": "cost",
    }  # fmt: skip
    status, shown = send(client, step="preview", **told)
    assert status == 200
    assert "105.00" in shown
    assert "0.50" in shown
    assert "26GB77" not in client.get("/costs/customs").text
    assert send(client, step="book", **told)[0] == 303
    assert "26GB77" in client.get("/costs/customs").text
    (row,) = client.get("/api/v1/customs").json["items"]
    assert (row["reference"], row["duty"], row["way"]) == ("26GB77", "5.00", "cost")
    status, text = send(client, step="book", **told)
    assert status == 409
    assert 'role="alert"' in text
    assert send(client, step="book", **{**told, "duties": "PARCHMENT"})[0] == 400
