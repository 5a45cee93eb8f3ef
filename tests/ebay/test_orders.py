"""Orders from the simulated eBay, over real HTTP, against the truth."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from addons.ebay import pulling
from core import clock
from core.errors import AuthFailed
from core.errors import InputError
from core.http.authorising import Way
from core.http.authorising import begin
from core.http.authorising import finish
from core.kernel.connecting import connect
from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.connections import OK
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.ebay.login import SCOPES
from core.testkit.fakes.trade import Status
from core.testkit.fakes.verbs import cancel
from tests.connectors.orders import apart
from tests.connectors.orders import net_of
from tests.connectors.orders import shortened
from tests.connectors.orders import told_again
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.ebay.conftest import judged_by_ebay
from tests.ebay.conftest import settings_of


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(EbayFake.lived(seed=11, orders=60, factor=10_000))


def test_every_order_comes_in_with_its_amounts(seller: Seller) -> None:
    judged = judged_by_ebay(seller)

    result = seller.pull()

    sales = seller.fake.trade.sales.values()
    assert (result.received, result.quarantined) == (60, 0)
    assert result.waiting == len([sale for sale in sales if sale.status is Status.UNPAID])
    whole = {sale.ref: sale.net for sale in sales if sale.status in (Status.OPEN, Status.SENT)}
    told = net_of(seller)
    assert {ref: told[ref] for ref in whole} == whole
    back = {f"{s.ref}/{r.ref}": -r.net for s in sales for r in s.refunds}
    assert {ref: told[ref] for ref in back} == back != {}
    assert judged.objections == []
    assert judged.seen == {"getOrders"}
    assert seller.world.broken() == []


def test_what_ebay_collects_is_not_the_sellers_tax(seller: Seller) -> None:
    seller.pull()

    rows = seller.world.rows(
        "SELECT o.external_ref, t.collector, t.scheme, SUM(l.tax_amount) FROM orders_order o"
        " JOIN orders_line l ON l.company_id = o.company_id AND l.order_id = o.id"
        " JOIN orders_tax t ON t.company_id = o.company_id AND t.id = o.id"
        " WHERE o.country = 'US' GROUP BY o.external_ref, t.collector, t.scheme"
    )
    abroad = {s.ref for s in seller.fake.trade.sales.values() if s.buyer.country == "US"}
    sent = {ref for ref in abroad if seller.fake.trade.sales[ref].status is Status.SENT}
    assert {ref for ref, *_ in rows} >= sent != set()
    assert {(collector, scheme) for _, collector, scheme, _ in rows} == {
        ("marketplace", "STATE_SALES_TAX")
    }
    assert sum(int(tax or 0) for *_, tax in rows) == 0


def test_told_again_nothing_changes(seller: Seller) -> None:
    told_again(seller)


def test_persons_stand_apart(seller: Seller) -> None:
    apart(seller, "username", said="email")


def test_changes_come_with_the_next_run(seller: Seller) -> None:
    seller.pull()
    sale = next(s for s in seller.fake.trade.sales.values() if s.status is Status.OPEN)
    cancel(seller.fake.trade, sale, clock.now().replace(microsecond=0) - timedelta(minutes=5))

    result = seller.pull()

    assert result.applied == 1
    assert seller.world.order(sale.ref).state == "cancelled"


def test_orders_that_change_between_two_pages_push_none_out(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    shortened(seller, monkeypatch, pulling, "getOrders", "ordered_at")


def test_settings_are_tried_before_they_are_stored(seller: Seller) -> None:
    judged = judged_by_ebay(seller)
    given, company_id = settings_of(seller.fake), seller.world.company.id
    keys = len(seller.fake.signing)

    def connected_as(label: str, **changes: object) -> str:
        settings = {**given, **changes}
        return connect(seller.kernel, "ebay", label, settings, company_id=company_id).state

    with pytest.raises(AuthFailed, match="invalid_client"):
        connected_as("One", client_secret="no")
    with pytest.raises(AuthFailed, match="invalid_grant"):
        connected_as("Two", refresh_token="no")
    with pytest.raises(InputError, match="entrepot_fake"):
        connected_as("Three", seller="somebody else")
    with pytest.raises(InputError, match="digital signature"):
        connected_as("Four", signing_jwe="eyJub2JvZHlzIjoiIn0")
    assert connected_as("Five") == OK
    assert connected_as("Six", signing_key="", signing_jwe="") == OK
    assert connected_as("Seven", refresh_token="") == NEEDS_CREDENTIALS
    seller.fake.scopes -= {SCOPES[1], SCOPES[2]}
    with pytest.raises(InputError, match=r"not allow .*sell.inventory, .*sell.finances"):
        connected_as("Eight")
    assert len(seller.fake.signing) == keys, "nothing is made for what is only tried"
    assert judged.objections == []
    found = {"getUser", "getOrders", "getInventoryItems", "getPayouts", "getConversations"}
    assert judged.seen == found


def test_who_authorises_on_ebays_page_needs_no_token_and_no_key(seller: Seller) -> None:
    judged = judged_by_ebay(seller)
    given = settings_of(seller.fake, refresh_token="", signing_key="", signing_jwe="")
    company_id = seller.world.company.id
    seller.connection = connect(seller.kernel, "ebay", "Page", given, company_id=company_id)
    way = Way("session", company_id, "https://erp.example/oauth/callback", "key")
    address = httpx2.URL(begin(seller.kernel, seller.connection, way))
    assert address.host == "auth.ebay.com"
    assert address.params["redirect_uri"] == given["ru_name"]
    assert seller.fake.served is not None
    asked = f"{seller.fake.served.url}{address.path}?{address.query.decode()}"
    back = httpx2.URL(httpx2.get(asked).headers["location"])
    keys = len(seller.fake.signing)

    assert finish(seller.kernel, way, dict(back.params)).state == OK

    assert len(seller.fake.signing) == keys + 1
    seller.pull()
    seller.fake.expire_tokens()
    assert seller.again().received == 60
    assert seller.fake.refreshes == 1
    assert len(seller.fake.signing) == keys + 1, "the key is kept when tokens are refreshed"
    assert judged.objections == []
    assert "createSigningKey" in judged.seen
