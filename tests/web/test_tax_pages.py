"""Pages of tax: from what is due to a filed return, and from a box to the order."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user

PAGE = "/tax/returns/uk_vat100/2026-Q2"


def send(browser: FlaskClient, page: str, address: str, **form: object) -> object:
    return browser.post(address, data={**form, "csrf_token": form_token(browser, page)})


def test_a_return_is_prepared_on_a_page_and_filed_once_its_period_is_over(
    site: Site, client: FlaskClient
) -> None:
    again = send(client, PAGE, PAGE, step="file", filed_on="2026-07-20")
    assert again.status_code == 409
    assert "is not prepared" in again.text

    done = send(client, PAGE, PAGE, **{"step": "prepare", "box.7": "12.50"})
    assert done.status_code == 303
    page = client.get(PAGE).text
    assert "Prepared" in page
    assert "12.50" in page
    early = send(client, PAGE, PAGE, step="file", filed_on="2026-06-30")
    assert early.status_code in (400, 422)
    filed = send(client, PAGE, PAGE, step="file", filed_on="2026-07-20", reference="HM-1")
    assert filed.status_code == 303
    page = client.get(PAGE).text
    assert "HM-1" in page
    assert "Nothing was booked since it was filed." in page
    answer = client.get("/api/v1/tax/returns/uk_vat100/2026-Q2").json
    assert answer["state"] == "filed"
    assert {box["box"]: box["amount"] for box in answer["boxes"]}["7"] == "12.50"
    assert answer["control"]["difference"] == "0.00"


def test_a_box_leads_to_the_order_in_two_steps(site: Site, client: FlaskClient) -> None:
    page = client.get("/tax/returns?form=uk_vat100&period=2026-Q3", follow_redirects=True).text
    box = re.search(r'href="(/tax/returns/uk_vat100/2026-Q3/boxes/6[^"]*)"', page)
    assert box is not None
    lines = client.get(box[1].replace("&amp;", "&")).text
    order = re.search(r'href="(/orders/\d+)"', lines)
    assert order is not None
    assert client.get(order[1]).status_code == 200
    rows = client.get("/api/v1/tax/returns/uk_vat100/2026-Q3/boxes/6?limit=1").json
    assert rows["items"][0]["base"]
    onwards = client.get(
        f"/api/v1/tax/returns/uk_vat100/2026-Q3/boxes/6?cursor={rows['next']}"
    ).json
    assert onwards["items"][0] != rows["items"][0]
    file = client.get("/tax/returns/uk_vat100/2026-Q3/file.csv")
    assert "uk_vat100,2026-Q3,1," in file.get_data().decode("utf-8-sig")
    assert client.get("/tax/returns/uk_vat100/2026-Q3/file.pdf").status_code == 404
    assert client.get("/tax/returns/uk_vat100/2026-Q3/boxes/77").status_code == 404


def test_registrations_are_noted_changed_and_make_returns_due(
    site: Site, client: FlaskClient
) -> None:
    page = "/tax/registrations"
    wrong = send(client, page, page, country="GB", scheme="local", number="GB1", since="2026-01-01")
    assert wrong.status_code in (400, 422)
    assert "is no tax number of GB" in wrong.text
    done = send(
        client, page, page, country="gb", scheme="local", number="GB 980 7806 84",
        since="2026-01-01",
    )  # fmt: skip
    assert done.status_code == 303
    rows = client.get("/api/v1/tax/registrations").json["items"]
    (row,) = [row for row in rows if row["country"] == "GB"]
    assert row["number"] == "980780684"
    due = client.get("/tax").text
    assert "/tax/returns/uk_vat100/2026-Q1" in due
    changed = send(client, page, f"{page}/{row['id']}", number=row["number"], months="1")
    assert changed.status_code == 303
    assert "/tax/returns/uk_vat100/2026-01" in client.get("/tax").text
    (listed,) = [
        each
        for each in client.get("/api/v1/tax/returns").json["items"]
        if each["period"] == "2026-01"
    ]
    assert listed["number"] == "980780684"


def test_who_may_only_look_files_nothing(site: Site) -> None:
    make_user(site, "taxreader", "auditor", site.company.id)
    browser = browser_of(site, "taxreader")
    for address in ("/tax", PAGE, "/tax/registrations"):
        assert browser.get(address).status_code == 200
    token = form_token(browser, "/account")
    for address in (PAGE, "/tax/registrations"):
        assert browser.post(address, data={"csrf_token": token}).status_code == 403
    make_user(site, "packer2", "warehouse", site.company.id)
    assert browser_of(site, "packer2").get("/tax").status_code == 403


def test_thresholds_are_looked_at_and_read_on_the_page_and_by_rest(
    site: Site, client: FlaskClient
) -> None:
    done = send(client, "/tax/thresholds", "/tax/thresholds")
    assert done.status_code == 303
    page = client.get("/tax/thresholds").text
    assert "Taxable turnover" in page or "registration" in page.lower()
    rows = client.get("/api/v1/tax/thresholds").json["items"]
    british = next(row for row in rows if row["code"] == "gb_registration")
    assert (british["limit"], british["currency"], british["window"]) == (9000000, "GBP", "rolling")
    assert british["watched_on"]
    assert "crosses_on" in british
    assert british["state"] in ("below", "near", "crossed", "registered")
    assert "By platform and month" not in client.get("/tax/platforms").text
    assert client.get("/api/v1/tax/platforms/months").json == {"items": []}
