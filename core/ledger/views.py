"""Pages of profit and of the ledger."""

from __future__ import annotations

from bisect import bisect_left
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint
from flask import render_template
from flask import request
from sqlalchemy.orm import Session

from core.errors import InputError
from core.identity.access import require
from core.ledger import listing
from core.ledger.dating import BASES
from core.ledger.dating import MODES
from core.ledger.months import NET_SALES
from core.ledger.profit import ProfitReport
from core.ledger.profit import ProfitRow
from core.ledger.ranking import rank_skus
from core.ledger.waterfall import PROFIT_LINES
from core.orders import profit_lines
from core.orders.profit_lines import Figure
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import read_cursor
from core.profits.asking import ORIGINAL
from core.profits.asking import ProfitAnswer
from core.profits.asking import ProfitAsked
from core.profits.asking import ask_profit
from core.profits.confidence import Confidence
from core.profits.confidence import confidence
from core.profits.shared import list_moves
from core.web import current

profit = Blueprint("profit", __name__, url_prefix="/profit")
blueprint = Blueprint("ledger", __name__, url_prefix="/ledger")

DIMENSIONS = ("month", "country", "sku", "order", "shop", "platform", "brand", "owner")

CURRENCIES = ("AUD", "CAD", "CNY", "EUR", "GBP", "JPY", "PLN", "SEK", "USD")
"""The currencies that are offered; any other can be asked for in the address."""


@profit.get("")
@require("profit.view", "costs.view")
def index() -> str:
    """Show what was earned by month, country, SKU, order, shop, platform, brand or owner."""
    by = request.args.get("by", "month")
    if by not in DIMENSIONS:
        raise InputError(f"{by!r} is not a dimension of the profit report.", where="by")
    asked = ProfitAsked(
        by,
        _day("from"),
        _day("to"),
        request.args.get("basis", "posted"),
        request.args.get("mode", "posted"),
        request.args.get("costs", "") == "shared",
        request.args.get("currency", "").strip(),
        _day("rate_on"),
    )
    session, company = current.reading(), current.company()
    answer, shown = _answered(session, company.id, asked)
    return render_template(
        "profit/index.html",
        answer=answer,
        asked=asked,
        dimensions=DIMENSIONS,
        bases=BASES,
        modes=MODES,
        currencies=sorted({company.currency, *CURRENCIES, asked.currency} - {"", ORIGINAL}),
        query=_query(asked),
        sure=_sure(session, company.id, asked, answer),
        changed_at=listing.last_entry_at(session, company.id),
        **shown,
    )


def _answered(
    session: Session, company_id: int, asked: ProfitAsked
) -> tuple[ProfitAnswer, dict[str, Any]]:
    """Return what is asked and what of it is shown; of many SKUs no more than that is read."""
    booked = (asked.basis, asked.mode) == ("posted", "posted") and not asked.shared
    if asked.by != "sku" or not booked or asked.currency not in ("", current.company().currency):
        answer = ask_profit(session, company_id, asked)
        return answer, _shown(answer)
    cursor = read_cursor(request.args.get("page"), int, int)
    ranked = rank_skus(session, company_id, asked.start, asked.end, cursor)
    shown = {"page": ranked.page, "names": _used(ranked.report), "most": ranked.most}
    return ProfitAnswer(ranked.report), shown


def _sure(
    session: Session, company_id: int, asked: ProfitAsked, answer: ProfitAnswer
) -> Confidence | None:
    """Return how sure a report is whose sales are those that were booked in its days."""
    report = answer.report
    if report is None or answer.converted or (asked.basis, asked.mode) != ("posted", "posted"):
        return None
    net_sales = sum(report.total_lines.get(name, 0) for name in NET_SALES)
    return confidence(session, company_id, asked.start, asked.end, net_sales)


def _query(asked: ProfitAsked) -> dict[str, Any]:
    """Return what an address says of a report; what is usual goes without saying."""
    return {
        "from": asked.start,
        "to": asked.end,
        "basis": asked.basis if asked.basis != "posted" else None,
        "mode": asked.mode if asked.mode != "posted" else None,
        "costs": "shared" if asked.shared else None,
        "currency": asked.currency or None,
        "rate_on": asked.rate_on,
    }


def _shown(answer: ProfitAnswer) -> dict[str, Any]:
    """Return a page of the rows, the lines that are not empty, and the largest profit."""
    if answer.original is not None:
        rows = answer.original.rows
        page = Page(*_cut(rows, [(n, "") for n in range(len(rows))]))
        used = answer.original.totals
        return {"page": page, "names": [n for n in PROFIT_LINES if any(r.lines[n] for r in used)]}
    report = answer.report
    if report is None:
        return {"page": None, "names": []}
    return {
        "page": _page(report),
        "names": _used(report),
        "most": max((abs(row.profit) for row in report.rows), default=0),
    }


def _used(report: ProfitReport) -> list[str]:
    """Return the lines that are not empty."""
    rest = report.rest.lines
    return [name for name in PROFIT_LINES if report.total_lines[name] or rest[name]]


def _sort_key(part: Any) -> tuple[int, str]:
    """Read the place of a row in the report from a cursor."""
    return int(part[0]), str(part[1])


def _page(report: ProfitReport) -> Page[ProfitRow]:
    """Return a page of the report: months the latest first, the rest by profit."""

    def place(row: ProfitRow) -> tuple[int, str]:
        return (-int(row.key.replace("-", "")) if report.by == "month" else -row.profit), row.key

    rows = sorted(report.rows, key=place)
    return Page(*_cut(rows, [place(row) for row in rows]))


def _cut(
    rows: Sequence[Any], places: Sequence[tuple[int, str]]
) -> tuple[Any, str | None, str | None]:
    """Return the rows of the page that is asked for, and where those after and before begin."""
    cursor = read_cursor(request.args.get("page"), _sort_key)
    if cursor is None:
        first = 0
    elif cursor.backwards:
        first = max(0, bisect_left(places, cursor.key[0]) - PAGE_SIZE)
    else:
        first = bisect_right(places, cursor.key[0])
    shown = places[first : first + PAGE_SIZE]
    more = first + PAGE_SIZE < len(rows)
    return (
        rows[first : first + PAGE_SIZE],
        Cursor((shown[-1],)).text() if more else None,
        Cursor((shown[0],), backwards=True).text() if first and shown else None,
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
    shared = request.args.get("costs", "") == "shared"
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
        moves=_moves(figure) if shared else [],
        names=[name for name in PROFIT_LINES if sums[name]],
    )


def _moves(figure: Figure) -> Sequence[Any]:
    """Return what sharing costs out moved to and from a figure."""
    session, company = current.reading(), current.company()
    return list_moves(session, company.id, figure.by, figure.key, figure.start, figure.end)


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
