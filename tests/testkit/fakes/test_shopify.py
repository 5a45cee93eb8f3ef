"""The simulated Shopify answers as Shopify's documents say, and tells the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.shopify.login import hmac_of

ORDERS = """
query orders($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id name updatedAt }
    pageInfo { hasNextPage endCursor }
  }
}
"""
STOCK = """
query stock($query: String!) {
  location { id }
  inventoryItems(first: 5, query: $query) { nodes { id sku } }
}
"""
SET = """
mutation set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { code field }
  }
}
"""


class Asking:
    """Somebody who asks the simulated shop, apart from Entrepot's own client."""

    def __init__(self, fake: ShopifyFake) -> None:
        assert fake.served is not None
        self.fake = fake
        self.token = fake.credentials()["access_token"]
        self.http = httpx2.Client(base_url=fake.served.url, timeout=5)

    def ask(self, document: str, /, **variables: Any) -> httpx2.Response:
        return self.http.post(
            "/admin/api/2026-10/graphql.json",
            json={"query": document, "variables": variables},
            headers={"X-Shopify-Access-Token": self.token},
        )

    def data(self, document: str, /, **variables: Any) -> Any:
        answer = self.ask(document, **variables).json()
        assert "errors" not in answer, answer
        return answer["data"]


@pytest.fixture
def shop() -> Iterator[Asking]:
    """Give somebody who may ask a shop after a month of trade."""
    fake = ShopifyFake.lived(seed=7, orders=30, factor=10_000)
    with fake.up():
        asking = Asking(fake)
        yield asking
        asking.http.close()


def test_pages_hold_every_order_once_in_the_order_of_change(shop: Asking) -> None:
    found: list[dict[str, str]] = []
    after = None
    while not found or after:
        page = shop.data(ORDERS, first=7, after=after)["orders"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None

    assert {each["name"] for each in found} == {f"#{ref}" for ref in shop.fake.trade.sales}
    assert len(found) == 30
    assert [each["updatedAt"] for each in found] == sorted(each["updatedAt"] for each in found)


def test_a_search_finds_what_changed_in_a_window(shop: Asking) -> None:
    middle = sorted(sale.updated_at for sale in shop.fake.trade.sales.values())[15]
    query = f"updated_at:>='{middle.isoformat()}' AND name:'1009' OR name:1010"

    found = shop.data(ORDERS, first=50, query=query)["orders"]["nodes"]

    sales = shop.fake.trade.sales
    expected = {"1010"} | ({"1009"} if sales["1009"].updated_at >= middle else set())
    assert {each["name"] for each in found} == {f"#{ref}" for ref in expected}
    assert "knows no 'colour'" in shop.ask(ORDERS, first=5, query="colour:red").text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ orders(first: 5) { nodes { nme } } }", "Cannot query field 'nme'"),
        ("{ orders { nodes { id } } }", "you must provide one of first or last"),
        ("{ orders(first: 200) { nodes { lineItems(first: 50) { nodes { id } } } } }", "cost"),
        ("{ shop", "Syntax Error"),
    ],
)
def test_what_is_wrong_is_told_with_a_200(shop: Asking, query: str, said: str) -> None:
    answer = shop.ask(query)

    assert answer.status_code == 200
    assert said in answer.json()["errors"][0]["message"]


def test_credentials_and_permissions_are_asked_for(shop: Asking) -> None:
    shop.fake.scopes.discard("read_orders")
    refused = shop.ask(ORDERS, first=1).json()
    assert refused["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"

    shop.token = "nobody"
    assert shop.ask(ORDERS, first=1).status_code == 401


def test_points_run_out_and_come_back(shop: Asking) -> None:
    shop.fake.points.rate, shop.fake.points.tokens = 1.0, 400.0
    first = shop.ask(ORDERS, first=100).json()["extensions"]["cost"]
    for _ in range(9):
        answer = shop.ask(ORDERS, first=250).json()
        if "errors" in answer:
            break

    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert first["actualQueryCost"] == 32 < first["requestedQueryCost"] == 102
    status = answer["extensions"]["cost"]["throttleStatus"]
    assert status["currentlyAvailable"] < answer["extensions"]["cost"]["requestedQueryCost"]
    assert status["maximumAvailable"] == 2000


def test_stock_is_set_once_and_only_from_what_is_expected(shop: Asking) -> None:
    found = shop.data(STOCK, query="sku:'TOWEL' OR sku:CLOCK")
    place, items = found["location"]["id"], found["inventoryItems"]["nodes"]
    towel = shop.fake.trade.products["TOWEL"]
    ids = {each["sku"]: each["id"] for each in items}

    def asked(quantity: int, expected: int | None) -> dict[str, Any]:
        one = {"inventoryItemId": ids["TOWEL"], "locationId": place, "quantity": quantity}
        told = {"name": "available", "reason": "correction"}
        return {**told, "quantities": [{**one, "changeFromQuantity": expected}]}

    good = shop.data(SET, input=asked(9, towel.shown), key="k1")
    towel.shown = 4
    again = shop.data(SET, input=asked(9, 9), key="k2")

    assert set(ids) == {"TOWEL", "CLOCK"}
    assert good["inventorySetQuantities"]["userErrors"] == []
    assert again["inventorySetQuantities"]["userErrors"][0] == {
        "code": "CHANGE_FROM_QUANTITY_STALE",
        "field": ["input", "quantities", "0"],
    }
    assert towel.shown == 4
    other = shop.data(SET, input=asked(5, None), key="k1")["inventorySetQuantities"]
    assert other["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    bare = SET.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    assert "@idempotent directive is required" in shop.ask(bare, input=asked(5, None)).text
    assert towel.shown == 4


def test_payouts_are_what_moved_on_the_balance(shop: Asking) -> None:
    query = """query payouts($query: String) { shopifyPaymentsAccount {
      payouts(first: 50) { nodes { id net { amount } } }
      balanceTransactions(first: 50, query: $query, hideTransfers: true) {
        nodes { net { amount } }
      }
    } }"""
    payout = shop.fake.trade.payouts[3]

    account = shop.data(query, query=f"payments_transfer_id:{payout.ref}")["shopifyPaymentsAccount"]

    assert len(account["payouts"]["nodes"]) == len(shop.fake.trade.payouts)
    rows = [float(each["net"]["amount"]) for each in account["balanceTransactions"]["nodes"]]
    assert round(sum(rows) * 100) == payout.total
    assert len(rows) == len(payout.rows)


def test_an_answer_goes_wrong_by_schedule() -> None:
    planned = {1: Fault.LIMITED_SILENTLY, 2: Fault.LIMITED, 3: Fault.LOST, 4: Fault.PARTIAL}
    fake = ShopifyFake.lived(seed=7, orders=20, factor=10_000, faults=Faults(planned=planned))
    with fake.up():
        shop = Asking(fake)
        said = [shop.ask(ORDERS, first=6) for _ in range(4)]

    assert [each.status_code for each in said] == [200, 429, 500, 200]
    assert "THROTTLED" in said[0].text
    page = said[3].json()["data"]["orders"]
    assert (len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == (3, True)


def test_who_comes_back_is_signed_and_tokens_serve_once(shop: Asking) -> None:
    known = shop.fake.credentials()
    given = {"client_id": known["client_id"], "redirect_uri": "https://erp.example/back"}
    answer = shop.http.get("/admin/oauth/authorize", params={**given, "state": "s"})
    back = dict(httpx2.URL(answer.headers["location"]).params)
    assert back["hmac"] == hmac_of(back, known["client_secret"])

    app = {name: known[name] for name in ("client_id", "client_secret")}
    first = shop.http.post("/admin/oauth/access_token", data={**app, "code": back["code"]}).json()
    form = {**app, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = shop.http.post("/admin/oauth/access_token", data=form)
    third = shop.http.post("/admin/oauth/access_token", data=form)

    assert (second.status_code, third.status_code) == (200, 400)
    shop.token = second.json()["access_token"]
    assert json.loads(shop.ask("{ shop { name } }").content)["data"]["shop"]["name"]
    shop.fake.expire_tokens()
    assert shop.ask("{ shop { name } }").status_code == 401
