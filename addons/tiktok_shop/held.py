"""What TikTok Shop has not settled yet: its own estimate for each order."""

from __future__ import annotations

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.amounts import amount_of
from addons.tiktok_shop.amounts import moment_of
from addons.tiktok_shop.asking import ASC
from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.operations import UNSETTLED
from core.api import Call
from core.api import HeldMoney
from core.api import MappingError
from core.api import Page
from core.api import read_each

PAGE = 100
WAITS = "UNSETTLED"


def pull_held(call: Call, cursor: str | None) -> Page[HeldMoney]:
    """Return one page of what waits to be settled now."""
    query = {
        "page_size": PAGE, "page_token": cursor, "sort_field": "order_create_time",
        "sort_order": ASC,
    }  # fmt: skip
    data = ask(call.http, UNSETTLED, query=query)
    records = read_each(rows_of(data, "transactions"), read_held, key="id")
    return Page(records, data.get("next_page_token") or None)


def read_held(row: Document) -> HeldMoney:
    """Return what waits for an order or an adjustment.

    Raises: MappingError.
    """
    if row.get("status") != WAITS:
        raise MappingError("status", row.get("status"))
    currency = str(row["currency"])
    return HeldMoney(
        external_id=str(row["id"]),
        kind=str(row["type"]),
        order_id=str(row.get("order_id") or row.get("adjustment_order_id") or ""),
        posted_at=moment_of(row.get("order_create_time"), "order_create_time"),
        amount=amount_of(row.get("est_settlement_amount"), currency, "est_settlement_amount"),
        currency=currency,
        reason=str(row.get("estimated_settlement") or ""),
    )
