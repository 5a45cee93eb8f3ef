"""Pages of profit and of the ledger."""

from __future__ import annotations

from datetime import date

from flask import Blueprint
from flask import render_template
from flask import request

from core.errors import InputError
from core.ledger import listing
from core.ledger.chart import PROFIT_LINES
from core.ledger.profit import profit_report
from core.orders import profit_lines
from core.orders.profit_lines import Figure
from core.paging import read_cursor
from core.web import current

profit = Blueprint("profit", __name__, url_prefix="/profit")
blueprint = Blueprint("ledger", __name__, url_prefix="/ledger")

DIMENSIONS = ("month", "country", "sku", "order", "shop")


@profit.get("")
def index() -> str:
    """Show what was earned by order, SKU, country, shop or month."""
    by = request.args.get("by", "month")
    if by not in DIMENSIONS:
        raise InputError(f"{by!r} is not a dimension of the profit report.", where="by")
    start, end = _day("from"), _day("to")
    report = profit_report(current.reading(), current.company().id, by, start=start, end=end)
    return render_template(
        "profit/index.html", report=report, by=by, dimensions=DIMENSIONS, start=start, end=end
    )


@profit.get("/lines")
def lines() -> str:
    """Show the order lines that a figure of the report is the sum of."""
    session, company = current.reading(), current.company()
    figure = Figure(
        request.args.get("by", ""), request.args.get("key", ""), _day("from"), _day("to")
    )
    cursor = read_cursor(request.args.get("page"), date.fromisoformat, int)
    return render_template(
        "profit/lines.html",
        figure=figure,
        label_of_key=profit_lines.figure_label(session, company.id, figure),
        page=profit_lines.list_profit_lines(session, company.id, figure, cursor),
        sums=profit_lines.sum_profit_lines(session, company.id, figure),
        names=PROFIT_LINES,
    )


@blueprint.get("")
def index_accounts() -> str:
    """Show the balance of every account."""
    rows = listing.trial_balance(current.reading(), current.company().id)
    return render_template("ledger/accounts.html", rows=rows)


@blueprint.get("/entries")
def entries() -> str:
    """List entries, the latest first."""
    cursor = read_cursor(request.args.get("page"), int)
    page = listing.list_entries(current.reading(), current.company().id, cursor)
    return render_template("ledger/entries.html", page=page)


@blueprint.get("/entries/<int:entry_id>")
def entry(entry_id: int) -> str:
    """Show an entry with its postings."""
    session, company = current.reading(), current.company()
    found = listing.get_entry(session, company.id, entry_id)
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "ledger/entry.html",
        entry=found,
        accounts=listing.entry_accounts(session, company.id, [found])[found.id],
        page=listing.entry_postings(session, company.id, found, cursor),
    )


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a day.", where=name, hint="Write it as 2026-09-30."
        ) from error
