"""Invoices of orders that were chosen in their list."""

from __future__ import annotations

from flask.testing import FlaskClient

from core.orders.models import Order
from tests.web.conftest import Site
from tests.web.conftest import form_token


def test_orders_are_chosen_in_their_list(site: Site, client: FlaskClient) -> None:
    page = client.get("/orders?kind=sale").text
    assert 'name="order" value="' in page
    assert "Issue invoices of those chosen" in page
    query = Order.__table__.select().where(Order.company_id == site.company.id).limit(2)
    chosen = [row.id for row in site.rows(query)]
    token = form_token(client, "/orders")

    none = client.post("/invoices/bulk", data={"csrf_token": token})
    assert none.status_code == 303
    done = client.post("/invoices/bulk", data={"csrf_token": token, "order": [*chosen, 1]})

    assert done.status_code == 200
    assert "What came of each order" in done.text
    # Nobody said who the company is, and order 1 is another's or nobody's.
    assert "There is no such order." in done.text
