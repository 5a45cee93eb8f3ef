"""Notifications as eBay pushes them: signed with a key that is asked for by its number."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import PublicFormat
from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.documents import username
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.goods import Buyer
from core.testkit.fakes.rates import Published

if TYPE_CHECKING:
    from core.testkit.fakes.ebay.marketplace import EbayFake

RATE = Published(10_000 / 86_400, 1_000)
KEY_ID = "9936261a-7d7b-4621-a0f1-964ec18d5b5d"
ACCOUNT_DELETION = "MARKETPLACE_ACCOUNT_DELETION"


@dataclass(frozen=True)
class Push:
    """One delivery: its head, and its body as it is signed."""

    headers: Mapping[str, str]
    body: bytes


class Pusher:
    """Signs what eBay pushes."""

    def __init__(self, fake: EbayFake) -> None:
        self.fake = fake
        number = int.from_bytes(hashlib.sha256(b"a notification key of nobody").digest(), "big")
        self._key = ec.derive_private_key(number >> 1, ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """Return the key by which pushes are verified, as eBay writes it: PEM in one line."""
        text = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return "".join(text.decode().splitlines())

    def account_deleted(self, buyer: Buyer, number: str = "1") -> Push:
        """Tell that somebody has closed his account."""
        now = moment_text(self.fake.clock.now())
        body = {
            "metadata": {
                "topic": ACCOUNT_DELETION,
                "schemaVersion": "1.0",
                "deprecated": False,
            },
            "notification": {
                "notificationId": f"49feeaeb-4982-42d9-a377-{number:0>12}",
                "eventDate": now,
                "publishDate": now,
                "publishAttemptCount": 1,
                "data": {
                    "username": username(buyer),
                    "userId": "ma8vp1jySJC",
                    "eiasToken": "nY+sHZ2PrBmdj6wVnY+sEZ2PrA2dj6wJnY+gAZGEpwmdj6x9nY+seQ==",
                },
            },
        }
        return self.push(json.dumps(body).encode())

    def push(self, body: bytes) -> Push:
        """Sign a body."""
        signature = base64.b64encode(self._key.sign(body, ec.ECDSA(SHA1()))).decode()  # noqa: S303
        told = {"alg": "ecdsa", "kid": KEY_ID, "signature": signature, "digest": "SHA1"}
        header = base64.b64encode(json.dumps(told).encode()).decode()
        return Push({"X-EBAY-SIGNATURE": header, "Content-Type": "application/json"}, body)


class Notifications(Part):
    """The Notification API, as far as who receives pushes needs it."""

    @operation("getPublicKey", "GET", "/commerce/notification/v1/public_key/<key_id>", RATE)
    def public_key(self, asked: Asked) -> Response:
        """Return a key by its number."""
        if asked.path["key_id"] != KEY_ID:
            raise Refusal(404, "195003", "Please provide a valid public key id.")
        told: dict[str, Any] = {"algorithm": "ECDSA", "digest": "SHA1"}
        return as_json({**told, "key": self.fake.pusher.public_key})


def challenge_answer(code: str, token: str, endpoint: str) -> str:
    """Return what eBay wants to hear before it pushes anything to an address."""
    digest = hashlib.sha256()
    for part in (code, token, endpoint):
        digest.update(part.encode())
    return digest.hexdigest()
