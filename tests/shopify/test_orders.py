"""Orders from the simulated Shopify, over real HTTP, against the truth."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from core import clock
from core.errors import AuthFailed
from core.errors import InputError
from core.http.authorising import Way
from core.http.authorising import begin
from core.http.authorising import finish
from core.kernel.connecting import connect
from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.connections import OK
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.trade import Status
from core.testkit.fakes.verbs import cancel
from tests.connectors.orders import apart
from tests.connectors.orders import net_of
from tests.connectors.orders import told_again
from tests.shopify.conftest import Connected
from tests.shopify.conftest import Seller
from tests.shopify.conftest import settings_of


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(ShopifyFake.lived(seed=7, orders=60, factor=10_000))


def test_every_order_comes_in_with_its_amounts(seller: Seller) -> None:
    result = seller.pull()

    sales = seller.fake.trade.sales.values()
    assert (result.received, result.quarantined) == (60, 0)
    assert result.waiting == len([sale for sale in sales if sale.status is Status.UNPAID])
    whole = {
        sale.ref: sale.net - sum(each.net for each in sale.cancels)
        for sale in sales
        if sale.status in (Status.OPEN, Status.SENT)
    }
    told = net_of(seller)
    assert {ref: told[ref] for ref in whole} == whole
    back = {f"{s.ref}/{r.ref}": -r.net for s in sales for r in s.refunds}
    assert {ref: told[ref] for ref in back} == back != {}
    assert seller.world.broken() == []


def test_told_again_nothing_changes(seller: Seller) -> None:
    told_again(seller)


def test_persons_stand_apart(seller: Seller) -> None:
    apart(seller, said="email")


def test_changes_come_with_the_next_run(seller: Seller) -> None:
    seller.pull()
    sale = next(s for s in seller.fake.trade.sales.values() if s.status is Status.OPEN)
    cancel(seller.fake.trade, sale, clock.now().replace(microsecond=0) - timedelta(minutes=5))

    result = seller.pull()

    assert result.applied == 1
    assert seller.world.order(sale.ref).state == "cancelled"


def test_settings_are_tried_before_they_are_stored(seller: Seller) -> None:
    given, company_id = settings_of(seller.fake), seller.world.company.id

    with pytest.raises(AuthFailed, match="401"):
        connect(
            seller.kernel, "shopify", "Two", {**given, "access_token": "no"}, company_id=company_id
        )
    other = {**given, "shop": "other.myshopify.com"}
    with pytest.raises(InputError, match="entrepot-fake"):
        connect(seller.kernel, "shopify", "Two", other, company_id=company_id)
    made = connect(seller.kernel, "shopify", "Two", given, company_id=company_id)
    assert made.state == OK
    with pytest.raises(InputError, match="lacks the scope read_all_orders"):
        connect(
            seller.kernel, "shopify", "Old", {**given, "backfill_days": 61}, company_id=company_id
        )
    seller.fake.scopes -= {"write_inventory", "read_inventory"}
    with pytest.raises(InputError, match="lacks the scopes read_inventory, write_inventory"):
        connect(seller.kernel, "shopify", "Four", given, company_id=company_id)
    later = connect(
        seller.kernel, "shopify", "Three", {**given, "access_token": ""}, company_id=company_id
    )
    assert later.state == NEEDS_CREDENTIALS


def authorised(seller: Seller, **changes: str) -> None:
    """Let the seller authorise on Shopify's page, as his browser would."""
    given = {**settings_of(seller.fake), "access_token": ""}
    company_id = seller.world.company.id
    seller.connection = connect(
        seller.kernel, "shopify", f"Page {changes}", given, company_id=company_id
    )
    way = Way("session", seller.world.company.id, "https://erp.example/oauth/callback", "key")
    address = httpx2.URL(begin(seller.kernel, seller.connection, way))
    assert address.host == "entrepot-fake.myshopify.com"
    assert "write_inventory" in address.params["scope"].split(",")
    assert seller.fake.served is not None
    asked = f"{seller.fake.served.url}{address.path}?{address.query.decode()}"
    back = httpx2.URL(httpx2.get(asked).headers["location"])
    assert finish(seller.kernel, way, {**back.params, **changes}).state == OK


def test_who_authorises_on_shopifys_page_needs_no_token(seller: Seller) -> None:
    authorised(seller)

    seller.pull()
    seller.fake.expire_tokens()
    assert seller.again().received == 60
    assert seller.fake.refreshes == 1


def test_what_shopify_did_not_sign_authorises_nothing(seller: Seller) -> None:
    with pytest.raises(AuthFailed, match="not signed"):
        authorised(seller, hmac="0" * 64)
    with pytest.raises(AuthFailed, match="not signed"):
        authorised(seller, shop="other.myshopify.com")


def test_a_shop_without_points_is_waited_for(connected: Connected) -> None:
    seller = connected(ShopifyFake.lived(seed=7, orders=40, factor=300))
    seller.fake.points.burst = 1000
    seller.fake.points.tokens = 100

    assert seller.pull().received == 40

    # The first question meets an empty bucket; the answer says when there is enough again.
    assert sum(seller.fake.calls.too_fast.values()) <= 1
    assert seller.world.broken() == []
