"""Labels of the simulated Amazon, bought by a program and on the order's page."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from core.http import client
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from tests.amazon.conftest import Connected
from tests.labelling.selling import Labelled
from tests.labelling.selling import labelled
from tests.pages import browsing
from tests.web.programs import Api
from tests.web.programs import program_in

PARCEL = {"grams": 800, "length_mm": 300, "width_mm": 200, "height_mm": 100}
FORM = {"grams": "800", "size": "300x200x100"}
HOME = {
    "name": "Bea Seller", "street": "1 Dock Road", "city": "Leeds", "region": "West Yorkshire",
    "postcode": "LS1 4AP", "phone": "01131234567", "email": "bea@example.com",
}  # fmt: skip


@pytest.fixture
def found(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> Labelled:
    """Return an order that waits for its label."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    seller = connected(AmazonFake.lived(seed=7, orders=3, factor=10_000, stored=0.0))
    return labelled(seller, sender=False)


@pytest.fixture
def api(found: Labelled) -> Iterator[Api]:
    with program_in(found.seller.world) as made:
        yield made


@pytest.fixture
def browser(found: Labelled) -> Iterator[FlaskClient]:
    with browsing(found.seller.kernel.config) as made:
        yield made


def test_a_program_sees_what_a_label_costs_and_buys_it_once(found: Labelled, api: Api) -> None:
    fake, order = found.seller.fake, {"order_id": found.order_id, **PARCEL}
    assert "leave" in api.post("/labels/offers", **order).json["detail"]
    assert api.get("/labels/senders/MAIN").status_code == 404
    assert api.post("/labels/senders/MAIN", **HOME).json["country"] == "GB"
    assert api.get("/labels/senders/MAIN").json["city"] == "Leeds"

    told = api.post("/labels/offers", **order).json
    first = told["items"][0]
    assert (first["service"], first["price"], first["currency"]) == ("RM_48", 335, "GBP")
    assert fake.labels == {}
    wish = order | {"service": "RM_48", "currency": "GBP"}
    dear = api.post("/labels", **wish, price=334)
    assert (dear.status_code, "costs 3.35 GBP now" in dear.json["detail"]) == (409, True)
    assert (fake.labels, api.get("/labels").json["items"]) == ({}, [])

    bought = api.post("/labels", **wish, price=335, key="once").json
    again = api.post("/labels", **wish, price=335, key="once")

    (sold,) = fake.labels.values()
    assert (bought["state"], bought["tracking"], bought["price"]) == ("bought", sold.tracking, 335)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (bought, "true")
    here = f"/labels/{bought['id']}"
    assert api.get(here).json == bought
    assert api.get("/labels", order_id=found.order_id).json["items"] == [bought]
    printed = api.get(f"{here}/file").json
    assert base64.b64decode(printed["content"]).startswith(b"%PDF")
    packer = api.program("packer", "orders.view", "orders.ship")
    assert api.get(here, packer).json["price"] is None
    assert api.get(f"{here}/file", packer).status_code == 403
    assert api.post("/labels/offers", packer, **order).status_code == 403
    assert api.post(f"{here}/lost").status_code == 409
    assert api.post(f"{here}/fetch").json["state"] == "bought"
    back = api.post(f"{here}/void").json
    assert (back["taken"], back["label"]["state"]) == (True, "voided")


def test_a_person_sees_the_price_before_a_label_is_bought_and_gives_it_back(
    found: Labelled, browser: FlaskClient
) -> None:
    fake, order_id = found.seller.fake, found.order_id
    here = f"/orders/{order_id}/label"
    assert f'href="{here}"' in browser.get(f"/orders/{order_id}").text
    lacking = browser.post(f"{here}/offers", data=FORM)
    assert (lacking.status_code, "from which address" in lacking.text) == (404, True)
    assert "lacks" in browser.post("/stock/warehouses/MAIN/sender", data={"name": "Bea"}).text
    assert browser.post("/stock/warehouses/MAIN/sender", data=HOME).status_code == 303
    assert "1 Dock Road" in browser.get("/stock/warehouses/MAIN/sender").text

    offered = browser.post(f"{here}/offers", data=FORM).text
    assert ("3.35" in offered, fake.labels) == (True, {})
    button = re.findall(r'name="(service|price|currency|seller)" value="([^"]*)"', offered)[:4]
    assert browser.post(here, data=FORM | dict(button) | {"price": "1"}).status_code == 409
    assert browser.post(here, data=FORM | dict(button) | {"price": "x"}).status_code == 400
    assert browser.post(here, data=FORM | dict(button)).status_code == 303

    (sold,) = fake.labels.values()
    page = browser.get(f"/orders/{order_id}").text
    assert sold.tracking in page
    (file,) = re.findall(r"/labels/\d+/file", page)
    got = browser.get(file)
    assert (got.mimetype, got.data[:4]) == ("application/pdf", b"%PDF")
    assert browser.post(file.replace("file", "void")).status_code == 303
    assert "Given back" in browser.get(f"/orders/{order_id}").text
    assert sold.status != "Purchased"


def test_a_purchase_without_an_answer_is_shown_as_being_made_and_settled(
    found: Labelled, browser: FlaskClient
) -> None:
    fake, here = found.seller.fake, f"/orders/{found.order_id}"
    browser.post("/stock/warehouses/MAIN/sender", data=HOME)
    offered = browser.post(f"{here}/label/offers", data=FORM).text
    button = dict(
        re.findall(r'name="(service|price|currency|seller)" value="([^"]*)"', offered)[:4]
    )
    fake.faults = Faults(planned={2: Fault.NO_ANSWER})

    assert browser.post(f"{here}/label", data=FORM | button).status_code == 303

    assert "Being bought" in browser.get(here).text
    fake.labels.clear()
    assert found.buy().unknown == 1
    page = browser.get(here).text
    (settle,) = re.findall(r"/labels/\d+/settle", page)
    assert browser.post(settle, data={"way": "fetch"}, follow_redirects=True).status_code == 200
    assert "Nobody knows yet" in browser.get(here).text
    browser.post(settle, data={"way": "lost"})
    assert [each.state for each in found.labels()] == ["refused"]
