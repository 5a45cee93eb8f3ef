"""Pages of products: made, changed, loaded from a file, composed and put away."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user


@pytest.fixture
def product(client: FlaskClient, request: pytest.FixtureRequest) -> str:
    """Make a SKU of the test's own, and return the address of its page."""
    code = re.sub(r"\W+", "-", request.node.name)[:90]
    status, where = send(client, "/products", sku=code, title="Tea pot")
    assert status == 303
    return where


def send(browser: FlaskClient, to: str, **form: object) -> tuple[int, str]:
    """Send a form; return the status, and where it leads or what it says."""
    token = form_token(browser, "/products")
    answer = browser.post(to, data={**form, "csrf_token": token})
    return answer.status_code, answer.location or answer.text


def test_a_product_is_made_and_changed(client: FlaskClient, product: str) -> None:
    page = client.get(product).text
    assert "Tea pot" in page
    assert "No listing stands for it" in page
    told = {"title": "Tea pot, blue", "brand": "Clay & Co", "weight_grams": "700", "length_mm": "9"}

    assert send(client, product, **told)[0] == 303

    page = client.get(product).text
    assert 'value="Clay &amp; Co"' in page
    assert 'value="700"' in page
    status, text = send(client, product, **{**told, "weight_grams": "heavy"})
    assert (status, "no whole number" in text, 'value="heavy"' in text) == (400, True, True)
    assert send(client, product, **{**told, "title": " "})[0] == 400
    found = client.get("/products?brand=Clay+%26+Co").text
    assert "Tea pot, blue" in found


def test_a_bundle_is_composed(client: FlaskClient, product: str) -> None:
    send(client, "/products", sku=f"CUP{product[-6:]}")
    cup = f"CUP{product[-6:]}"
    parts = {"part[]": [cup, ""], "quantity[]": ["6", ""], "price[]": ["4.50", ""]}

    assert send(client, f"{product}/parts", **parts)[0] == 303

    page = client.get(product).text
    assert f'value="{cup}"' in page
    assert 'value="4.50"' in page
    wrong = {**parts, "quantity[]": ["many", ""]}
    assert send(client, f"{product}/parts", **wrong)[0] == 400
    assert send(client, f"{product}/parts", **dict.fromkeys(parts, [""]))[0] == 303
    assert f'value="{cup}"' not in client.get(product).text


def test_a_file_is_loaded_or_refused_with_its_line(client: FlaskClient) -> None:
    good = b"sku,title,brand\nLOADED-1,One,Ours\nLOADED-2,Two,Ours\n"
    assert send(client, "/products", file=(io.BytesIO(good), "p.csv"))[0] == 303
    bad = b"sku,weight_grams\nLOADED-3,1\nLOADED-4,light\n"

    status, text = send(client, "/products", file=(io.BytesIO(bad), "p.csv"))

    assert (status, "p.csv, line 3" in text) == (400, True)
    page = client.get("/products?text=LOADED").text
    assert ("LOADED-2" in page, "LOADED-3" in page) == (True, False)
    typo = b"sku,weight_grams\nLOADED-9,1\n"
    file = (io.BytesIO(typo), "p.csv")
    assert send(client, "/products", file=file, only_known="1")[0] == 404


def test_a_product_is_put_away_and_comes_back(client: FlaskClient, product: str) -> None:
    code = re.search(r"<title>([^·<]+)", client.get(product).text)
    assert code is not None
    name = code[1].strip()

    assert send(client, f"{product}/archive", away="1")[0] == 303

    assert name not in client.get(f"/products?text={name}").text.partition("<tbody>")[2]
    assert name in client.get(f"/products?show=archived&text={name}").text
    send(client, f"{product}/archive", away="0")
    assert name in client.get(f"/products?text={name}").text.partition("<tbody>")[2]


def test_who_may_not_edit_sees_no_form(site: Site, product: str) -> None:
    make_user(site, "peeker", "auditor", site.company.id)

    page = browser_of(site, "peeker").get(product)

    assert page.status_code == 200
    assert "Tea pot" in page.text
    assert 'name="weight_grams"' not in page.text
