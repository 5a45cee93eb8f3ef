"""The API of disputes: `/api/v1/disputes`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.disputes.reading import TABS
from core.disputes.reading import list_disputes
from core.disputes.shapes import DisputeDocument
from core.identity.access import require
from core.paging import read_cursor
from core.web import current
from core.web import rest

blueprint = rest.blueprint("disputes", __name__)


@blueprint.get("")
@require("orders.view")
@rest.asks(**rest.paging(), tab=rest.one_of(*TABS, load_default="all"))
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[DisputeDocument]]:
    """List disputes, the latest first."""
    cursor = read_cursor(asked["cursor"], datetime.fromisoformat, int)
    session, company_id = current.reading(), current.company().id
    return rest.listed(list_disputes(session, company_id, asked["tab"], cursor, asked["limit"]))
