"""Payment disputes: buyers who ask their bank for the money back, kept with amount and deadline.

What a dispute takes or gives back comes with the payouts; here stands which are open and until
when the seller may answer. To see them is a permission of its own: they are switched on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from addons.ebay.asking import following
from addons.ebay.asking import list_page
from addons.ebay.asking import place_in
from addons.ebay.asking import text_of
from addons.ebay.operations import get_disputes
from core.api import Call
from core.api import DocumentRow
from core.api import ExternalDocument
from core.api import MappingError
from core.api import Page
from core.api import Window

PAGE = 200
KIND = "payment_disputes"
LONGEST = timedelta(days=89)
"""eBay answers for 90 days at once; a dispute is over by then."""
HIDDEN = "buyerUsername"


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalDocument]:
    """Return one page of the disputes that were opened lately, as they are now."""
    if not call.settings.get("disputes"):
        return Page([])
    offset, total = place_in(cursor)
    page = list_page(
        call.http,
        get_disputes(call.settings),
        "paymentDisputeSummaries",
        api="fulfillment",
        open_date_from=text_of(window.until - LONGEST),
        open_date_to=text_of(window.until),
        limit=PAGE,
        offset=offset,
    )
    rows = [_row(each) for each in page.rows]
    name = f"{KIND} {window.until:%Y-%m-%d} {offset}"
    found = [ExternalDocument(name, KIND, rows)] if rows else []
    return Page(found, following(page, offset, total))


def _row(told: Mapping[str, Any]) -> DocumentRow:
    """Return a dispute without who opened it.

    Raises: MappingError.
    """
    number = told.get("paymentDisputeId")
    if not number:
        raise MappingError("paymentDisputeId", number)
    amount = told.get("amount") or {}
    cells = {
        name: str(value)
        for name, value in told.items()
        if name not in (HIDDEN, "amount") and value is not None
    }
    cells |= {name: str(amount[name]) for name in ("value", "currency") if name in amount}
    return DocumentRow(f"{told.get('orderId', '')}/{number}", cells)
