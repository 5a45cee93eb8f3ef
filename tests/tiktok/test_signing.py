"""Signatures: the vectors, and what the simulated TikTok Shop makes of good and bad ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import httpx2
import pytest

from addons.tiktok_shop.signing import signature
from addons.tiktok_shop.signing import signed
from addons.tiktok_shop.signing import stamper
from core.api import BodySignature
from core.api import Outgoing
from core.api import SecretText
from core.api import WebhookMessage
from core.api import now
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.tiktok.signatures import sign
from core.testkit.fakes.tiktok.signatures import sign_push
from tests.tiktok.conftest import SHARED

APP = {"app_key": "29a39d", "app_secret": SecretText("sec")}
SHOPS = "/authorization/202309/shops"


def vectors() -> dict[str, Mapping[str, Any]]:
    path = SHARED / "specs" / "signing" / "signing_vectors.json"
    if not path.is_file():
        pytest.skip(f"the signing vectors are not at {path}")
    told = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    return {each["name"]: each for each in told if each["platform"] == "tiktokshop"}


@pytest.mark.parametrize("name", ["GET_foo_bar", "POST_with_body"])
def test_requests_are_signed_as_the_vectors_say(name: str) -> None:
    vector = vectors()[name]
    given = vector["inputs"]
    asked = (given["path"], given["params"], (given["body"] or "").encode(), given["app_secret"])

    assert signature(*asked) == vector["expected"]
    assert sign(*asked) == vector["expected"]


def test_webhooks_are_signed_as_the_vector_says() -> None:
    vector = vectors()["webhook_Authorization_header"]
    given = vector["inputs"]
    body, secret = given["raw_body"].encode(), given["app_secret"]

    assert sign_push(given["app_key"], secret, body) == vector["expected"]
    whole = given["app_key"].encode() + body
    message = WebhookMessage(whole, {"authorization": vector["expected"]}, "/", "", now())
    assert BodySignature("authorization", "hex").verify(message, secret)


def test_no_vector_is_left_out() -> None:
    assert set(vectors()) == {"GET_foo_bar", "POST_with_body", "webhook_Authorization_header"}


def test_who_asks_for_which_shop_stands_in_every_request() -> None:
    stamp = stamper(APP)
    cipher = {"shop_cipher": SecretText("ROW_AAAA")}

    def query(path: str) -> dict[str, list[str]]:
        sent = Outgoing("GET", f"https://open-api.tiktokglobalshop.com{path}", {}, b"")
        return parse_qs(urlsplit(stamp(sent, cipher).url).query)

    told = query("/order/202507/orders?ids=1%2C2&sign=old")
    assert (told["ids"], told["shop_cipher"], told["app_key"]) == (
        ["1,2"],
        ["ROW_AAAA"],
        ["29a39d"],
    )
    assert len(told["sign"]) == 1
    assert len(told["sign"][0]) == 64
    assert "shop_cipher" not in query(SHOPS)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0),
        ({"sign": "0" * 64}, 106001),
        ({"more": "1"}, 106001),
        ({"app_key": "another"}, 106001),
        ({"timestamp": "1"}, 106011),
    ],
)
def test_what_was_changed_after_it_was_signed_is_found_out(
    change: dict[str, str], code: int
) -> None:
    fake = TiktokFake.lived(seed=7, orders=3)
    known = fake.credentials()
    app = {"app_key": known["app_key"], "app_secret": SecretText(known["app_secret"])}
    fake.tokens["token"] = fake.clock.now().timestamp() + 60
    with fake.up() as served:
        made = signed(Outgoing("GET", f"{served.url}{SHOPS}", {}, b""), app)
        told = {**dict(httpx2.URL(made.url).params), **change}
        headers = {"x-tts-access-token": "token"}
        answer = httpx2.get(f"{served.url}{SHOPS}", params=told, headers=headers, timeout=5)

    assert answer.json()["code"] == code
