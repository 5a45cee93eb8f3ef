"""Notifications of the simulated eBay: signed by its own keys, and buyers who are forgotten."""

from __future__ import annotations

import base64
import json

import pytest

from addons.ebay.jobs import forget_closed
from addons.ebay.notifications import challenge_answer
from core import clock
from core.app import create_app
from core.kernel.jobs import JobContext
from core.privacy.finding import find_person
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.ebay.marketplace import NOTIFICATION_TOKEN
from core.testkit.fakes.ebay.notifications import Push
from core.webhooks.inbox import Outcome
from core.webhooks.inbox import challenge
from core.webhooks.inbox import receive
from core.webhooks.inbox import waiting_webhooks
from core.webhooks.keys import key_ring
from core.webhooks.signatures import WebhookMessage
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.ebay.conftest import judged_by_ebay
from tests.ebay.test_signing import vectors


@pytest.fixture(autouse=True)
def _no_keys() -> None:
    key_ring.forget()


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(EbayFake.lived(seed=11, orders=12, factor=10_000))


def came(seller: Seller, push: Push, body: bytes | None = None) -> Outcome:
    headers = {name.lower(): value for name, value in push.headers.items()}
    content = push.body if body is None else body
    message = WebhookMessage(content, headers, "/hooks/ebay/1", "", clock.now())
    return receive(seller.kernel, "ebay", seller.connection.id, message)


def test_the_answer_to_a_challenge_is_that_of_the_vector(seller: Seller) -> None:
    vector = vectors()["marketplace account deletion challenge"]
    given = vector["inputs"]

    answer = challenge_answer(
        given["challenge_code"], given["verification_token"], given["endpoint"]
    )

    assert answer == vector["expected"]
    address = "https://erp.example/hooks/ebay/1"
    said = challenge(seller.kernel, "ebay", seller.connection.id, "code", address)
    assert said == challenge_answer("code", NOTIFICATION_TOKEN, address)
    assert challenge(seller.kernel, "ebay", 999_999, "code", address) == ""


def test_ebay_tries_the_address_before_it_sends_anything(seller: Seller) -> None:
    app = create_app(seller.kernel.config)
    client, path = app.test_client(), f"/hooks/ebay/{seller.connection.id}"

    answer = client.get(f"{path}?challenge_code=a8628072", base_url="https://erp.example")
    refused = [client.get(path), client.get("/hooks/ebay/999999?challenge_code=1")]
    app.extensions["entrepot"].db.dispose()

    expected = challenge_answer("a8628072", NOTIFICATION_TOKEN, f"https://erp.example{path}")
    assert (answer.status_code, answer.json) == (200, {"challengeResponse": expected})
    assert [each.status_code for each in refused] == [401, 401]


def test_a_buyer_who_closes_his_account_is_forgotten(seller: Seller) -> None:
    judged = judged_by_ebay(seller)
    seller.pull()
    sales = list(seller.fake.trade.sales.values())
    person, other = sales[0].buyer, sales[1].buyer
    push = seller.fake.pusher.account_deleted(person)

    assert came(seller, push) is Outcome.STORED
    assert came(seller, push) is Outcome.REPEATED

    jobs = seller.world.rows("SELECT COUNT(*) FROM kernel_job WHERE task = 'ebay.forget_closed'")
    assert jobs[0][0] == 1
    ours = {"company_id": seller.world.company.id, "connection_id": seller.connection.id}
    context = JobContext(seller.kernel, 1, "ebay.forget_closed", {}, **ours)
    assert forget_closed(context) == 1
    assert forget_closed(context) == 0
    with seller.kernel.db.read() as session:
        company_id = seller.world.company.id
        assert find_person(session, company_id, person.email) == []
        assert len(find_person(session, company_id, other.email)) == 1
        assert waiting_webhooks(session, seller.connection) == []
    assert seller.world.broken() == []
    assert judged.objections == []
    assert "getPublicKey" in judged.seen


def test_what_is_not_signed_by_ebay_is_refused(seller: Seller) -> None:
    person = next(iter(seller.fake.trade.sales.values())).buyer
    push = seller.fake.pusher.account_deleted(person)
    told = json.loads(base64.b64decode(push.headers["X-EBAY-SIGNATURE"]))

    def signed(**changes: str) -> Push:
        header = base64.b64encode(json.dumps({**told, **changes}).encode()).decode()
        return Push({"X-EBAY-SIGNATURE": header}, push.body)

    assert came(seller, push, push.body + b" ") is Outcome.REFUSED
    assert came(seller, signed(signature=base64.b64encode(b"no").decode())) is Outcome.REFUSED
    assert came(seller, signed(digest="MD5")) is Outcome.REFUSED
    assert came(seller, signed(kid="../token")) is Outcome.REFUSED
    assert came(seller, Push({}, push.body)) is Outcome.REFUSED
    assert came(seller, push) is Outcome.STORED
    assert seller.fake.calls.made["getPublicKey"] == 1, "a key that is known is not asked for again"


def test_strangers_do_not_let_us_ask_without_end(seller: Seller) -> None:
    person = next(iter(seller.fake.trade.sales.values())).buyer
    push = seller.fake.pusher.account_deleted(person)
    told = json.loads(base64.b64decode(push.headers["X-EBAY-SIGNATURE"]))

    for number in range(20):
        header = base64.b64encode(json.dumps({**told, "kid": f"unknown-{number}"}).encode())
        assert came(seller, Push({"X-EBAY-SIGNATURE": header.decode()}, push.body)) is (
            Outcome.REFUSED
        )

    assert seller.fake.calls.made["getPublicKey"] == 1
