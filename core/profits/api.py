"""The API of profit: `/api/v1/profit`. Amounts are in minor units of the company's currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from marshmallow import fields

from core.errors import NotFound
from core.identity.access import require
from core.ledger.bridge import bridge_estimates
from core.ledger.bridge import bridge_periods
from core.ledger.dating import BASES
from core.ledger.dating import MODES
from core.ledger.profit import DIMENSIONS
from core.ledger.profit import ProfitRow
from core.ledger.settledness import NAMES
from core.ledger.waterfall import subtotals
from core.paging import read_cursor
from core.profits.asking import ProfitAnswer
from core.profits.asking import ProfitAsked
from core.profits.asking import ask_profit
from core.profits.bundles import bundle_parts
from core.profits.orders import OrderProfit
from core.profits.orders import OrdersAsked
from core.profits.orders import get_order_profit
from core.profits.orders import list_order_profits
from core.profits.originals import document as original_document
from core.profits.shapes import BridgeDocument
from core.profits.shapes import OneOrderProfit
from core.profits.shapes import OrderProfitDocument
from core.profits.shapes import OriginalDocument
from core.profits.shapes import ProfitDocument
from core.profits.shared import shared_bridge
from core.web import current
from core.web import rest

blueprint = rest.blueprint("profit", __name__)

# Orders and lines are asked for page by page.
SHORT = tuple(name for name in DIMENSIONS if name not in ("order", "line"))


@blueprint.get("")
@require("profit.view", "costs.view")
@rest.asks(
    by=rest.one_of(*SHORT, load_default="month"),
    start=rest.day(load_default=None),
    end=rest.day(load_default=None),
    basis=rest.one_of(*BASES, load_default="posted"),
    mode=rest.one_of(*MODES, load_default="posted"),
    shared=fields.Boolean(load_default=False),
    currency=rest.text(8, load_default=""),
    rate_on=rest.day(load_default=None),
)
def report(asked: dict[str, Any]) -> rest.Answer[ProfitDocument | OriginalDocument]:
    """Tell what was earned by a dimension; rows, not allocated and left out are all there is."""
    answer = ask_profit(current.reading(), current.company().id, ProfitAsked(**asked))
    if answer.original is not None:
        return rest.respond(original_document(answer.original))
    return rest.respond(_report(answer, asked["by"]))


@blueprint.get("/orders")
@require("profit.view", "costs.view")
@rest.asks(
    **rest.paging(),
    start=rest.day(load_default=None),
    end=rest.day(load_default=None),
    shop=fields.Integer(load_default=None),
    platform=rest.text(100, load_default=""),
    country=rest.text(2, load_default=""),
    state=rest.one_of(*NAMES, load_default=""),
    number=rest.text(200, load_default=""),
)
def orders(asked: dict[str, Any]) -> rest.Answer[rest.Listed[OrderProfitDocument]]:
    """List what orders earned, the latest first."""
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
@rest.asks()
def order(order_id: int) -> rest.Answer[OneOrderProfit]:
    """Tell what one order earned."""
    session, company_id = current.reading(), current.company().id
    found = get_order_profit(session, company_id, order_id)
    if found is None:
        raise NotFound("There is no such order.")
    parts = [asdict(part) for part in bundle_parts(session, company_id, order_id)]
    return rest.respond(_order(found) | {"bundle_parts": parts})


@blueprint.get("/bridge")
@require("profit.view", "costs.view")
@rest.asks(
    **{name: rest.day(required=True) for name in ("start", "end", "start2", "end2")},
    shared=fields.Boolean(load_default=False),
)
def bridge(asked: dict[str, Any]) -> rest.Answer[BridgeDocument]:
    """Explain the difference of two periods, and what became of the estimates of the second."""
    session, company = current.reading(), current.company()
    first, second = (asked["start"], asked["end"]), (asked["start2"], asked["end2"])
    explain = shared_bridge if asked["shared"] else bridge_periods
    settling = bridge_estimates(session, company.id, *second)
    return rest.respond(
        {
            "currency": company.currency,
            "periods": asdict(explain(session, company.id, first, second)),
            "estimated": _amounts(settling.estimated),
            "since": _amounts(settling.since),
            "now": _amounts(settling.now),
        }
    )


def _report(answer: ProfitAnswer, by: str) -> dict[str, Any]:
    """Return the report; without a rate its figures are null, and `missing` says why."""
    said: dict[str, Any] = {"by": by}
    if (made := answer.converted) is not None:
        rate = made.rate
        told = {"told": rate.told, "rate": rate.shown, "day": rate.day} if rate else {"told": None}
        said |= {"currency": made.currency, "rate_on": made.day, "rate": told}
    found = answer.report
    if found is None:
        empty = dict.fromkeys(("rows", "not_allocated", "left_out", "total"))
        why = {"reason": made.missing, "hint": made.hint} if made else None
        return said | empty | {"missing": why}
    return said | {
        "currency": found.currency,
        "rows": [_row(row) for row in found.rows],
        "not_allocated": _amounts(found.rest.lines) | _moved(found.rest),
        "left_out": _amounts(found.left_out),
        "total": _amounts(found.total_lines),
    }


def _row(row: ProfitRow) -> dict[str, Any]:
    return (
        {"id": row.id, "key": row.key, "label": row.label, "state": row.state}
        | _amounts(row.lines)
        | _moved(row)
    )


def _moved(row: ProfitRow) -> dict[str, Any]:
    """Return direct profit and what sharing costs out added to it, line by line."""
    moved = {name: amount for name, amount in row.moved.items() if amount}
    return {"direct": row.direct, "allocated": row.allocated, "allocated_lines": moved}


def _order(row: OrderProfit) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.ref,
        "ordered_on": row.ordered_on,
        "country": row.country,
        "shop": row.shop,
        "state": row.state,
        "allocated": row.allocated,
        "allocated_lines": {name: amount for name, amount in row.moved.items() if amount},
        "after_allocation": row.after,
    } | _amounts(row.lines)


def _amounts(lines: Mapping[str, int]) -> dict[str, Any]:
    """Return the lines that are not empty, and what is left after each step."""
    known = {name: amount for name, amount in lines.items() if amount}
    return {"lines": known, "steps": subtotals(lines) if lines else {}}
