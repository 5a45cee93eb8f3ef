"""Pages of what orders earned, and of why profit is another than before."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import timedelta

from flask import Blueprint
from flask import render_template
from flask import request

from core.clock import now
from core.errors import InputError
from core.errors import NotFound
from core.identity.access import require
from core.ledger.bridge import bridge_estimates
from core.ledger.bridge import bridge_periods
from core.ledger.periods import month_of
from core.ledger.settledness import NAMES
from core.ledger.summing import Narrow
from core.ledger.waterfall import STEPS
from core.paging import read_cursor
from core.profits.bundles import bundle_parts
from core.profits.orders import OrdersAsked
from core.profits.orders import countries_of
from core.profits.orders import get_order_profit
from core.profits.orders import list_order_profits
from core.profits.orders import shops_of
from core.profits.shared import shared_bridge
from core.web import current

blueprint = Blueprint("profits", __name__, url_prefix="/profit")


@blueprint.get("/orders")
@require("profit.view", "costs.view")
def orders() -> str:
    """List what orders earned, the latest first."""
    session, company = current.reading(), current.company()
    asked = _asked()
    cursor = read_cursor(request.args.get("page"), datetime.fromisoformat, int)
    return render_template(
        "profit/orders.html",
        page=list_order_profits(session, company.id, asked, cursor),
        asked=asked,
        steps=STEPS,
        shops=shops_of(session, company.id),
        countries=countries_of(session, company.id),
        states=NAMES,
    )


@blueprint.get("/orders/<int:order_id>")
@require("profit.view", "costs.view")
def order(order_id: int) -> str:
    """Show what one order earned step by step: as it was estimated, since then, and now."""
    session, company = current.reading(), current.company()
    found = get_order_profit(session, company.id, order_id)
    if found is None:
        raise NotFound("There is no such order.")
    narrow = Narrow(order_ids=(order_id,))
    bridge = bridge_estimates(session, company.id, narrow=narrow)
    return render_template(
        "profit/order.html",
        order=found,
        steps=STEPS,
        parts=bundle_parts(session, company.id, order_id),
        bridge=bridge,
        elsewhere={name: found.lines[name] - bridge.now[name] for name in found.lines},
    )


@blueprint.get("/bridge")
@require("profit.view", "costs.view")
def bridge() -> str:
    """Explain the difference of two periods, and of estimates and what became of them."""
    session, company = current.reading(), current.company()
    first, second = _periods()
    shared = request.args.get("costs", "") == "shared"
    explain = shared_bridge if shared else bridge_periods
    return render_template(
        "profit/bridge.html",
        first=first,
        second=second,
        periods=explain(session, company.id, first, second),
        shared=shared,
        estimates=bridge_estimates(session, company.id, *second),
    )


def _asked() -> OrdersAsked:
    state = request.args.get("state", "")
    if state and state not in NAMES:
        raise InputError(
            f"{state!r} is no state of profit.",
            where="state",
            hint=f"Choose of {', '.join(NAMES)}.",
        )
    shop = request.args.get("shop", "")
    if shop and not (shop.isascii() and shop.isdecimal() and len(shop) < 19):
        raise InputError(f"{shop!r} is not the number of a shop.", where="shop")
    return OrdersAsked(
        _day("from"),
        _day("to"),
        shop_id=int(shop) if shop else None,
        platform=request.args.get("platform", ""),
        country=request.args.get("country", ""),
        state=NAMES.index(state) if state else None,
        ref=request.args.get("number", "").strip(),
    )


def _periods() -> tuple[tuple[date, date], tuple[date, date]]:
    """Return the two periods that are asked for; by default the last two whole months."""
    last = month_of(now().date()) - timedelta(days=1)
    middle = month_of(last)
    before = middle - timedelta(days=1)
    first = (_day("from") or month_of(before), _day("to") or before)
    second = (_day("from2") or middle, _day("to2") or last)
    for (start, end), where in ((first, "to"), (second, "to2")):
        if end < start:
            raise InputError(f"{end} is before {start}.", where=where, hint="Exchange the days.")
    return first, second


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a day.", where=name, hint="Write it as 2026-09-30."
        ) from error
