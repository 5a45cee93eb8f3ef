"""Orders from the simulated Amazon, over real HTTP, against the truth."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from core import clock
from core.channels.models import RawOrder
from core.config import ROOT
from core.errors import AuthFailed
from core.errors import InputError
from core.http.authorising import Way
from core.http.authorising import begin
from core.http.authorising import finish
from core.kernel.connecting import connect
from core.kernel.connecting import test_connection as try_connection
from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.connections import OK
from core.publishing.connecting import push_stock
from core.publishing.connecting import read_stock
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.trade import Status
from core.testkit.fakes.verbs import cancel
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller
from tests.amazon.conftest import settings_of

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
DOCUMENTS = (
    "orders_2026-01-01.json",
    "ordersV0.json",
    "listingsItems_2021-08-01.json",
    "sellers.json",
)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(AmazonFake.lived(seed=7, orders=60, factor=10_000, stored=0.0))


def net_of(seller: Seller) -> dict[str, int]:
    """Return what each order is worth in the books of Entrepot."""
    rows = seller.world.rows(
        "SELECT o.external_ref, SUM(l.net_amount) FROM orders_order o JOIN orders_line l"
        " ON l.company_id = o.company_id AND l.order_id = o.id GROUP BY o.external_ref"
    )
    return {ref: int(total) for ref, total in rows}


def test_every_order_comes_in_with_its_amounts(seller: Seller) -> None:
    result = seller.pull()

    sales = seller.fake.trade.sales.values()
    waiting = [sale for sale in sales if sale.status is Status.UNPAID]
    assert (result.received, result.quarantined) == (60, 0)
    assert result.waiting == len(waiting)
    whole = {s.ref: s.net for s in sales if s.status in (Status.OPEN, Status.SENT)
             and not any(item.cancelled for item in s.items)}  # fmt: skip
    told = net_of(seller)
    assert {ref: told[ref] for ref in whole} == whole
    assert seller.world.broken() == []


def test_told_again_nothing_changes(seller: Seller) -> None:
    seller.pull()
    before = seller.world.digest()

    assert seller.again().unchanged == 60
    assert seller.world.digest() == before


def test_what_is_asked_keeps_to_amazons_documents(seller: Seller) -> None:
    assert seller.fake.served is not None
    models = SHARED / "specs" / "amazon" / "models-oas3"
    judged = judge(models, DOCUMENTS, seller.fake.served.url)
    seller.fake.witnesses.append(judged)

    seller.pull()
    push_stock(seller.kernel, seller.connection)
    read_stock(seller.kernel, seller.connection)
    try_connection(seller.kernel, seller.connection)

    assert judged.objections == []
    assert judged.seen >= {"searchOrders", "patchListingsItem", "searchListingsItems"}


def test_persons_stand_apart(seller: Seller) -> None:
    seller.pull()

    with seller.kernel.db.read() as session:
        payloads = "".join(session.scalars(sa.select(RawOrder.payload)))
    names = {sale.buyer.email for sale in seller.fake.trade.sales.values()}
    assert [name for name in names if name in payloads] == []


def test_a_token_that_ran_out_is_renewed_once(seller: Seller) -> None:
    seller.pull()
    assert seller.fake.refreshes == 1
    seller.fake.expire_tokens()

    seller.again()
    assert seller.fake.refreshes == 2


def test_changes_come_with_the_next_run(seller: Seller) -> None:
    seller.pull()
    sale = next(s for s in seller.fake.trade.sales.values() if s.status is Status.OPEN)
    cancel(seller.fake.trade, sale, clock.now().replace(microsecond=0) - timedelta(minutes=5))

    result = seller.pull()

    assert result.applied == 1
    assert seller.world.order(sale.ref).state == "cancelled"


def test_settings_are_tried_before_they_are_stored(seller: Seller) -> None:
    given = settings_of(seller.fake)
    company_id = seller.world.company.id

    with pytest.raises(AuthFailed, match="invalid_grant"):
        connect(seller.kernel, "amazon", "Two", {**given, "refresh_token": "Atzr|no"},
                company_id=company_id)  # fmt: skip
    with pytest.raises(InputError, match=r"Amazon\.co\.uk only"):
        connect(seller.kernel, "amazon", "Two", {**given, "marketplace": "A1PA6795UKMFR9"},
                company_id=company_id)  # fmt: skip
    made = connect(seller.kernel, "amazon", "Two", given, company_id=company_id)
    assert made.state == OK
    later = connect(seller.kernel, "amazon", "Three", {**given, "refresh_token": ""},
                    company_id=company_id)  # fmt: skip
    assert later.state == NEEDS_CREDENTIALS


def test_stock_is_told_and_read_back(seller: Seller) -> None:
    seller.pull()

    first = push_stock(seller.kernel, seller.connection)

    shown = seller.fake.trade.products["TOWEL"].shown
    assert (first.due, first.refused) == (first.taken, 0)
    assert 0 < shown < 900
    assert push_stock(seller.kernel, seller.connection).due == 0
    assert read_stock(seller.kernel, seller.connection)["drifted"] == 0
    seller.fake.trade.products["TOWEL"].shown = 3
    assert read_stock(seller.kernel, seller.connection)["drifted"] == 1


def test_who_authorises_on_amazons_page_needs_no_token_of_the_settings(seller: Seller) -> None:
    way = Way("session", seller.world.company.id, "https://erp.example/oauth/callback", "key")
    address = httpx2.URL(begin(seller.kernel, seller.connection, way))
    assert address.host == "sellercentral-europe.amazon.com"
    seller.fake.codes.add("code-1")
    given = {"state": address.params["state"], "spapi_oauth_code": "code-1"}

    assert finish(seller.kernel, way, given).state == OK

    seller.pull()
    assert seller.fake.refreshes == 0
