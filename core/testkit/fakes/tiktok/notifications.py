"""Messages as TikTok Shop pushes them: signed with the secret of the app, sent more than once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.testkit.fakes.tiktok.documents import STATUS
from core.testkit.fakes.tiktok.signatures import sign_push
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import seconds
from core.testkit.fakes.trade import Sale

if TYPE_CHECKING:
    from core.testkit.fakes.tiktok.marketplace import TiktokFake

ORDER_CHANGED, RETURN_CHANGED, DEAUTHORISED = 1, 12, 6
NEW_TALK, NEW_MESSAGE = 13, 14


@dataclass(frozen=True)
class Push:
    """One delivery: its head, and its body as it is signed."""

    headers: Mapping[str, str]
    body: bytes


def push(fake: TiktokFake, kind: int, number: str, data: Document) -> Push:
    """Sign a message."""
    told = {
        "type": kind,
        "tts_notification_id": number,
        "shop_id": fake.shop_id,
        "timestamp": seconds(fake.clock.now()),
        "data": data,
    }
    body = json.dumps(told).encode()
    known = fake.credentials()
    signature = sign_push(known["app_key"], known["app_secret"], body)
    return Push({"Authorization": signature, "Content-Type": "application/json"}, body)


def order_changed(fake: TiktokFake, sale: Sale) -> Push:
    """Tell that an order is in another state."""
    data = {
        "order_id": sale.ref,
        "order_status": STATUS[sale.status],
        "is_on_hold_order": False,
        "update_time": seconds(sale.updated_at),
    }
    return push(fake, ORDER_CHANGED, f"7{sale.ref}", data)


def deliveries(fake: TiktokFake, sales: Sequence[Sale], repeated: int = 3) -> list[Push]:
    """Return a message for each order, out of order, and every so manieth twice."""
    made = [order_changed(fake, sale) for sale in sales]
    twice = made[::repeated] if repeated else []
    return [*reversed(made), *twice]
