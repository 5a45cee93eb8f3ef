"""The API of announced returns: `/api/v1/returns`."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from typing import TypedDict

from core.identity.access import require
from core.orders.announced_list import TABS
from core.orders.announced_list import ReturnFilter
from core.orders.announced_list import list_returns
from core.paging import read_cursor
from core.web import current
from core.web import rest

blueprint = rest.blueprint("returns", __name__)


class ReturnDocument(TypedDict):
    """Goods that a platform says come back; `order_id` is null where their order is not known."""

    announced_at: datetime
    id: int
    platform: str
    account: str
    external_ref: str
    order_ref: str
    order_id: int | None
    code: str
    quantity: int
    arrived_quantity: int
    reason: str
    state: str
    tracking: str
    updated_at: datetime
    ended_at: datetime | None
    ended_by: str
    note: str


@blueprint.get("")
@require("orders.view")
@rest.asks(
    **rest.paging(),
    tab=rest.one_of(*TABS, load_default="all"),
    number=rest.text(200, load_default=""),
)
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[ReturnDocument]]:
    """List announced returns, the latest first."""
    cursor = read_cursor(asked["cursor"], datetime.fromisoformat, int)
    narrow = ReturnFilter(asked["tab"], asked["number"].strip())
    session, company_id = current.reading(), current.company().id
    return rest.listed(list_returns(session, company_id, narrow, cursor, asked["limit"]))
