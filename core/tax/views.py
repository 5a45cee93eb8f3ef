"""Pages of tax: returns that are due, each with its boxes and their lines, and registrations."""

from __future__ import annotations

import io
from datetime import date

from flask import Blueprint
from flask import Response as FlaskResponse
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.kernel.companies import today_in
from core.money import parse_decimal
from core.money import to_minor
from core.paging import PAGE_SIZE
from core.paging import read_cursor
from core.settlements.platform_tax import keep_gaps
from core.settlements.platform_tax import kept_gaps
from core.settlements.tax_passing import months_back
from core.settlements.tax_passing import passed_through
from core.tax import due
from core.tax import sellers
from core.tax import watching
from core.tax.drilling import BoxRow
from core.tax.drilling import box_page
from core.tax.filing import file_return
from core.tax.filing import form_for
from core.tax.filing import prepare_return
from core.tax.forms import FREQUENCIES
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.forms import period_around
from core.tax.forms import period_of
from core.tax.return_files import WRITERS
from core.tax.return_files import return_file
from core.tax.return_files import return_rows
from core.tax.returns import form_of
from core.tax.returns import forms
from core.tax.showing import show_return
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("tax", __name__, url_prefix="/tax")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("ledger.view", "money.view")
def index() -> Answer:
    """List the returns that are due and those that were filed, the latest first."""
    session, company = current.reading(), current.company()
    today = today_in(company.timezone)
    known = forms(session, disabled=True)
    return render_template(
        "tax/index.html",
        returns=due.returns_due(session, company.id, today),
        forms=sorted(known.values(), key=lambda form: form.code),
        registered=bool(sellers.registrations(session, company.id)),
        last={code: period_around(today, form.months).label for code, form in known.items()},
    )


@blueprint.get("/returns")
@require("ledger.view", "money.view")
def choose() -> Answer:
    """Go to the return of a period that was chosen by hand."""
    form = form_for(current.reading(), current.company().id, request.args.get("form", ""))
    said = request.args.get("period", "")
    today = today_in(current.company().timezone)
    period = period_of(said) if said.strip() else period_around(today, form.months)
    return redirect(url_for(".show", code=form.code, period=period.label), 303)


@blueprint.get("/returns/<code>/<period>")
@require("ledger.view", "money.view")
def show(code: str, period: str) -> Answer:
    """Show a return with its boxes, its control account, and what was booked since."""
    return _page(code, period_of(period), [])


@blueprint.post("/returns/<code>/<period>")
@require("ledger.post", "ledger.view", "money.view")
def act(code: str, period: str) -> Answer:
    """Prepare a return, or note that it was filed."""
    span = period_of(period)
    try:
        if request.form.get("step") == "file":
            _file(code, span)
        else:
            _prepare(code, span)
    except EntrepotError as error:
        leave_undone()
        return _page(code, span, [str(error)]), status_of(error)
    return redirect(url_for(".show", code=code, period=span.label), 303)


@blueprint.get("/returns/<code>/<period>/boxes/<path:box>")
@require("ledger.view", "money.view")
def box(code: str, period: str, box: str) -> Answer:
    """Show the lines behind a row of a box."""
    session, company, span = current.reading(), current.company(), period_of(period)
    form = form_for(session, company.id, code)
    key = tuple(request.args.getlist("key")) or None
    row = BoxRow(box, key, request.args.get("corrects"))
    cursor = read_cursor(request.args.get("page"), date.fromisoformat, int, int, str)
    return render_template(
        "tax/box.html",
        form=form,
        period=span,
        row=row,
        rule=next((rule for rule in form.boxes if rule.code == box), None),
        page=box_page(session, company.id, form, span, row, cursor, limit=PAGE_SIZE),
    )


@blueprint.get("/returns/<code>/<period>/file.<kind>")
@require("ledger.view", "money.view")
def download(code: str, period: str, kind: str) -> FlaskResponse:
    """Send a return as a file."""
    if kind not in WRITERS:
        abort(404)
    session, company, span = current.reading(), current.company(), period_of(period)
    shown = show_return(session, company.id, form_for(session, company.id, code), span)
    body = io.BytesIO()
    write, content_type = WRITERS[kind]
    boxes = [each.box for each in shown.boxes]
    write(return_file(shown.form, return_rows(shown.form, span, boxes)), body)
    answer = FlaskResponse(body.getvalue(), content_type=content_type)
    name = f"{shown.form.code}_{span.label}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/registrations")
@require("ledger.view", "money.view")
def registrations() -> Answer:
    """List where and how the seller is registered."""
    return _registrations([])


@blueprint.post("/registrations")
@require("ledger.post", "ledger.view", "money.view")
def register() -> Answer:
    """Note a registration."""
    form = request.form
    try:
        with current.writing() as session:
            made = sellers.add_registration(
                session,
                current.company().id,
                form.get("country", "").strip().upper(),
                form.get("scheme", "").strip(),
                since=_day("since") or today_in(current.company().timezone),
                number=form.get("number", ""),
                region=form.get("region", "").strip().upper(),
                until=_day("until"),
                months=_months(),
                currency=form.get("currency", "").strip().upper(),
            )
    except EntrepotError as error:
        leave_undone()
        return _registrations([str(error)]), status_of(error)
    flash(_("%(place)s %(scheme)s is noted.", place=made.country, scheme=made.scheme), "success")
    return redirect(url_for(".registrations"), 303)


@blueprint.post("/registrations/<int:registration_id>")
@require("ledger.post", "ledger.view", "money.view")
def change(registration_id: int) -> Answer:
    """Change a registration's number or filing, or let it end."""
    form = request.form
    try:
        with current.writing() as session:
            company_id = current.company().id
            sellers.change_registration(
                session,
                company_id,
                registration_id,
                number=form.get("number"),
                months=_months() if "months" in form else None,
                currency=form["currency"].strip().upper() if "currency" in form else None,
            )
            if (until := _day("until")) is not None:
                sellers.end_registration(session, company_id, registration_id, until)
    except EntrepotError as error:
        leave_undone()
        return _registrations([str(error)]), status_of(error)
    flash(_("The registration was changed."), "success")
    return redirect(url_for(".registrations"), 303)


@blueprint.get("/thresholds")
@require("ledger.view", "money.view")
def thresholds() -> Answer:
    """Show how near each threshold of registration is, and when it will be crossed."""
    rows = watching.watched(current.reading(), current.company().id)
    return render_template("tax/thresholds.html", rows=rows)


@blueprint.post("/thresholds")
@require("ledger.post", "ledger.view", "money.view")
def watch() -> Answer:
    """Look at the thresholds now."""
    company = current.company()
    with current.writing() as session:
        watching.keep_watch(session, company.id, today_in(company.timezone))
    return redirect(url_for(".thresholds"), 303)


@blueprint.get("/platforms")
@require("ledger.view", "money.view")
def platforms() -> Answer:
    """Show where a platform's own figure of tax is not ours, and why."""
    session, company = current.reading(), current.company()
    return render_template(
        "tax/platforms.html",
        gaps=kept_gaps(session, company.id),
        months=passed_through(session, company.id, months_back(today_in(company.timezone))),
    )


@blueprint.post("/platforms")
@require("ledger.post", "ledger.view", "money.view")
def compare() -> Answer:
    """Compare the platforms' figures with ours now."""
    company = current.company()
    with current.writing() as session:
        keep_gaps(session, company.id, today_in(company.timezone))
    return redirect(url_for(".platforms"), 303)


def _prepare(code: str, span: Period) -> None:
    with current.writing() as session:
        company_id = current.company().id
        form = form_for(session, company_id, code)
        prepare_return(
            session, company_id, code, span, by=current_actor().name, manual=_manual(form)
        )
    flash(_("Prepared. Look it over, file it with the authority, and note it here."), "success")


def _file(code: str, span: Period) -> None:
    with current.writing() as session:
        file_return(
            session,
            current.company().id,
            code,
            span,
            by=current_actor().name,
            filed_on=_day("filed_on") or today_in(current.company().timezone),
            reference=request.form.get("reference", ""),
        )
    flash(_("Filed. It stays as it is from now on."), "success")


def _manual(form: ReturnForm) -> dict[str, int]:
    found = {}
    for rule in form.boxes:
        said = request.form.get(f"box.{rule.code}", "").strip()
        if rule.measure == "manual" and said:
            found[rule.code] = to_minor(parse_decimal(said, where=rule.code), form.currency)
    return found


def _page(code: str, span: Period, problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    form = form_for(session, company.id, code)
    shown = None
    try:
        shown = show_return(session, company.id, form, span)
    except InputError as error:
        problems = [*problems, str(error)]
    today = today_in(company.timezone)
    return render_template(
        "tax/return.html",
        form=form,
        period=span,
        shown=shown,
        today=today,
        over=span.end <= today,
        due_on=form_of(session, code).due_on(span),
        problems=problems,
    )


def _registrations(problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    known = forms(session, disabled=True).values()
    schemes = {each for form in known for each in form.schemes}
    return render_template(
        "tax/registrations.html",
        rows=sellers.registrations(session, company.id),
        schemes=sorted(schemes | {"distance_sales", "eori"}),
        frequencies=FREQUENCIES,
        problems=problems,
    )


def _months() -> int:
    said = request.form.get("months", "").strip() or "0"
    if not said.isdecimal():
        raise InputError(f"{said!r} is no number of months.", where="months")
    return int(said)


def _day(name: str) -> date | None:
    said = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        hint = "Write it as 2026-09-30."
        raise InputError(f"{said!r} is not a day.", where=name, hint=hint) from error
