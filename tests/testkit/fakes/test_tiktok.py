"""The simulated TikTok Shop answers as its documents say, and tells the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from core import clock
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.tiktok.documents import order_document
from core.testkit.fakes.tiktok.documents import pieces
from core.testkit.fakes.tiktok.signatures import sign
from core.testkit.fakes.tiktok.transactions import transactions
from core.testkit.fakes.trade import Status

ORDERS = "/order/202309/orders/search"


class Asking:
    """Somebody who asks the simulated TikTok Shop, apart from Entrepot's own client."""

    def __init__(self, fake: TiktokFake) -> None:
        assert fake.served is not None
        self.fake, self.known = fake, fake.credentials()
        self.http = httpx2.Client(base_url=fake.served.url, timeout=5)
        self.token = ""

    def log_in(self, **changes: str) -> dict[str, Any]:
        names = ("app_key", "app_secret", "refresh_token")
        given = {**{name: self.known[name] for name in names}, "grant_type": "refresh_token"}
        answer: dict[str, Any] = self.http.get(
            "/api/v2/token/refresh", params={**given, **changes}
        ).json()
        self.token = (answer.get("data") or {}).get("access_token", "")
        return answer

    def ask(self, method: str, path: str, body: Any = None, **query: object) -> httpx2.Response:
        content = json.dumps(body).encode() if body is not None else b""
        told = {name: str(value) for name, value in query.items()}
        told = {"shop_cipher": self.fake.cipher, **told, "app_key": self.known["app_key"]}
        told["timestamp"] = str(int(clock.now().timestamp()))
        told["sign"] = sign(path, told, content, self.known["app_secret"])
        headers = {"x-tts-access-token": self.token, "Content-Type": "application/json"}
        return self.http.request(method, path, params=told, headers=headers, content=content)

    def get(self, method: str, path: str, body: Any = None, **query: object) -> Any:
        answer = self.ask(method, path, body, **query)
        told = answer.json()
        assert (answer.status_code, told["code"]) == (200, 0), answer.text
        return told["data"]


@pytest.fixture
def tiktok() -> Iterator[Asking]:
    """Give somebody who may ask after a month of trade."""
    fake = TiktokFake.lived(seed=11, orders=30, factor=10_000)
    with fake.up():
        asking = Asking(fake)
        asking.log_in()
        yield asking
        asking.http.close()


def code_of(answer: httpx2.Response) -> tuple[int, int]:
    return answer.status_code, int(answer.json()["code"])


def test_pages_hold_every_order_once(tiktok: Asking) -> None:
    found: list[str] = []
    token = ""
    while True:
        page = tiktok.get("POST", ORDERS, {}, page_size=7, page_token=token)
        found += [each["id"] for each in page["orders"]]
        if not (token := page["next_page_token"]):
            break

    assert sorted(found) == sorted(tiktok.fake.trade.sales)
    assert page["total_count"] == 30


def test_a_window_holds_what_changed_in_it(tiktok: Asking) -> None:
    sales = tiktok.fake.trade.sales.values()
    middle = int(sorted(sale.updated_at for sale in sales)[15].timestamp())

    body = {"update_time_ge": middle}
    found = tiktok.get("POST", ORDERS, body, page_size=100)["orders"]

    assert {each["id"] for each in found} == {
        sale.ref for sale in sales if sale.updated_at.timestamp() >= middle
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"page_size": 101}, (400, 36009001)),
        ({"page_token": "x"}, (400, 36009001)),
        ({"sort_field": "colour"}, (400, 36009001)),
        ({"shop_cipher": "another"}, (400, 12000000)),
        ({"page_siez": 5}, (400, 36009001)),
    ],
)
def test_what_is_wrong_has_its_number(
    tiktok: Asking, query: dict[str, object], code: tuple[int, int]
) -> None:
    assert code_of(tiktok.ask("POST", ORDERS, {}, **{"page_size": 5, **query})) == code


def test_tokens_are_replaced_and_run_out(tiktok: Asking) -> None:
    assert tiktok.log_in(app_secret="no")["code"] == 36004003
    assert tiktok.log_in(refresh_token="no")["code"] == 36004004
    first = tiktok.log_in()["data"]["refresh_token"]
    assert tiktok.log_in()["code"] == 0, "whose answer was lost may ask again"
    assert tiktok.log_in(refresh_token=first)["code"] == 0
    assert tiktok.log_in()["code"] == 36004004, "what was replaced and used is gone"
    tiktok.log_in(refresh_token=first)
    tiktok.fake.expire_tokens()
    assert code_of(tiktok.ask("POST", ORDERS, {}, page_size=5)) == (401, 105002)
    tiktok.fake.refusals_in_200 = True
    assert code_of(tiktok.ask("POST", ORDERS, {}, page_size=5)) == (200, 105002)


def test_faults_spoil_pages_as_lists_do(tiktok: Asking) -> None:
    second = tiktok.get("POST", ORDERS, {}, page_size=10)["next_page_token"]
    tiktok.fake.faults = Faults(planned={1: Fault.OVERLAP, 2: Fault.PARTIAL, 3: Fault.LIMITED})

    overlap = tiktok.get("POST", ORDERS, {}, page_size=10, page_token=second)["orders"]
    partial = tiktok.get("POST", ORDERS, {}, page_size=10, page_token=second)["orders"]
    limited = tiktok.ask("POST", ORDERS, {}, page_size=10)

    assert (len(overlap), len(partial)) == (10, 5)
    assert overlap[1]["id"] == partial[0]["id"]
    assert code_of(limited) == (429, 36009002)


def test_every_piece_is_a_line_and_all_of_them_are_the_order() -> None:
    trade = TiktokFake.lived(seed=11, orders=60).trade

    for sale in trade.sales.values():
        told = order_document(sale, trade.terms)
        assert len(told["line_items"]) == sum(item.quantity for item in sale.items)
        for item in sale.items:
            found = list(pieces(sale, item))
            assert sum(piece.price for piece in found) == item.net + item.tax
            gone = [piece for piece in found if piece.status == "CANCELLED"]
            assert len(gone) == item.cancelled
        assert ("recipient_address" in told) is (sale.status is not Status.UNPAID)


def test_statements_are_what_was_earned() -> None:
    trade = TiktokFake.lived(seed=11, orders=60).trade
    names = ("settlement_amount", "reserve_amount")

    for settlement in trade.settlements:
        told = list(transactions(settlement, trade))
        texts = [row[name] for row in told for name in names if name in row]
        assert sum(round(float(text) * 100) for text in texts) == settlement.total
    assert len(trade.settlements) > 25
