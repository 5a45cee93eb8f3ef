"""Pages of profit and of the ledger."""

from __future__ import annotations

from bisect import bisect_left
from bisect import bisect_right
from datetime import date
from typing import Any

from flask import Blueprint
from flask import render_template
from flask import request

from core.errors import InputError
from core.identity.access import require
from core.ledger import listing
from core.ledger.dating import BASES
from core.ledger.dating import MODES
from core.ledger.profit import ProfitReport
from core.ledger.profit import ProfitRow
from core.ledger.profit import profit_report
from core.ledger.waterfall import PROFIT_LINES
from core.orders import profit_lines
from core.orders.profit_lines import Figure
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import read_cursor
from core.web import current

profit = Blueprint("profit", __name__, url_prefix="/profit")
blueprint = Blueprint("ledger", __name__, url_prefix="/ledger")

DIMENSIONS = ("month", "country", "sku", "order", "shop", "platform", "brand", "owner")


@profit.get("")
@require("profit.view", "costs.view")
def index() -> str:
    """Show what was earned by month, country, SKU, order, shop, platform, brand or owner."""
    by = request.args.get("by", "month")
    if by not in DIMENSIONS:
        raise InputError(f"{by!r} is not a dimension of the profit report.", where="by")
    start, end = _day("from"), _day("to")
    basis, mode = request.args.get("basis", "posted"), request.args.get("mode", "posted")
    report = profit_report(
        current.reading(),
        current.company().id,
        by,
        start=start,
        end=end,
        basis=basis,
        mode=mode,
    )
    return render_template(
        "profit/index.html",
        report=report,
        by=by,
        dimensions=DIMENSIONS,
        start=start,
        end=end,
        basis=basis,
        mode=mode,
        bases=BASES,
        modes=MODES,
        query={"from": start, "to": end, "basis": _said(basis), "mode": _said(mode)},
        page=_page(report, read_cursor(request.args.get("page"), _sort_key)),
        names=[name for name in PROFIT_LINES if report.total_lines[name]],
        most=max((abs(row.profit) for row in report.rows), default=0),
    )


def _said(choice: str) -> str | None:
    """Return what an address says of a basis or a mode; the usual ones go without saying."""
    return choice if choice != "posted" else None


def _sort_key(part: Any) -> tuple[int, str]:
    """Read the place of a row in the report from a cursor."""
    return int(part[0]), str(part[1])


def _page(report: ProfitReport, cursor: Cursor | None) -> Page[ProfitRow]:
    """Return a page of the report: months the latest first, the rest by profit."""

    def place(row: ProfitRow) -> tuple[int, str]:
        return (-int(row.key.replace("-", "")) if report.by == "month" else -row.profit), row.key

    rows = sorted(report.rows, key=place)
    places = [place(row) for row in rows]
    if cursor is None:
        first = 0
    elif cursor.backwards:
        first = max(0, bisect_left(places, cursor.key[0]) - PAGE_SIZE)
    else:
        first = bisect_right(places, cursor.key[0])
    shown = rows[first : first + PAGE_SIZE]
    return Page(
        shown,
        next=Cursor((place(shown[-1]),)).text() if first + PAGE_SIZE < len(rows) else None,
        previous=Cursor((place(shown[0]),), backwards=True).text() if first and shown else None,
    )


@profit.get("/lines")
@require("profit.view", "costs.view")
def lines() -> str:
    """Show the order lines that a figure of the report is the sum of."""
    session, company = current.reading(), current.company()
    figure = Figure(
        request.args.get("by", ""),
        request.args.get("key", ""),
        _day("from"),
        _day("to"),
        request.args.get("basis", "posted"),
        request.args.get("mode", "posted"),
    )
    cursor = read_cursor(request.args.get("page"), int)
    sums = profit_lines.sum_profit_lines(session, company.id, figure)
    page = profit_lines.list_profit_lines(session, company.id, figure, cursor)
    return render_template(
        "profit/lines.html",
        figure=figure,
        key_label=profit_lines.figure_label(session, company.id, figure),
        page=page,
        sources=profit_lines.sources_without_line(session, company.id, page.rows),
        statements=profit_lines.statements_of(session, company.id, page.rows),
        sums=sums,
        names=[name for name in PROFIT_LINES if sums[name]],
    )


@blueprint.get("")
@require("ledger.view", "profit.view", "costs.view")
def index_accounts() -> str:
    """Show the balance of every account."""
    rows = listing.trial_balance(current.reading(), current.company().id)
    return render_template(
        "ledger/accounts.html",
        rows=rows,
        debit=sum(row.amount for row in rows if row.amount > 0),
        credit=-sum(row.amount for row in rows if row.amount < 0),
    )


@blueprint.get("/entries")
@require("ledger.view", "profit.view", "costs.view")
def entries() -> str:
    """List entries, the latest first."""
    cursor = read_cursor(request.args.get("page"), int)
    page = listing.list_entries(current.reading(), current.company().id, cursor)
    return render_template("ledger/entries.html", page=page)


@blueprint.get("/entries/<int:entry_id>")
@require("ledger.view", "profit.view", "costs.view")
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
