"""Digital signatures: eBay's vectors, and what the simulated eBay makes of good and bad ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat

from addons.ebay.signing import digest_of
from addons.ebay.signing import key_in
from addons.ebay.signing import signature_base
from addons.ebay.signing import signed
from addons.ebay.signing import stamper
from core import clock
from core.errors import InputError
from core.http.calls import Outgoing
from core.kernel.secrets import SecretText
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.ebay.keys import SigningKeys
from tests.ebay.conftest import SHARED

PRIVATE, JWE = SigningKeys().first
KEY = {"signing_key": SecretText(PRIVATE), "signing_jwe": JWE}


def vectors() -> dict[str, Mapping[str, Any]]:
    path = SHARED / "specs" / "signing" / "signing_vectors.json"
    if not path.is_file():
        pytest.skip(f"the signing vectors are not at {path}")
    told = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    return {each["name"]: each for each in told if each["platform"] == "ebay"}


def test_the_digest_of_a_body_is_that_of_the_vector() -> None:
    vector = vectors()["digital signature: Content-Digest header"]

    assert digest_of(vector["inputs"]["raw_body"].encode()) == vector["expected"]


def test_what_is_signed_is_what_the_vector_says() -> None:
    vector = vectors()["digital signature: signature base (POST with body)"]
    given = vector["inputs"]
    request = Outgoing(given["method"], given["url"], {}, given["raw_body"].encode())

    text = signature_base(request, given["x-ebay-signature-key"], given["created"])

    assert text == vector["string_to_sign"]
    key = key_in({**KEY, "signing_jwe": "jwe"})
    assert key is not None
    made = signed(request, key, given["created"]).headers
    for name in ("Signature-Input", "Content-Digest", "x-ebay-signature-key"):
        assert made[name] == vector["headers"][name]
    public = key.private.public_key()
    public.verify(base64.b64decode(made["Signature"][6:-1]), text.encode())  # type: ignore[call-arg]


def test_a_key_of_rsa_signs_too() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = key_in({"signing_key": text, "signing_jwe": "jwe"})

    assert key is not None
    private.public_key().verify(key.sign("text"), b"text", PKCS1v15(), SHA256())


@pytest.mark.parametrize("text", ["no key", base64.b64encode(b"no key").decode(), "-----BEGIN"])
def test_what_is_no_key_is_named_and_not_shown(text: str) -> None:
    with pytest.raises(InputError, match="signing_key") as caught:
        key_in({"signing_key": SecretText(text), "signing_jwe": "jwe"})
    assert text not in str(caught.value)
    with pytest.raises(InputError, match="signing_jwe"):
        key_in({"signing_key": PRIVATE})


def test_only_what_is_about_money_is_signed() -> None:
    stamp = stamper(KEY)

    def headers(method: str, path: str) -> Mapping[str, str]:
        sent = Outgoing(method, f"https://api.ebay.com{path}", {"Authorization": "Bearer t"}, b"")
        return stamp(sent, {}).headers

    assert "Signature" in headers("GET", "/sell/finances/v1/payout?limit=1")
    assert "Signature" in headers("POST", "/sell/fulfillment/v1/order/1/issue_refund")
    assert headers("GET", "/sell/fulfillment/v1/order") == {"Authorization": "Bearer t"}
    returns = headers("POST", "/post-order/v2/return/1/issue_refund")
    assert (returns["Authorization"], "Signature" in returns) == ("IAF t", True)
    unsigned = stamper({})(Outgoing("GET", "https://apiz.ebay.com/sell/finances/v1/x", {}, b""), {})
    assert unsigned.headers == {}


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({}, None),
        ({"Signature": ""}, 215122),
        ({"x-ebay-signature-key": "eyJhbm90aGVyIjoiIn0"}, 215122),
        ({"Signature-Input": ""}, 215001),
        ({"path": "/sell/finances/v1/transaction"}, 215122),
        ({"skew": "600"}, 215114),
    ],
)
def test_what_was_changed_after_it_was_signed_is_found_out(
    change: dict[str, str], number: int | None
) -> None:
    fake = EbayFake.lived(seed=7, orders=3)
    with fake.up() as served:
        token = "token"
        fake.tokens[token] = (fake.clock.now().timestamp() + 60, True)
        key, given = key_in(KEY), dict(change)
        assert key is not None
        headers = {"Authorization": f"Bearer {token}"}
        request = Outgoing("GET", f"{served.url}/sell/finances/v1/payout", headers, b"")
        created = int(clock.now().timestamp()) - int(given.pop("skew", "0"))
        path = given.pop("path", "/sell/finances/v1/payout")
        made = {**signed(request, key, created).headers, **given}
        answer = httpx2.get(f"{served.url}{path}?limit=5", headers=made, timeout=5)

    found = answer.json()["errors"][0]["errorId"] if answer.status_code == 400 else None
    assert found == number
