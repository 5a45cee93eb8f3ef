"""Webhooks of TikTok Shop: hints that something changed, signed with the secret of the app."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.api import BodySignature
from core.api import WebhookMessage
from core.api import Webhooks

PULL = "orders.pull"
PULL_MESSAGES = "messages.pull"
HEED = "tiktok_shop.heed"
OF_MESSAGES = ("13", "14")
# An order, its address, package, cancellation or invoice: all of them change what orders say.
OF_ORDERS = ("1", "2", "3", "4", "11", "36", "64", "67")
OF_PRODUCTS, OF_RETURNS = "5", "12"
# The seller lets the app in no more, or will not for long.
OF_THE_APP = ("6", "7")


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
    tasks={
        **dict.fromkeys(OF_ORDERS, PULL),
        **dict.fromkeys(OF_MESSAGES, PULL_MESSAGES),
        **dict.fromkeys((OF_PRODUCTS, OF_RETURNS, *OF_THE_APP), HEED),
    },
    topic=topic_of,
    about=about,
    event_id=number_of,
    signed_before="app_key",
)
