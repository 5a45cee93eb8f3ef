"""Page of suppliers: what is open with each, what they were paid, and paying with a preview."""

from __future__ import annotations

from datetime import date

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.banking.profiles import list_profiles
from core.costing.paying import Paid
from core.costing.paying import Payment
from core.costing.paying import pay_deposit
from core.costing.paying import pay_supplier
from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.money import parse_decimal
from core.money import to_minor
from core.paging import read_cursor
from core.payables.owing import balances_of
from core.payables.owing import currency_of_bill
from core.payables.owing import list_payments
from core.payables.owing import open_documents
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("payables", __name__, url_prefix="/suppliers")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("ledger.view", "costs.view")
def index() -> Answer:
    """Show balances, open documents and payments."""
    return _page([])


@blueprint.post("/pay")
@require("ledger.post", "ledger.view", "costs.view")
def pay() -> Answer:
    """Say what paying an invoice would book, or book it."""
    form, company = request.form, current.company()
    preview = form.get("step") != "book"
    bill = form.get("bill", "")
    try:
        with current.writing() as session:
            code = currency_of_bill(session, company.id, bill)
            paid = pay_supplier(
                session,
                company.id,
                _payment(company.currency),
                bill,
                _amount("amount", code),
                deposit=form.get("deposit") or None,
                preview=preview,
            )
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)]), status_of(error)
    return _shown(paid) if preview else _done()


@blueprint.post("/deposit")
@require("ledger.post", "ledger.view", "costs.view")
def deposit() -> Answer:
    """Say what paying before the goods come would book, or book it."""
    form, company = request.form, current.company()
    preview = form.get("step") != "book"
    code = form.get("currency", "").strip().upper() or company.currency
    try:
        amount = _amount("amount", code)
        if amount is None:
            raise InputError("say how much is paid.", where="amount")
        with current.writing() as session:
            paid = pay_deposit(
                session,
                company.id,
                _payment(company.currency),
                amount,
                code,
                supplier=form.get("supplier", ""),
                preview=preview,
            )
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)]), status_of(error)
    return _shown(paid) if preview else _done()


def _shown(paid: Paid) -> str:
    leave_undone()
    return _page([], paid)


def _done() -> Response:
    flash(_("It is booked."), "success")
    return redirect(url_for(".index"), 303)


def _payment(home: str) -> Payment:
    form = request.form
    text = form.get("date", "")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no day, such as 2026-09-30.", where="date") from None
    return Payment(
        form.get("reference", "").strip(),
        day,
        form.get("bank") or None,
        _amount("taken", home),
        current_actor().name,
    )


def _amount(name: str, currency: str) -> int | None:
    text = request.form.get(name, "").strip()
    return to_minor(parse_decimal(text, where=name), currency) if text else None


def _page(problems: list[str], paid: Paid | None = None) -> str:
    session, company = current.reading(), current.company()
    documents = open_documents(session, company.id)
    cursor = read_cursor(request.args.get("page"), date.fromisoformat, int)
    return render_template(
        "payables/index.html",
        balances=balances_of(documents),
        documents=documents,
        payments=list_payments(session, company.id, cursor),
        banks=list_profiles(session, company.id),
        paid=paid,
        problems=problems,
    )
