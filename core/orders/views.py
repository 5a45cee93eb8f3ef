"""Pages of orders, and the way from a profit figure to the lines behind it."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from werkzeug.wrappers import Response

from core.identity.access import require
from core.identity.fields import when_allowed
from core.ledger import listing as ledger
from core.orders import queries
from core.orders.queries import OrderFilter
from core.paging import read_cursor
from core.web import current

LEDGER_SEEN_WITH = ("ledger.view", "profit.view", "costs.view")
"""What the books of an order ask for, for they tell its costs and its profit."""

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


@blueprint.get("")
@require("orders.view")
def index() -> str:
    """List orders; the address holds the whole state of the list."""
    session, company = current.reading(), current.company()
    asked = request.args
    narrow = OrderFilter(
        kind=asked.get("kind", ""),
        state=asked.get("state", ""),
        country=asked.get("country", ""),
        attention="attention" in asked,
        text=asked.get("text", "").strip(),
    )
    cursor = read_cursor(asked.get("page"), datetime.fromisoformat, int)
    tabs = {
        "all": OrderFilter(),
        "sale": OrderFilter(kind="sale"),
        "credit_note": OrderFilter(kind="credit_note"),
        "charge": OrderFilter(kind="charge"),
        "attention": OrderFilter(attention=True),
    }
    return render_template(
        "orders/index.html",
        page=queries.list_orders(session, company.id, narrow, cursor),
        narrow=narrow,
        matching=queries.count_orders(session, company.id, narrow),
        tabs={name: queries.count_orders(session, company.id, tab) for name, tab in tabs.items()},
        states=queries.states_in_use(session, company.id),
    )


@blueprint.get("/<int:order_id>")
@require("orders.view")
def show(order_id: int) -> str:
    """Show one order with all that came of it."""
    session, company = current.reading(), current.company()
    order = queries.get_order(session, company.id, order_id)
    entries = when_allowed(
        lambda: ledger.order_entries(session, company.id, order_id), [], *LEDGER_SEEN_WITH
    )
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "orders/show.html",
        order=order,
        lines=queries.order_lines(session, company.id, order_id, cursor),
        events=queries.order_events(session, company.id, order_id),
        documents=queries.order_documents(session, company.id, order_id),
        moves_shown=queries.MOVES_SHOWN,
        entries=entries,
        accounts=ledger.entry_accounts(session, company.id, entries),
        profit=when_allowed(
            lambda: queries.order_profit(session, company.id, order_id),
            {},
            "profit.view",
            "costs.view",
        ),
    )


@blueprint.get("/lines/<int:line_id>")
@require("orders.view")
def line(line_id: int) -> Response:
    """Lead from a line to its place on its order's page."""
    order_id = queries.order_of_line(current.reading(), current.company().id, line_id)
    return redirect(url_for("orders.show", order_id=order_id, _anchor=f"line-{line_id}"))
