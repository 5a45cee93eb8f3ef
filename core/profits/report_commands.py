"""The command of the profit report: `entrepot report profit`."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from typing import Any

import click

from core.errors import Unresolved
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.ledger.dating import BASES
from core.ledger.dating import MODES
from core.ledger.profit import DIMENSIONS
from core.ledger.profit import ProfitReport
from core.ledger.profit import ProfitRow
from core.ledger.waterfall import PROFIT_LINES
from core.ledger.waterfall import REVENUE
from core.money import to_text
from core.profits.asking import ProfitAnswer
from core.profits.asking import ProfitAsked
from core.profits.asking import ask_profit
from core.profits.originals import OriginalReport
from core.profits.originals import OriginalRow

DAY = click.DateTime(["%Y-%m-%d"])


def register(group: click.Group) -> None:
    """Add the command."""
    subgroup(group, "report", "What was earned, and what lies in stock.").add_command(profit)


@click.command()
@click.option("--by", type=click.Choice(tuple(DIMENSIONS)), default="month")
@click.option("--from", "start", type=DAY, help="First day.")
@click.option("--to", "end", type=DAY, help="Last day.")
@click.option("--basis", type=click.Choice(BASES), default="posted", help="By the day of what.")
@click.option("--mode", type=click.Choice(MODES), default="posted", help="Where late amounts go.")
@click.option("--shared", is_flag=True, help="After costs without an order are shared out.")
@click.option("--currency", default="", help="Another currency, or: original.")
@click.option("--rate-on", type=DAY, help="The day whose rate holds; default: the last day.")
@company_option
@json_option
@pass_kernel
def profit(kernel: Kernel, /, company_code: str | None, as_json: bool, **given: Any) -> None:
    """Show profit by month, order, line, SKU, country, shop and so on; costs are negative."""
    for name in ("start", "end", "rate_on"):
        given[name] = _day(given[name])
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        answer = ask_profit(session, company.id, ProfitAsked(**given))
    if answer.original is not None:
        _show_original(answer.original, as_json=as_json)
        return
    if answer.report is None:
        missing = answer.converted
        raise Unresolved(missing.missing if missing else "", hint=missing.hint if missing else "")
    if as_json:
        print_json(_document(answer, answer.report, shared=given["shared"]))
        return
    _show(answer, answer.report, shared=given["shared"])


def _show(answer: ProfitAnswer, report: ProfitReport, *, shared: bool) -> None:
    columns = [name for name in _COLUMNS if any(_lines(row)[name] for row in report.rows)]
    more = ("direct", "shared out") if shared else ()
    print_table(
        (report.by, *(name.replace("_", " ") for name in columns), *more, "profit", "state"),
        [_cells(report, row, columns, shared=shared) for row in report.rows],
    )
    click.echo(
        f"Total {to_text(report.total, report.currency)} {report.currency}, not allocated"
        f" {to_text(report.not_allocated, report.currency)}"
    )
    if left := sum(report.left_out.values()):
        said = to_text(left, report.currency)
        click.echo(f"Left out, because it is not paid or not settled yet: {said}")
    if answer.converted is not None and (rate := answer.converted.rate) is not None:
        click.echo(f"By one rate: 1 {rate.base} = {rate.shown} {rate.quote}, of {rate.told}")


def _document(answer: ProfitAnswer, report: ProfitReport, *, shared: bool) -> dict[str, Any]:
    document = profit_document(report)
    if shared:
        for said, row in zip(document["rows"], report.rows, strict=True):
            said |= {
                "direct": to_text(row.direct, report.currency),
                "shared_out": to_text(row.allocated, report.currency),
            }
    if answer.converted is not None and (rate := answer.converted.rate) is not None:
        document["rate"] = {"rate": rate.shown, "day": str(rate.day), "told": rate.told}
    return document


def profit_document(report: ProfitReport) -> dict[str, Any]:
    """Return the report as JSON shows it, amounts as decimal text; a row's lines sum to profit."""

    def text(amount: int) -> str:
        return to_text(amount, report.currency)

    return {
        "currency": report.currency,
        "by": report.by,
        "rows": [
            {
                "key": row.key,
                "label": row.label,
                "lines": {name: text(amount) for name, amount in _lines(row).items()},
                "net_revenue_of": {name: text(row.lines[name]) for name in REVENUE},
                "profit": text(row.profit),
                "state": row.state,
            }
            for row in report.rows
        ],
        "total": text(report.total),
        "not_allocated": text(report.not_allocated),
        "left_out": text(sum(report.left_out.values())),
    }


def _show_original(report: OriginalReport, *, as_json: bool) -> None:
    rows = [_original(row, report.currency) for row in report.rows]
    totals = [_original(row, report.currency) for row in report.totals]
    if as_json:
        print_json({"by": report.by, "currency": report.currency, "rows": rows, "totals": totals}
                   | {"booked": to_text(report.booked, report.currency)})  # fmt: skip
        return
    print_table(
        (report.by, "currency", "net revenue", "profit", f"in the books, {report.currency}"),
        [
            tuple(row[name] for name in ("key", "currency", "net_revenue", "profit", "booked"))
            for row in rows
        ],
    )
    for row in totals:
        click.echo(f"Total {row['profit']} {row['currency']}, in the books {row['booked']}")
    click.echo(f"In the books {to_text(report.booked, report.currency)} {report.currency} in all")


def _original(row: OriginalRow, books: str) -> dict[str, Any]:
    def text(amount: int) -> str:
        return to_text(amount, row.currency)

    return {
        "key": row.key,
        "label": row.label,
        "currency": row.currency,
        "lines": {name: text(amount) for name, amount in row.lines.items() if amount},
        "net_revenue": text(sum(row.lines[name] for name in REVENUE)),
        "profit": text(row.profit),
        "booked": to_text(row.booked, books),
    }


_COLUMNS = ("net_revenue", *(name for name in PROFIT_LINES if name not in REVENUE))


def _lines(row: ProfitRow) -> dict[str, int]:
    return {"net_revenue": row.net_revenue} | {name: row.lines[name] for name in _COLUMNS[1:]}


def _cells(report: ProfitReport, row: ProfitRow, columns: list[str], *, shared: bool) -> list[str]:
    amounts = [_lines(row)[name] for name in columns]
    amounts += [row.direct, row.allocated] if shared else []
    amounts.append(row.profit)
    return [row.key, *(to_text(amount, report.currency) for amount in amounts), row.state]


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None
