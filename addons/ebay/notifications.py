"""Notifications of eBay: signed with its own keys, and sent to an address that it has tried."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from addons.ebay.login import SCOPE
from addons.ebay.login import ask_for_token
from addons.ebay.operations import api_of
from core.api import HttpClient
from core.api import Operation
from core.api import WebhookMessage
from core.api import Webhooks

HEADER = "x-ebay-signature"
KEY_PATH = "/commerce/notification/v1/public_key/{key_id}"
CLOSED = "MARKETPLACE_ACCOUNT_DELETION"
# eBay signs with the older of the two: it only has to withstand who changes a message on its way.
DIGESTS = {"SHA1": SHA1, "SHA256": SHA256}


class EbaySignature:
    """ECDSA over the raw body, by a key that the header names."""

    def verify(self, message: WebhookMessage, secret: str) -> bool:
        """Say whether the signature in the header is one of the body by this key."""
        told = _header(message)
        key = load_der_public_key(_body_of(secret))
        if not isinstance(key, EllipticCurvePublicKey):
            return False
        signature = base64.b64decode(told["signature"], validate=True)
        try:
            key.verify(signature, message.body, ECDSA(DIGESTS[told["digest"]]()))
        except InvalidSignature:
            return False
        return True


def ask_key(client: HttpClient, settings: Mapping[str, Any], name: str) -> str:
    """Return a public key of eBay by its number; the application asks for it by itself.

    Raises: ConnectorError.
    """
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    token = ask_for_token(client, settings, form)["access_token"]
    asking = Operation("notifications.key", "GET", f"{api_of(settings)}{KEY_PATH}")
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.call(asking, path={"key_id": name}, headers=headers)
    return str(answer.json()["key"])


def challenge_answer(code: str, token: str, address: str) -> str:
    """Return what eBay wants to hear before it sends anything to an address."""
    return hashlib.sha256(f"{code}{token}{address}".encode()).hexdigest()


def key_of(message: WebhookMessage) -> str:
    """Return the number of the key that a message says it is signed with."""
    return str(_header(message)["kid"])


def topic_of(message: WebhookMessage) -> str:
    """Return what kind of message it is."""
    return str(json.loads(message.body)["metadata"]["topic"])


def number_of(message: WebhookMessage) -> str:
    """Return the number of a message, which it keeps however often it is sent."""
    return str(json.loads(message.body)["notification"]["notificationId"])


def closed_account(body: bytes) -> str:
    """Return the user name of whom a message says that his account is closed, else nothing."""
    told = json.loads(body)
    if told["metadata"]["topic"] != CLOSED:
        return ""
    return str(told["notification"]["data"].get("username") or "")


def _header(message: WebhookMessage) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(base64.b64decode(message.header(HEADER), validate=True))
    return found


def _body_of(pem: str) -> bytes:
    """Return a key from PEM, which eBay writes in one line."""
    text = pem.replace("-----BEGIN PUBLIC KEY-----", "").replace("-----END PUBLIC KEY-----", "")
    return base64.b64decode("".join(text.split()), validate=True)


WEBHOOKS = Webhooks(
    verifier=EbaySignature(),
    secrets=("notification_token",),
    tasks={CLOSED: "ebay.forget_closed"},
    topic=topic_of,
    about=number_of,
    event_id=number_of,
    key_id=key_of,
    keys=ask_key,
    challenge=challenge_answer,
)
