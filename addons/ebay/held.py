"""What eBay holds back of payments, such as until a parcel has arrived."""

from __future__ import annotations

from typing import Any

from addons.ebay.amounts import Document
from addons.ebay.amounts import amount_of
from addons.ebay.asking import following
from addons.ebay.asking import list_page
from addons.ebay.asking import place_in
from addons.ebay.movements import ENTRIES
from addons.ebay.movements import order_of
from addons.ebay.operations import get_transactions
from core.api import Call
from core.api import HeldMoney
from core.api import MappingError
from core.api import Page
from core.api import choice
from core.api import moment
from core.api import read_each

PAGE = 200
ON_HOLD = "FUNDS_ON_HOLD"


def pull_held(call: Call, cursor: str | None) -> Page[HeldMoney]:
    """Return one page of the payments that are on hold now."""
    offset, total = place_in(cursor)
    page = list_page(
        call.http,
        get_transactions(call.settings),
        "transactions",
        api="finances",
        filter=f"transactionStatus:{{{ON_HOLD}}}",
        limit=PAGE,
        offset=offset,
    )
    records = read_each(page.rows, read_held, key="transactionId")
    return Page(records, following(page, offset, total))


def read_held(row: Document) -> HeldMoney:
    """Return a payment that is on hold.

    Raises: MappingError.
    """
    if row["transactionStatus"] != ON_HOLD:
        raise MappingError("transactionStatus", row["transactionStatus"])
    amount: dict[str, Any] = row["amount"]
    sign = choice(row["bookingEntry"], ENTRIES, path="bookingEntry")
    return HeldMoney(
        external_id=f"{row['transactionType']} {row['transactionId']}",
        kind=row["transactionType"],
        order_id=order_of(row),
        posted_at=moment(row["transactionDate"], path="transactionDate"),
        amount=sign * amount_of(amount, amount["currency"], "amount"),
        currency=amount["currency"],
        reason=str(row.get("transactionMemo") or ""),
    )
