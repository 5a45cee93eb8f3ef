"""Pages of true cost: receipts, invoices of suppliers and landed costs, each with its preview."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.costing import charging
from core.costing import receiving
from core.costing import replaying
from core.costing import showing
from core.costing.charging import ChargeDraft
from core.costing.models import Charge
from core.costing.receipts import moment_in
from core.costing.receipts import reference_of
from core.costing.splitting import RULE_NAMES
from core.costing.tracing import COMPONENTS
from core.costing.uncosted import goods_without_cost
from core.errors import Conflict
from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.money import parse_decimal
from core.money import to_minor
from core.paging import read_cursor
from core.warehousing.places import open_places
from core.web import current
from core.web.errors import status_of

blueprint = Blueprint("costing", __name__, url_prefix="/costs")

Answer = str | tuple[str, int] | Response


@blueprint.get("/receipts")
@require("stock.view", "costs.view")
def receipts() -> Answer:
    """List receipts, with a form for a new one."""
    return _receipts([])


@blueprint.post("/receipts")
@require("stock.edit", "costs.view")
def receive() -> Answer:
    """Take goods in that the supplier has not invoiced yet."""
    form = request.form
    at = form.get("at", "").strip()

    def act(session: Session, company_id: int) -> int:
        return receiving.receive_goods(
            session,
            company_id,
            form.get("warehouse", ""),
            form.get("reference", "").strip(),
            list(_receipt_lines(form.get("lines", ""))),
            terms=receiving.Terms(
                _currency(), form.get("deposit", "").strip() or None, form.get("supplier", "")
            ),
            actor=current_actor().name,
            at=moment_in(current.company().timezone, at) if at else None,
        )

    made, problem = _tried(act)
    if problem is not None:
        return _receipts([str(problem)]), status_of(problem)
    return redirect(url_for(".receipt", document_id=made), 303)


@blueprint.get("/receipts/<int:document_id>")
@require("stock.view", "costs.view")
def receipt(document_id: int) -> Answer:
    """Show what came in, what a unit costs by now, and a form for the supplier's invoice."""
    return _receipt(document_id, [])


@blueprint.post("/receipts/<int:document_id>")
@require("ledger.post", "costs.view")
def invoice(document_id: int) -> Answer:
    """Book the supplier's invoice; what it differs by reaches every unit."""
    reference = _reference(document_id)

    def act(session: Session, company_id: int) -> int:
        shown = showing.receipt_document(session, current.company(), reference)
        values = {
            line["sku"]: _amount(
                request.form.get(f"sku-{line['sku_id']}", ""), line["sku"], shown["currency"]
            )
            for line in shown["lines"]
        }
        number = request.form.get("number", "").strip()
        return receiving.invoice_goods(session, company_id, reference, values, invoice=number)

    _difference, problem = _tried(act)
    if problem is not None:
        return _receipt(document_id, [str(problem)]), status_of(problem)
    flash(_("It is booked."), "success")
    return redirect(url_for(".receipt", document_id=document_id), 303)


@blueprint.post("/receipts/<int:document_id>/replay")
@require("ledger.post", "costs.view")
def replay(document_id: int) -> Answer:
    """Work out again what left since a receipt told of late, and book what differs."""
    reference = _reference(document_id)

    def act(session: Session, company_id: int) -> int:
        return len(replaying.replay(session, company_id, reference))

    done, problem = _tried(act)
    if problem is not None:
        return _receipt(document_id, [str(problem)]), status_of(problem)
    flash(_("%(number)s events cost otherwise now.", number=done), "success")
    return redirect(url_for(".receipt", document_id=document_id), 303)


@blueprint.get("/landed")
@require("stock.view", "costs.view")
def charges() -> Answer:
    """List landed costs, with a form for a new one."""
    return _charges([])


@blueprint.post("/landed")
@require("ledger.post", "costs.view")
def estimate() -> Answer:
    """Show where a landed cost would go, or book it."""
    try:
        draft = _draft()
        if request.form.get("step") != "book":
            session, company = current.reading(), current.company()
            effect = charging.preview(session, company.id, draft)
            return _charges([], showing.effect_document(session, company, effect))
        with current.writing() as session:
            made = charging.estimate(
                session, current.company().id, draft, actor=current_actor().name
            ).id
    except EntrepotError as error:
        return _charges([str(error)]), status_of(error)
    return redirect(url_for(".charge", charge_id=made), 303)


@blueprint.get("/landed/<int:charge_id>")
@require("stock.view", "costs.view")
def charge(charge_id: int) -> Answer:
    """Show a landed cost, which goods bear it, and a form for its invoice."""
    return _charge(charge_id, [])


@blueprint.post("/landed/<int:charge_id>")
@require("ledger.post", "costs.view")
def settle(charge_id: int) -> Answer:
    """Show where the difference of an invoice would go, or book it."""
    reference = _found(charge_id).reference
    try:
        amount = _amount(request.form.get("amount", ""), _("Amount"))
        if request.form.get("step") != "book":
            session, company = current.reading(), current.company()
            effect = charging.preview_actual(session, company.id, reference, amount, _currency())
            return _charge(charge_id, [], showing.effect_document(session, company, effect))
        number = request.form.get("number", "").strip()
        with current.writing() as session:
            charging.settle(
                session,
                current.company().id,
                reference,
                amount,
                invoice=number,
                currency=_currency(),
            )
    except EntrepotError as error:
        return _charge(charge_id, [str(error)]), status_of(error)
    flash(_("It is booked."), "success")
    return redirect(url_for(".charge", charge_id=charge_id), 303)


def _tried(act: Callable[[Session, int], int]) -> tuple[int | None, EntrepotError | None]:
    """Do something in one transaction; return what came of it, or why it was refused."""
    try:
        with current.writing() as session:
            return act(session, current.company().id), None
    except EntrepotError as error:
        return None, error


def _draft() -> ChargeDraft:
    form = request.form
    amounts = dict(_amount_lines(form.get("amounts", "")))
    whole = form.get("amount", "").strip()
    return ChargeDraft(
        form.get("reference", "").strip(),
        form.get("component", ""),
        form.get("rule", ""),
        _amount(whole, _("Amount")) if whole or not amounts else sum(amounts.values()),
        _references(form.get("receipts", "")),
        amounts=amounts,
        note=form.get("note", "").strip(),
        currency=_currency(),
        supplier=form.get("supplier", ""),
    )


def _references(text: str) -> list[str]:
    parts = text.replace("，", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


def _amount(text: str, where: str, currency: str | None = None) -> int:
    return to_minor(parse_decimal(text.strip(), where=where), currency or _currency())


def _currency() -> str:
    """Return the currency that the form names, or else the company's own."""
    return request.form.get("currency", "").strip().upper() or current.company().currency


def _receipt_lines(text: str) -> Iterator[receiving.ReceiptLine]:
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.rsplit(maxsplit=2)
        if not parts:
            continue
        if len(parts) < 3 or not parts[1].isdecimal():
            raise InputError(
                "a line is a SKU, the quantity, and what it costs in all.", where=f"line {number}"
            )
        yield receiving.ReceiptLine(parts[0], int(parts[1]), _amount(parts[2], f"line {number}"))


def _amount_lines(text: str) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.rsplit(maxsplit=1)
        if not parts:
            continue
        if len(parts) < 2:
            raise InputError("a line is a SKU and its amount.", where=f"line {number}")
        yield parts[0], _amount(parts[1], f"line {number}")


def _reference(document_id: int) -> str:
    return reference_of(current.reading(), current.company().id, document_id)


def _found(charge_id: int) -> Charge:
    found = current.reading().scalar(
        sa.select(Charge).where(Charge.company_id == current.company().id, Charge.id == charge_id)
    )
    return found if found is not None else abort(404)


def _receipts(problems: list[str]) -> str:
    session, company_id = current.reading(), current.company().id
    cursor = read_cursor(request.args.get("page"), int)
    short = goods_without_cost(session, company_id) if "short" in request.args else {}
    chosen = request.args.get("short", "")
    return render_template(
        "costing/receipts.html",
        short=short,
        chosen=chosen if chosen in short else next(iter(short), ""),
        page=showing.list_receipts(session, company_id, cursor),
        places=open_places(session, company_id),
        problems=problems,
    )


def _late(reference: str) -> tuple[list[dict[str, Any]], str]:
    """Return what a receipt told of late would change, or why it cannot be worked out."""
    session, company = current.reading(), current.company()
    if not replaying.is_late(session, company.id, reference):
        return [], ""
    try:
        found = replaying.preview_replay(session, company.id, reference)
    except Conflict as error:
        return [], str(error)
    return [showing.replayed_document(each, company.currency) for each in found], ""


def _receipt(document_id: int, problems: list[str]) -> str:
    reference = _reference(document_id)
    late, not_late = _late(reference)
    return render_template(
        "costing/receipt.html",
        document_id=document_id,
        late=late,
        not_late=not_late,
        receipt=showing.receipt_document(current.reading(), current.company(), reference),
        problems=problems,
    )


def _charges(problems: list[str], effect: dict[str, Any] | None = None) -> str:
    session, company_id = current.reading(), current.company().id
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "costing/charges.html",
        page=showing.list_charges(session, company_id, cursor),
        components=COMPONENTS,
        rules=RULE_NAMES,
        effect=effect,
        problems=problems,
    )


def _charge(charge_id: int, problems: list[str], effect: dict[str, Any] | None = None) -> str:
    found, session, company = _found(charge_id), current.reading(), current.company()
    return render_template(
        "costing/charge.html",
        charge=found,
        document=showing.charge_document(session, company, found),
        effect=effect,
        problems=problems,
    )
