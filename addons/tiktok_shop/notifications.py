"""Webhooks of TikTok Shop: hints that something changed, signed with the secret of the app."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.api import BodySignature
from core.api import WebhookMessage
from core.api import Webhooks

PULL = "orders.pull"
# An order, its address, package, cancellation or return: all of them change what orders say.
PULL_MESSAGES = "messages.pull"
OF_MESSAGES = ("13", "14")
OF_ORDERS = ("1", "2", "3", "4", "11", "12", "64", "67")


def topic_of(message: WebhookMessage) -> str:
    """Return the number of the kind of message."""
    return str(_told(message)["type"])


def about(message: WebhookMessage) -> str:
    """Return the number of the order that a message tells of."""
    data = _told(message).get("data") or {}
    return str(data.get("order_id") or "")


def number_of(message: WebhookMessage) -> str:
    """Return the number of a message, which it keeps however often it is sent."""
    return str(_told(message).get("tts_notification_id") or "")


def _told(message: WebhookMessage) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(message.body)
    return found


WEBHOOKS = Webhooks(
    verifier=BodySignature("authorization", "hex"),
    secrets=("app_secret",),
    tasks={**dict.fromkeys(OF_ORDERS, PULL), **dict.fromkeys(OF_MESSAGES, PULL_MESSAGES)},
    topic=topic_of,
    about=about,
    event_id=number_of,
    signed_before="app_key",
)
