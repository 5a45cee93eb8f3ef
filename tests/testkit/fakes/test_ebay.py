"""The simulated eBay answers as eBay's documents say, and tells the truth."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from core import clock
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.trade import Movement
from core.testkit.fakes.truth import Kind
from core.testkit.fakes.verbs import buy

ORDERS = "/sell/fulfillment/v1/order"


class Asking:
    """Somebody who asks the simulated eBay, apart from Entrepot's own client."""

    def __init__(self, fake: EbayFake) -> None:
        assert fake.served is not None
        self.fake, self.known = fake, fake.credentials()
        self.http = httpx2.Client(base_url=fake.served.url, timeout=5)
        self.token = ""

    def log_in(self, **changes: str) -> httpx2.Response:
        pair = f"{self.known['client_id']}:{changes.pop('secret', self.known['client_secret'])}"
        form = {"grant_type": "refresh_token", "refresh_token": self.known["refresh_token"]}
        answer = self.http.post(
            "/identity/v1/oauth2/token",
            data={**form, **changes},
            headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
        )
        self.token = answer.json().get("access_token", "")
        return answer

    def ask(self, method: str, path: str, json: Any = None, **query: object) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        params = {name: str(value) for name, value in query.items()}
        return self.http.request(method, path, params=params, headers=headers, json=json)

    def get(self, path: str, **query: object) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def ebay() -> Iterator[Asking]:
    """Give somebody who may ask after a month of trade."""
    fake = EbayFake.lived(seed=11, orders=30, factor=10_000)
    with fake.up():
        asking = Asking(fake)
        asking.log_in()
        yield asking
        asking.http.close()


def number_of(answer: httpx2.Response) -> int:
    return int(answer.json()["errors"][0]["errorId"])


def test_pages_hold_every_order_once(ebay: Asking) -> None:
    found: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while "next" in page:
        page = ebay.get(ORDERS, limit=7, offset=len(found))
        found += [each["orderId"] for each in page["orders"]]

    assert sorted(found) == sorted(ebay.fake.trade.sales)
    assert page["total"] == 30


def test_a_window_holds_what_changed_in_it(ebay: Asking) -> None:
    middle = sorted(sale.updated_at for sale in ebay.fake.trade.sales.values())[15]
    window = f"lastmodifieddate:[{moment_text(middle)}..]"

    found = ebay.get(ORDERS, filter=window, limit=200)["orders"]

    sales = ebay.fake.trade.sales.values()
    assert {each["orderId"] for each in found} == {
        sale.ref for sale in sales if sale.updated_at >= middle
    }


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"limit": 201}, 31100),
        ({"offset": "x"}, 31000),
        ({"filter": "colour:red"}, 30700),
        ({"filter": "lastmodifieddate:[yesterday..]"}, 30810),
        ({"filter": "lastmodifieddate:[2990-01-01T00:00:00.000Z..]"}, 30850),
        ({"fieldGroups": "ALL"}, 32800),
        ({"limt": 5}, 25002),
    ],
)
def test_what_is_wrong_has_ebays_number(ebay: Asking, query: Any, number: int) -> None:
    answer = ebay.ask("GET", ORDERS, **query)

    assert (answer.status_code, number_of(answer)) == (400, number)


def test_tokens_are_asked_for_and_run_out(ebay: Asking) -> None:
    assert ebay.log_in(secret="no").status_code == 401
    assert ebay.log_in(refresh_token="no").json()["error"] == "invalid_grant"
    assert ebay.log_in().json()["expires_in"] == 7200
    ebay.fake.expire_tokens()
    answer = ebay.ask("GET", ORDERS)
    assert (answer.status_code, number_of(answer)) == (401, 1001)
    ebay.log_in(grant_type="client_credentials", scope="https://api.ebay.com/oauth/api_scope")
    assert number_of(ebay.ask("GET", ORDERS)) == 1100


def test_money_is_told_to_who_signs_alone(ebay: Asking) -> None:
    answer = ebay.ask("GET", "/sell/finances/v1/payout")

    assert (answer.status_code, number_of(answer)) == (400, 215001)


def test_a_parcel_told_twice_is_two(ebay: Asking) -> None:
    trade = ebay.fake.trade
    sale = buy(trade, next(iter(trade.sales.values())).buyer, {"TOWEL": 2}, ebay.fake.clock.now())
    path = f"{ORDERS}/{sale.ref}/shipping_fulfillment"
    said = {
        "lineItems": [{"lineItemId": sale.items[0].ref, "quantity": 1}],
        "shippedDate": moment_text(clock.now()),
        "shippingCarrierCode": "RoyalMail",
        "trackingNumber": "RM1",
    }

    answers = [ebay.ask("POST", path, said) for _ in range(3)]

    assert [each.status_code for each in answers] == [201, 201, 400]
    assert answers[0].headers["location"].endswith("/RM1")
    assert len(ebay.get(path)["fulfillments"]) == 2
    wrong = ebay.ask("POST", path, {**said, "trackingNumber": "RM 1"})
    assert number_of(wrong) == 32300


def test_numbers_and_prices_change_one_by_one(ebay: Asking) -> None:
    offer = ebay.get("/sell/inventory/v1/offer", sku="TOWEL")["offers"][0]["offerId"]
    price = {"value": "12.00", "currency": "GBP"}
    requests = [
        {"sku": "TOWEL", "shipToLocationAvailability": {"quantity": 3}},
        {"sku": "TOWEL", "offers": [{"offerId": offer, "price": price}]},
        {"sku": "NOBODY", "shipToLocationAvailability": {"quantity": 1}},
    ]

    answer = ebay.ask(
        "POST", "/sell/inventory/v1/bulk_update_price_quantity", {"requests": requests}
    )

    assert answer.status_code == 207
    assert [each["statusCode"] for each in answer.json()["responses"]] == [200, 200, 404]
    product = ebay.fake.trade.products["TOWEL"]
    assert (product.shown, product.price) == (3, 1000)


def test_faults_spoil_pages_as_lists_do(ebay: Asking) -> None:
    ebay.fake.faults = Faults(planned={1: Fault.OVERLAP, 2: Fault.PARTIAL, 3: Fault.LIMITED})

    overlap = ebay.get(ORDERS, limit=10, offset=10)
    partial = ebay.get(ORDERS, limit=10, offset=10)
    limited = ebay.ask("GET", ORDERS)

    assert (overlap["offset"], len(overlap["orders"])) == (9, 10)
    assert (partial["offset"], len(partial["orders"])) == (10, 5)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "0.2")


def test_the_balance_is_what_was_earned() -> None:
    trade = EbayFake.lived(seed=11, orders=60).trade
    fees = (Kind.COMMISSION, Kind.ORDER_FEE, Kind.FOREIGN_FEE, Kind.ADS, Kind.SUBSCRIPTION)

    moved = sum(row.net for row in trade.cash)
    buyers = sum(row.amount for row in trade.cash if row.kind in (Movement.CHARGE,
                                                                  Movement.REPAYMENT))  # fmt: skip
    assert moved == buyers + trade.truth.total(*fees, Kind.LABEL)
    assert {fact.kind for fact in trade.truth.facts} >= {*fees, Kind.LABEL, Kind.REFUND}
    rows = [row.ref for payout in trade.payouts for row in payout.rows]
    assert len(rows) == len(set(rows)) < len(trade.cash), "what is held back is not paid out"
