"""The search of the top bar: what begins so, and straight to what bears the very number."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core.catalog.models import Sku
from core.orders.models import Order
from tests.web.conftest import Site
from tests.web.people import browser_of
from tests.web.people import make_user


@pytest.fixture
def numbers(site: Site) -> dict[str, str]:
    """Give the numbers of an order and of a SKU of the company."""
    with site.kernel.db.read() as session:
        order = sa.select(Order.external_ref).where(Order.company_id == site.company.id).limit(1)
        sku = sa.select(Sku.code).where(Sku.company_id == site.company.id).limit(1)
        return {"order": session.scalars(order).one(), "sku": session.scalars(sku).one()}


def test_a_whole_number_leads_there(client: FlaskClient, numbers: dict[str, str]) -> None:
    answer = client.get("/search", query_string={"q": f" {numbers['order']} "})

    assert answer.status_code == 303
    assert numbers["order"] in client.get(answer.location).text


def test_the_beginning_shows_what_there_is(client: FlaskClient, numbers: dict[str, str]) -> None:
    page = client.get("/search", query_string={"q": numbers["sku"][:2]}).text

    assert f">{numbers['sku']}</a>" in page
    assert 'value="' + numbers["sku"][:2] + '"' in page


def test_nothing_found_says_what_can_be_looked_for(client: FlaskClient) -> None:
    assert "Nothing begins so" in client.get("/search?q=no-such-thing").text
    assert "What do you look for?" in client.get("/search").text
    assert client.get("/search", query_string={"q": "%_" * 200}).status_code == 200


def test_nobody_finds_what_he_may_not_see(site: Site, numbers: dict[str, str]) -> None:
    make_user(site, "packer", "warehouse", site.company.id)
    browser = browser_of(site, "packer")

    page = browser.get("/search", query_string={"q": numbers["sku"][:2]}).text

    assert "Settlements</h2>" not in page


def test_the_same_number_leads_each_company_to_its_own(site: Site) -> None:
    make_user(site, "stranger", "owner", site.other.id)
    mine, theirs = (
        sa.select(Order.external_ref).where(Order.company_id == company.id)
        for company in (site.company, site.other)
    )
    with site.kernel.db.read() as session:
        both = session.scalars(mine.where(Order.external_ref.in_(theirs)).limit(1)).one()

    where = browser_of(site, "stranger").get(f"/search?q={both}").location

    with site.kernel.db.read() as session:
        whose = sa.select(Order.company_id).where(Order.id == int(where.rpartition("/")[2]))
        assert session.scalars(whose).one() == site.other.id
