"""Orders from the simulated TikTok Shop, over real HTTP, against the truth."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from addons.tiktok_shop import pulling
from core import clock
from core.errors import AuthFailed
from core.errors import InputError
from core.errors import RateLimited
from core.http import answers
from core.http import client
from core.http.authorising import Way
from core.http.authorising import begin
from core.http.authorising import finish
from core.kernel.connecting import connect
from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.connections import OK
from core.testkit.fakes.rates import Bucket
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.tiktok import orders as told
from core.testkit.fakes.trade import Status
from core.testkit.fakes.verbs import cancel
from core.testkit.fakes.verbs import refund
from tests.connectors.orders import apart
from tests.connectors.orders import known
from tests.connectors.orders import net_of
from tests.connectors.orders import shortened
from tests.connectors.orders import told_again
from tests.tiktok.conftest import Connected
from tests.tiktok.conftest import Seller
from tests.tiktok.conftest import judged_by_tiktok
from tests.tiktok.conftest import settings_of


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(TiktokFake.lived(seed=11, orders=60, factor=10_000, settle_days=15))


def test_every_order_comes_in_with_its_amounts(seller: Seller) -> None:
    judged = judged_by_tiktok(seller)

    result = seller.pull()

    sales = seller.fake.trade.sales.values()
    assert result.quarantined == 0
    assert known(seller) == set(seller.fake.trade.sales)
    assert result.waiting == len([sale for sale in sales if sale.status is Status.UNPAID])
    uncut = [sale for sale in sales if not any(item.cancelled for item in sale.items)]
    whole = {sale.ref: sale.net for sale in uncut if sale.status in (Status.OPEN, Status.SENT)}
    found = net_of(seller)
    assert {ref: found[ref] for ref in whole} == whole
    back = {f"{s.ref}/40{r.ref}": -r.net for s in sales for r in s.refunds}
    assert {ref: found[ref] for ref in back} == back != {}
    assert judged.objections == []
    assert judged.seen == {
        "getAuthorizedShops", "getOrderList", "getOrderDetail", "searchReturns",
    }  # fmt: skip
    assert seller.world.broken() == []


def test_told_again_nothing_changes(seller: Seller) -> None:
    told_again(seller)


def test_persons_stand_apart(seller: Seller) -> None:
    apart(seller, "user_id", said="name")


def test_changes_and_refunds_come_with_the_next_run(seller: Seller) -> None:
    seller.pull()
    # At once: whoever is told by a webhook asks in the same second.
    trade, at = seller.fake.trade, clock.now().replace(microsecond=0)
    sale = next(s for s in trade.sales.values() if s.status is Status.OPEN)
    sent = next(s for s in trade.sales.values() if s.status is Status.SENT and not s.refunds)
    before = sent.updated_at
    cancel(trade, sale, at)
    made = refund(trade, sent, sent.items[0], 1, at)
    # The platform does not count money that goes back as a change of the order.
    sent.updated_at = before

    result = seller.pull()

    assert result.applied == 2
    assert seller.world.order(sale.ref).state == "cancelled"
    assert net_of(seller)[f"{sent.ref}/40{made.ref}"] == -made.net


def test_orders_that_change_between_two_pages_push_none_out(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    shortened(seller, monkeypatch, pulling, "getOrderList", "updated_at")


def test_many_orders_of_one_second_are_gone_through(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGE", 7)
    at = clock.now().replace(microsecond=0) - timedelta(hours=1)
    for sale in seller.fake.trade.sales.values():
        sale.updated_at = at

    seller.pull()

    assert known(seller) == set(seller.fake.trade.sales)


def test_settings_are_tried_before_they_are_stored(seller: Seller) -> None:
    judged = judged_by_tiktok(seller)
    given, company_id = settings_of(seller.fake), seller.world.company.id

    def connected_as(label: str, **changes: object) -> str:
        settings = {**given, **changes}
        return connect(seller.kernel, "tiktok_shop", label, settings, company_id=company_id).state

    with pytest.raises(AuthFailed, match="app_secret"):
        connected_as("One", app_secret="no")
    with pytest.raises(AuthFailed, match="refresh token"):
        connected_as("Two", refresh_token="no")
    with pytest.raises(InputError, match="GBLCFAKE01"):
        connected_as("Three", shop="somebody else")
    with pytest.raises(InputError, match="in GB"):
        connected_as("Four", region="DE")
    assert connected_as("Five") == OK
    assert connected_as("Six", refresh_token="") == NEEDS_CREDENTIALS
    seller.fake.scopes -= {"seller.product.basic", "seller.finance.info"}
    with pytest.raises(InputError, match="Product Basic, Finance Information"):
        connected_as("Seven")
    assert judged.objections == []
    assert judged.seen == {
        "getAuthorizedShops", "getOrderList", "searchProducts", "searchReturns", "getStatements",
        "getConversations",
    }  # fmt: skip


def test_who_authorises_on_tiktoks_page_needs_no_token(seller: Seller) -> None:
    given = settings_of(seller.fake, refresh_token="")
    company_id = seller.world.company.id
    seller.connection = connect(seller.kernel, "tiktok_shop", "Page", given, company_id=company_id)
    way = Way("session", company_id, "https://erp.example/oauth/callback", "key")
    address = httpx2.URL(begin(seller.kernel, seller.connection, way))
    assert address.host == "services.tiktokshop.com"
    assert seller.fake.served is not None
    asked = f"{seller.fake.served.url}{address.path}?{address.query.decode()}"
    back = httpx2.URL(httpx2.get(asked).headers["location"])

    assert finish(seller.kernel, way, dict(back.params)).state == OK

    first = seller.pull()
    seller.fake.expire_tokens()
    assert seller.again().received == first.received
    assert seller.fake.refreshes == 1

    # Told inside an answer of success, it is the same.
    seller.fake.refusals_in_200 = True
    seller.fake.expire_tokens()
    assert seller.again().received == first.received
    assert seller.fake.refreshes == 2


def test_a_refresh_whose_answer_is_lost_is_made_again(seller: Seller) -> None:
    seller.pull()
    seller.fake.expire_tokens()
    seller.again()
    seller.fake.expire_tokens()

    seller.again()

    assert seller.fake.refreshes == 3
    assert len(seller.fake.refresh_tokens) == 2, "what was replaced is used no more"


def test_who_asks_too_much_waits(seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(answers, "DEFAULT_WAIT", 0.02)
    seller.fake.buckets.take("getOrderList", told.RATE)
    # Nothing is left, and hardly anything comes back.
    seller.fake.buckets._buckets["getOrderList"] = Bucket(0.000_1, 0)

    with pytest.raises(RateLimited):
        seller.pull()
