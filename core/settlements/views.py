"""Pages of settlements: what was declared against what it adds up to, and codes to be mapped."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.errors import InputError
from core.fees.dictionary import FeeCode
from core.fees.mapping import CHOOSABLE
from core.fees.mapping import map_code
from core.identity.access import require
from core.identity.actor import current_actor
from core.kernel.companies import today_in
from core.kernel.connections import get_connection
from core.paging import read_cursor
from core.settlements import queries
from core.settlements.ages import LIMITS
from core.settlements.ages import clearing_ages
from core.settlements.demanding import BEGUN
from core.settlements.demanding import demand_payout
from core.settlements.demanding import payers
from core.settlements.demanding import payout_wishes
from core.settlements.receivables import held_sums
from core.settlements.receivables import receivables
from core.settlements.remapping import apply_meaning
from core.settlements.resolving import resolve_settlements
from core.web import current
from core.web.errors import status_of

blueprint = Blueprint("settlements", __name__, url_prefix="/settlements")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("ledger.view", "money.view")
def index() -> Answer:
    """List settlements, the latest first, and the codes that nobody knows."""
    return _index([])


@blueprint.post("")
@require("ledger.view", "ledger.post", "money.view")
def map_it() -> Answer:
    """Say what a code means; what stood in suspense because of it is booked again."""
    company_id = current.company().id
    code = FeeCode(*(request.form.get(part, "") for part in FeeCode._fields))
    try:
        with current.writing() as session:
            map_code(
                session,
                company_id,
                request.form.get("platform", ""),
                code,
                request.form.get("account", "").strip(),
                category=request.form.get("category", ""),
            )
        found = apply_meaning(current.kernel(), company_id, request.form.get("platform", ""), code)
    except EntrepotError as error:
        return _index([str(error)]), status_of(error)
    flash(_("%(rows)s rows are booked where they belong now.", rows=found.moved), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/resolve")
@require("ledger.view", "ledger.post", "money.view")
def resolve() -> Answer:
    """Book again what orders explain that came later than their settlement."""
    found = resolve_settlements(current.kernel(), current.company().id)
    flash(_("%(rows)s rows are booked where they belong now.", rows=found.moved), "success")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<int:statement_id>")
@require("ledger.view", "money.view")
def show(statement_id: int) -> str:
    """Show a settlement: its sums by code, and every row with where it stands."""
    session, company = current.reading(), current.company()
    statement = queries.get_statement(session, company.id, statement_id)
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "settlements/show.html",
        statement=statement,
        sums=queries.sums_of(session, company.id, statement.id),
        page=queries.rows_of_statement(session, company.id, statement.id, cursor),
    )


@blueprint.post("/payout")
@require("ledger.view", "money.view", "payouts.begin")
def demand() -> Answer:
    """Have a platform pay out now what it owes."""
    company_id, label = current.company().id, request.form.get("connection", "")
    try:
        if "sure" not in request.form:
            raise InputError(_("say that you are sure."), where="sure")
        connection = get_connection(current.reading(), label, company_id=company_id)
        current.close_reading()
        found = demand_payout(current.kernel(), connection, actor=current_actor().name)
    except EntrepotError as error:
        return _index([f"{error.message} {error.hint}".strip()]), status_of(error)
    if found.state != BEGUN:
        return _index([found.reason]), 409
    flash(_("The payout is begun: %(ref)s.", ref=found.external_ref), "success")
    return redirect(url_for(".index"), 303)


def _index(problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    cursor = read_cursor(request.args.get("page"), datetime.fromisoformat, int)
    return render_template(
        "settlements/index.html",
        page=queries.list_statements(session, company.id, cursor),
        unmapped=queries.unmapped_codes(session, company.id),
        accounts=queries.accounts_to_choose(session, company.id),
        categories=CHOOSABLE,
        owed=receivables(session, company.id),
        held=held_sums(session, company.id),
        ages=clearing_ages(session, company.id, today_in(company.timezone)),
        limits=LIMITS,
        wishes=payout_wishes(session, company.id),
        payers=payers(session, company.id),
        problems=problems,
    )
