"""Webhooks as Shopify delivers them: signed, more than once, late, and in no order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import uuid
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.testkit.fakes.shopify.ids import gid
from core.testkit.fakes.shopify.ids import order_number
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Sale

if TYPE_CHECKING:
    from core.testkit.fakes.shopify.shop import ShopifyFake


@dataclass(frozen=True)
class Delivery:
    """One delivery: its head, and its body as it is signed."""

    headers: Mapping[str, str]
    body: bytes


def deliveries(
    fake: ShopifyFake,
    sales: Iterable[Sale],
    *,
    topic: str = "orders/updated",
    seed: int = 7,
    repeated: float = 0.3,
) -> list[Delivery]:
    """Return what is delivered of some orders: so large a share of it twice, all of it shuffled."""
    dice = random.Random(seed)  # noqa: S311 - it guards nothing
    made: list[Delivery] = []
    for sale in sales:
        made.append(_delivery(fake, sale, topic, dice))
        if dice.random() < repeated:
            made.append(made[-1])
    dice.shuffle(made)
    return made


def signature(secret: str, body: bytes) -> str:
    """Return the signature of a body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _delivery(fake: ShopifyFake, sale: Sale, topic: str, dice: random.Random) -> Delivery:
    number, known = order_number(sale.ref), fake.credentials()
    # Webhooks have the shape of the REST API, whatever is asked by GraphQL.
    told = {
        "id": int(number),
        "admin_graphql_api_id": gid("Order", number),
        "name": f"#{sale.ref}",
        "email": sale.buyer.email,
        "created_at": text_of(sale.ordered_at),
        "updated_at": text_of(sale.updated_at),
    }
    body = json.dumps(told).encode()
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature(known["client_secret"], body),
        "X-Shopify-Shop-Domain": known["shop"],
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": str(uuid.UUID(int=dice.getrandbits(128))),
        "X-Shopify-Triggered-At": text_of(sale.updated_at),
    }
    return Delivery(headers, body)
