"""A company never sees another's rows, whatever the address says."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core.catalog.models import Sku
from core.channels.models import Import
from core.channels.models import RawRow
from core.channels.models import Shop
from core.identity.models import UserSession
from core.ledger.models import Entry
from core.orders.models import Order
from core.orders.models import OrderLine
from core.settlements.models import Statement
from tests.web.conftest import Site

RECORDS = {
    "/orders/": Order,
    "/orders/lines/": OrderLine,
    "/stock/": Sku,
    "/ledger/entries/": Entry,
    "/imports/": Import,
    "/raw/": RawRow,
    "/settlements/": Statement,
}


@pytest.mark.parametrize(("address", "model"), RECORDS.items())
def test_record_of_another_company_is_not_there(
    site: Site, client: FlaskClient, address: str, model: type[Order]
) -> None:
    own = first_id(site, model, site.company.id)
    foreign = first_id(site, model, site.other.id)

    assert client.get(f"{address}{own}").status_code in (200, 302)
    assert client.get(f"{address}{foreign}").status_code == 404


@pytest.mark.parametrize(("by", "model"), [("order", Order), ("sku", Sku), ("shop", Shop)])
def test_figure_of_another_company_is_empty(
    site: Site, client: FlaskClient, by: str, model: type[Order]
) -> None:
    foreign = first_id(site, model, site.other.id)

    page = client.get(f"/profit/lines?by={by}&key={foreign}")

    assert "No bookings" in page.text


def test_chosen_company_is_shown(site: Site, client: FlaskClient) -> None:
    with site.kernel.db.write() as session:
        session.execute(sa.update(UserSession).values(company_id=site.other.id))

    page = client.get("/orders")

    assert "Other <span" in page.text
    assert client.get(f"/orders/{first_id(site, Order, site.company.id)}").status_code == 404


def first_id(site: Site, model: type[Order], company_id: int) -> int:
    query = sa.select(sa.func.min(model.id)).where(model.company_id == company_id)
    return int(site.rows(query)[0][0])
