"""The page and the API of prices: looked at with numbers, held by who counts, each with a story."""

from __future__ import annotations

import io
import re

import sqlalchemy as sa
from flask.testing import FlaskClient

from core.identity import tokens
from core.identity import users
from core.publishing.models import PriceTarget
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.test_isolation import listed_in


def test_prices_are_looked_at_and_then_told(site: Site, client: FlaskClient) -> None:
    with site.kernel.db.read() as session:
        wish = listed_in(session, site.company.id)
    head = "platform,account,code,price,currency\n"
    row = f"{wish.platform},{wish.account},{wish.seller_sku},0.01,{wish.currency}\n"
    token = {"csrf_token": form_token(client, "/products/prices")}
    file = {"file": (io.BytesIO((head + row).encode()), "prices.csv")}

    looked = client.post("/products/prices", data={**token, **file})
    assert looked.status_code == 200
    assert "1 below cost" in looked.text
    assert "Type the number" in looked.text
    rows = re.search(r'name="rows" value="([^"]*)"', looked.text)
    assert rows is not None
    assert wish.seller_sku in rows[1]
    form = {**token, "rows": head + row, "hold": "1", "note": "page"}
    refused = client.post("/products/prices", data=form)
    odd = client.post("/products/prices", data={**form, "below_cost": "x"})
    assert (refused.status_code, odd.status_code) == (409, 400)
    held = client.post("/products/prices", data={**form, "below_cost": "1"})
    assert held.status_code == 303

    query = sa.select(PriceTarget.id, PriceTarget.desired).where(
        PriceTarget.company_id == site.company.id, PriceTarget.seller_sku == wish.seller_sku
    )
    price_id, desired = site.rows(query)[0]
    assert desired == 1
    shown = client.get(f"/products/prices/{price_id}").text
    assert "page" in shown
    assert wish.seller_sku in client.get("/products/prices?text=" + wish.seller_sku).text
    again = client.post(f"/products/prices/{price_id}/retry", data=token)
    assert again.status_code == 303
    nothing = client.post("/products/prices", data={**token, "code": "", "price": "1"})
    assert nothing.status_code == 400


def test_programs_say_prices(site: Site, client: FlaskClient) -> None:
    with site.kernel.db.read() as session:
        wish = listed_in(session, site.company.id)
    shop = {name: getattr(wish, name) for name in ("platform", "account", "currency")}

    allowed = ["products.view", "products.edit", "money.view"]
    with site.kernel.db.write() as session:
        user, _secret = users.add_user(session, "pricer", "owner", site.company.id)
        made = tokens.make_token(session, user, site.company.id, "pricer", allowed, allowed=allowed)
    token = {"Authorization": f"Bearer {made}"}
    high = {**shop, "prices": {wish.seller_sku: 2_000_000}}
    looked = client.post("/api/v1/prices/preview", json=high, headers=token).get_json()
    assert (looked["prices"], looked["shops"], looked["below_cost"]) == (1, 1, 0)
    low = {**shop, "prices": {wish.seller_sku: 1}}
    assert client.post("/api/v1/prices", json=low, headers=token).status_code == 409
    held = client.post("/api/v1/prices", json={**high, "note": "api"}, headers=token)
    assert held.status_code == 200
    listed = client.get(f"/api/v1/prices?code={wish.seller_sku}").get_json()["items"]
    (price,) = [item for item in listed if item["seller_sku"] == wish.seller_sku]
    assert (price["desired"], price["behind"]) == (2_000_000, True)
    versions = client.get(f"/api/v1/prices/{price['id']}/versions").get_json()["items"]
    assert versions[0]["note"] == "api"
    assert client.get("/api/v1/prices/1/versions").status_code == 404
