"""Pages of the work in warehouses: what is typed is done, once, and what cannot be is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core.stock.models import Level
from core.stock.models import Warehouse
from core.warehousing.models import Count
from core.warehousing.models import Transfer
from core.warehousing.places import add_warehouse
from tests.web.conftest import FIELD
from tests.web.conftest import Site
from tests.web.conftest import sign_in

KEY = re.compile(r'name="key" value="([^"]+)"')


@pytest.fixture(scope="module")
def yard(request: pytest.FixtureRequest, site: Site) -> Iterator[Site]:
    """Give the site a company of its own to work in: other tests read the demo company."""
    with site.kernel.db.write() as session:
        known = session.scalar(sa.select(Warehouse.id).where(Warehouse.code == "FAR"))
        if known is None:
            add_warehouse(session, site.company.id, "FAR", "3pl", "DE")
    return site


def send(browser: FlaskClient, address: str, **data: str) -> tuple[int, str]:
    found = FIELD.search(browser.get("/stock/transfers").text)
    assert found is not None
    answer = browser.post(address, data={"csrf_token": found[1], **data})
    return answer.status_code, answer.location or answer.text


def level(site: Site, sku_id: int, code: str, condition: str = "sellable") -> int:
    query = (
        sa.select(Level.on_hand)
        .join(Warehouse, Warehouse.id == Level.warehouse_id)
        .where(
            Level.company_id == site.company.id,
            Level.sku_id == sku_id,
            Warehouse.code == code,
            Level.condition == condition,
        )
    )
    rows = site.rows(query)
    return rows[0][0] if rows else 0


def a_sku(site: Site) -> tuple[int, str]:
    """Return a SKU of which enough lies free in the main warehouse."""
    query = sa.text(
        "SELECT s.id, s.code FROM stock_level v JOIN catalog_sku s ON s.id = v.sku_id"
        " JOIN stock_warehouse w ON w.id = v.warehouse_id WHERE v.company_id = :company"
        " AND v.on_hand - v.reserved >= 12 AND w.code = 'MAIN' ORDER BY s.code LIMIT 1"
    ).bindparams(company=site.company.id)
    found = site.rows(query)[0]
    return found.id, found.code


def test_transfer_is_planned_sent_taken_in_and_lost(yard: Site, client: FlaskClient) -> None:
    sku_id, code = a_sku(yard)
    before = level(yard, sku_id, "MAIN"), level(yard, sku_id, "FAR")

    status, address = send(
        client, "/stock/transfers", origin="MAIN", target="FAR", lines=f"{code} 5", note="test"
    )
    assert status == 303
    assert send(client, f"{address}/ship", **{f"sku-{sku_id}": "5"})[0] == 303
    assert send(client, f"{address}/receive", **{f"sku-{sku_id}": "3"})[0] == 303
    status, said = send(client, f"{address}/receive", **{f"sku-{sku_id}": "3"})
    assert (status, "3 are asked for, the transfer has 2 open" in said) == (409, True)
    assert send(client, f"{address}/lose", **{f"sku-{sku_id}": "2"})[0] == 303

    assert level(yard, sku_id, "MAIN") == before[0] - 5
    assert level(yard, sku_id, "FAR") == before[1] + 3
    transfer_id = int(address.rsplit("/", 1)[1])
    assert yard.rows(sa.select(Transfer.state).where(Transfer.id == transfer_id)) == [("closed",)]
    steps = client.get(address).text.partition("Timeline")[2]
    assert [steps.count(word) for word in ("Planned", "Sent", "Arrived", "Lost")] == [1, 1, 1, 1]


def test_count_books_what_differs(yard: Site, client: FlaskClient) -> None:
    sku_id, code = a_sku(yard)
    before = level(yard, sku_id, "MAIN")

    status, address = send(client, "/stock/counts", warehouse="MAIN", skus=code)
    assert status == 303
    assert send(client, f"{address}/post")[0] == 409
    assert send(client, f"{address}/freeze")[0] == 303
    assert send(client, f"{address}/enter", **{f"sku-{sku_id}": "much"})[0] == 400
    assert send(client, f"{address}/enter", **{f"sku-{sku_id}": str(before - 2)})[0] == 303
    assert send(client, f"{address}/post")[0] == 303
    assert send(client, f"{address}/post")[0] == 409

    assert level(yard, sku_id, "MAIN") == before - 2
    count_id = int(address.rsplit("/", 1)[1])
    assert yard.rows(sa.select(Count.state).where(Count.id == count_id)) == [("posted",)]


def test_form_sent_twice_acts_once(yard: Site, client: FlaskClient) -> None:
    sku_id, _code = a_sku(yard)
    before = level(yard, sku_id, "MAIN"), level(yard, sku_id, "MAIN", "damaged")
    found = KEY.search(client.get(f"/stock/{sku_id}/handle").text)
    assert found is not None
    form = {"verb": "sort", "warehouse": "MAIN", "quantity": "2", "to_condition": "damaged"}
    form |= {"key": found[1], "condition": "sellable"}

    answers = [send(client, f"/stock/{sku_id}/handle", **form)[0] for _ in range(2)]

    assert answers == [303, 409]
    assert level(yard, sku_id, "MAIN") == before[0] - 2
    assert level(yard, sku_id, "MAIN", "damaged") == before[1] + 2


def test_warehouse_is_added_and_taken_out_of_use(yard: Site, client: FlaskClient) -> None:
    new = {"code": "FBA-DE", "kind": "platform", "country": "de"}
    assert send(client, "/stock/warehouses", **new)[0] in (303, 409)
    assert send(client, "/stock/warehouses", **new)[0] == 409
    assert send(client, "/stock/warehouses", archive="MAIN")[0] == 409
    assert send(client, "/stock/warehouses", archive="FBA-DE")[0] == 303
    assert "Out of use" in client.get("/stock/warehouses").text


def test_another_companys_transfer_is_not_there(yard: Site) -> None:
    browser = yard.visitor()
    sign_in(browser, yard.new_token())

    assert browser.get("/stock/transfers/999999999").status_code == 404
