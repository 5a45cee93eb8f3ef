"""The page of announced returns: goods are taken back there, judged on their note, and ended."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core import clock
from core.channels.external import ExternalReturn
from core.orders.announcing import keep_returns
from core.orders.lookups import Account
from core.orders.models import AnnouncedReturn
from core.orders.models import Order
from core.orders.models import OrderLine
from tests.web.conftest import Site
from tests.web.conftest import form_token


@pytest.fixture
def told(site: Site) -> Any:
    """Let a platform announce a piece of an order that was sent, and one of an unknown order."""
    query = (
        sa.select(Order.platform, Order.account, Order.external_ref, OrderLine.code, Order.id)
        .join(
            OrderLine, (OrderLine.company_id == Order.company_id) & (OrderLine.order_id == Order.id)
        )
        .where(
            Order.company_id == site.company.id,
            Order.state == "shipped",
            OrderLine.kind == "sale",
            OrderLine.document_id.is_not(None),
            OrderLine.returned_quantity == 0,
            OrderLine.sku_id.is_not(None),
            OrderLine.flag.is_(None),
        )
        .order_by(Order.id.desc())
    )
    row = site.rows(query.limit(1))[0]
    now = clock.now()
    returns = [
        ExternalReturn("PAGE-1", row.external_ref, row.code, 1, "Unwanted", now, tracking="TR-7"),
        ExternalReturn("PAGE-2", "no such order", "MUG", 1, "Unwanted", now),
    ]
    with site.kernel.db.write() as session:
        keep_returns(session, Account(site.company.id, row.platform, row.account), returns)
    return row


def id_of(site: Site, name: str) -> int:
    query = sa.select(AnnouncedReturn.id).where(AnnouncedReturn.external_ref == name)
    found: int = site.rows(query)[0][0]
    return found


def test_goods_arrive_are_judged_and_what_never_comes_is_ended(
    site: Site, client: FlaskClient, told: Any
) -> None:
    page = client.get("/orders/returns?text=PAGE").text
    assert all(text in page for text in ("PAGE-1", "PAGE-2", "TR-7", "not known here"))
    assert "PAGE-1" in client.get(f"/orders/{told.id}").text
    one, two = id_of(site, "PAGE-1"), id_of(site, "PAGE-2")
    token = {"csrf_token": form_token(client, "/orders/returns")}

    many = client.post(f"/orders/returns/{one}/arrived", data={**token, "quantity": "x"})
    assert many.status_code == 303
    client.post(f"/orders/returns/{one}/arrived", data={**token, "quantity": "1"})
    assert "PAGE-1" in client.get("/orders/returns?tab=arrived&text=PAGE").text
    note = sa.select(Order.id).where(
        Order.company_id == site.company.id, Order.external_ref == f"{told.external_ref}/R1"
    )
    note_id = site.rows(note)[0][0]
    shown = client.get(f"/orders/{note_id}").text
    assert "Inspect the goods" in shown
    line = site.rows(sa.select(OrderLine.id).where(OrderLine.order_id == note_id))[0][0]
    data = {**token, f"line-{line}": "1"}
    assert client.post(f"/orders/{note_id}/lines/inspect", data=data).status_code == 303
    assert "Inspect the goods" not in client.get(f"/orders/{note_id}").text

    client.post(f"/orders/returns/{two}/end", data={**token, "note": "never sent"})
    assert "never sent" in client.get("/orders/returns?tab=closed&text=PAGE").text
    client.post(f"/orders/returns/{two}/again", data=token)
    listed = client.get("/api/v1/returns?tab=open&number=PAGE").get_json()
    assert [each["external_ref"] for each in listed["items"]] == ["PAGE-2"]
    assert client.get("/orders/returns?tab=odd").status_code == 404
