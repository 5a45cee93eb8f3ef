"""The page of the statement and its downloads."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Response
from flask import abort
from flask import render_template
from flask import request
from flask import url_for

from addons.profit_report.statement import SHARED
from addons.profit_report.statement import SHARED_STATEMENT
from addons.profit_report.statement import STATEMENT
from addons.profit_report.statement import ProfitStatement
from addons.profit_report.texts import texts
from core.api import AddonBlueprint
from core.api import InputError
from core.api import ReportParameters
from core.api import ReportTable
from core.api import current_company
from core.api import make_file
from core.api import reading_session
from core.api import write_csv
from core.api import write_xlsx

PAGE_SIZE = 50

WRITERS = {
    "csv": (write_csv, "text/csv; charset=utf-8"),
    "xlsx": (
        write_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}

pages = AddonBlueprint("profit_report", __name__, template_folder="templates")


@pages.get("/")
@pages.require("profit.view", "costs.view")
def show() -> str:
    """Show the statement as a whole, then by one dimension."""
    report, parameters = _report(), _parameters()
    table = _run(parameters)
    number = _number("page")
    every_line = request.args.get("lines") == "all"
    return render_template(
        "profit_report/show.html",
        parameters=parameters,
        shared=report.shared,
        query=_query(parameters),
        tabs=_tabs(parameters),
        table=table,
        steps=_steps(table),
        revenue=table.cells(table.totals)["net_revenue"],
        every_line=every_line,
        shown=_shown(table, every_line=every_line),
        rows=[
            (row, table.cells(row))
            for row in table.rows[PAGE_SIZE * (number - 1) : PAGE_SIZE * number]
        ],
        page={
            "previous": str(number - 1) if number > 1 else None,
            "next": str(number + 1) if PAGE_SIZE * number < len(table.rows) else None,
        },
    )


@pages.get("/statement.<form>")
@pages.require("profit.view", "costs.view")
def download(form: str) -> Response:
    """Send the statement as a file."""
    if form not in WRITERS:
        abort(404)
    write, kind = WRITERS[form]
    report, parameters = _report(), _parameters()
    table = _run(parameters)
    file = make_file(reading_session(), report.code, report.title, table, texts.gettext)
    body = io.BytesIO()
    write(file, body)
    answer = Response(body.getvalue(), content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name(parameters)}.{form}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _report() -> ProfitStatement:
    """Return the statement that is asked for: before or after costs are shared out."""
    return SHARED_STATEMENT if request.args.get("costs") == "shared" else STATEMENT


def _run(parameters: ReportParameters) -> ReportTable:
    return _report().run(reading_session(), current_company().id, parameters)


def _parameters() -> ReportParameters:
    by = request.args.get("by") or STATEMENT.dimensions[0]
    if by not in STATEMENT.dimensions:
        raise InputError(
            f"{by!r} is not a dimension of the profit statement.",
            where="by",
            hint=f"Choose of {', '.join(STATEMENT.dimensions)}.",
        )
    start, end = _day("from"), _day("to")
    if start and end and end < start:
        raise InputError(f"{end} is before {start}.", where="to", hint="Exchange the two days.")
    return ReportParameters(by, start, end)


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a day.", where=name, hint="Write it as 2026-09-30."
        ) from error


def _number(name: str) -> int:
    text = request.args.get(name, "1")
    if text.isascii() and text.isdecimal() and len(text) < 10 and int(text):
        return int(text)
    raise InputError(f"{text!r} is not the number of a page.", where=name)


def _query(parameters: ReportParameters, by: str | None = None) -> dict[str, Any]:
    """Return the parameters as they stand in an address."""
    costs = "shared" if _report().shared else None
    days = {"from": parameters.start, "to": parameters.end}
    return {"by": by or parameters.by, **days, "costs": costs}


def _tabs(parameters: ReportParameters) -> list[Mapping[str, object]]:
    lines = request.args.get("lines")
    return [
        {
            "name": texts.gettext(STATEMENT.columns(by)[0].title),
            "url": url_for("profit_report.show", lines=lines, **_query(parameters, by)),
            "here": by == parameters.by,
        }
        for by in STATEMENT.dimensions
    ]


def _steps(table: ReportTable) -> list[tuple[Any, Any]]:
    """Return the lines of the statement as a whole, from sales to net profit."""
    totals = table.cells(table.totals)
    money = [column for column in table.columns if column.kind == "money"]
    return [(column, totals[column.key]) for column in money if column not in SHARED]


def _shown(table: ReportTable, *, every_line: bool) -> list[Any]:
    """Return the subtotals; with every line also the lines that are not empty throughout."""
    shown = []
    for place, column in enumerate(table.columns):
        used = every_line and any(row.values[place] for row in (*table.rows, table.rest))
        if column.kind == "money" and (column.sum_of or used or column in SHARED):
            shown.append(column)
    return shown


def _name(parameters: ReportParameters) -> str:
    days = [str(day) for day in (parameters.start, parameters.end) if day]
    shared = ["after-sharing"] if _report().shared else []
    return "_".join([f"profit-by-{parameters.by}", *shared, *days])
