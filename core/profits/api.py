"""The API of profit: `/api/v1/profit`. Amounts are in minor units of the company's currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import fields

from core.errors import NotFound
from core.identity.access import require
from core.ledger.bridge import bridge_estimates
from core.ledger.bridge import bridge_periods
from core.ledger.dating import BASES
from core.ledger.dating import MODES
from core.ledger.profit import DIMENSIONS
from core.ledger.profit import ProfitRow
from core.ledger.profit import profit_report
from core.ledger.settledness import NAMES
from core.ledger.waterfall import subtotals
from core.paging import read_cursor
from core.profits.orders import OrderProfit
from core.profits.orders import OrdersAsked
from core.profits.orders import get_order_profit
from core.profits.orders import list_order_profits
from core.web import current
from core.web import rest

blueprint = rest.blueprint("profit", __name__)

# Orders and lines are asked for page by page.
SHORT = tuple(name for name in DIMENSIONS if name not in ("order", "line"))


@blueprint.get("")
@require("profit.view", "costs.view")
def report() -> Response:
    """Tell what was earned by a dimension; rows, not allocated and left out are all there is."""
    asked = rest.query(
        by=rest.one_of(*SHORT, load_default="month"),
        start=fields.Date(load_default=None),
        end=fields.Date(load_default=None),
        basis=rest.one_of(*BASES, load_default="posted"),
        mode=rest.one_of(*MODES, load_default="posted"),
    )
    company = current.company()
    found = profit_report(current.reading(), company.id, **asked)
    return rest.respond(
        {
            "currency": found.currency,
            "by": found.by,
            "rows": [_row(row) for row in found.rows],
            "not_allocated": _amounts(found.rest.lines),
            "left_out": _amounts(found.left_out),
            "total": _amounts(found.total_lines),
        }
    )


@blueprint.get("/orders")
@require("profit.view", "costs.view")
def orders() -> Response:
    """List what orders earned, the latest first."""
    asked = rest.query(
        **rest.paging(),
        start=fields.Date(load_default=None),
        end=fields.Date(load_default=None),
        shop=fields.Integer(load_default=None),
        platform=rest.text(100, load_default=""),
        country=rest.text(2, load_default=""),
        state=rest.one_of(*NAMES, load_default=""),
        number=rest.text(200, load_default=""),
    )
    state = asked["state"]
    page = list_order_profits(
        current.reading(),
        current.company().id,
        OrdersAsked(
            asked["start"],
            asked["end"],
            asked["shop"],
            asked["platform"],
            asked["country"],
            NAMES.index(state) if state else None,
            asked["number"],
        ),
        read_cursor(asked["cursor"], datetime.fromisoformat, int),
        limit=asked["limit"],
    )
    return rest.listed(page, _order)


@blueprint.get("/orders/<int:order_id>")
@require("profit.view", "costs.view")
def order(order_id: int) -> Response:
    """Tell what one order earned."""
    rest.query()
    found = get_order_profit(current.reading(), current.company().id, order_id)
    if found is None:
        raise NotFound("There is no such order.")
    return rest.respond(_order(found))


@blueprint.get("/bridge")
@require("profit.view", "costs.view")
def bridge() -> Response:
    """Explain the difference of two periods, and what became of the estimates of the second."""
    asked = rest.query(
        **{name: fields.Date(required=True) for name in ("start", "end", "start2", "end2")}
    )
    session, company = current.reading(), current.company()
    first, second = (asked["start"], asked["end"]), (asked["start2"], asked["end2"])
    settling = bridge_estimates(session, company.id, *second)
    return rest.respond(
        {
            "currency": company.currency,
            "periods": asdict(bridge_periods(session, company.id, first, second)),
            "estimated": _amounts(settling.estimated),
            "since": _amounts(settling.since),
            "now": _amounts(settling.now),
        }
    )


def _row(row: ProfitRow) -> dict[str, Any]:
    return {"id": row.id, "key": row.key, "label": row.label, "state": row.state} | _amounts(
        row.lines
    )


def _order(row: OrderProfit) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.ref,
        "ordered_on": row.ordered_on,
        "country": row.country,
        "shop": row.shop,
        "state": row.state,
    } | _amounts(row.lines)


def _amounts(lines: Mapping[str, int]) -> dict[str, Any]:
    """Return the lines that are not empty, and what is left after each step."""
    known = {name: amount for name, amount in lines.items() if amount}
    return {"lines": known, "steps": subtotals(lines) if lines else {}}
