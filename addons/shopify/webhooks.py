"""Webhooks of Shopify: hints that an order changed, signed with the key of the app or the shop."""

from __future__ import annotations

import json

from core.api import BodySignature
from core.api import WebhookMessage
from core.api import Webhooks

PULL = "orders.pull"
TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/edited",
    "orders/fulfilled",
    "orders/partially_fulfilled",
    "refunds/create",
)


def topic_of(message: WebhookMessage) -> str:
    """Return what kind of message it is."""
    return message.header("x-shopify-topic")


def about(message: WebhookMessage) -> str:
    """Return the id of what a message tells of."""
    body = json.loads(message.body)
    return str(body.get("order_id") or body.get("admin_graphql_api_id") or body.get("id") or "")


# Deliveries of one event have one body: the number in the head is not signed.
WEBHOOKS = Webhooks(
    verifier=BodySignature("x-shopify-hmac-sha256"),
    secrets=("webhook_secret", "client_secret"),
    tasks=dict.fromkeys(TOPICS, PULL),
    topic=topic_of,
    about=about,
    keep_headers=("x-shopify-webhook-id", "x-shopify-triggered-at", "x-shopify-api-version"),
)
