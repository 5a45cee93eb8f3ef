"""Pages of invoices: the list, one invoice with its PDF, and issuing one on request."""

from __future__ import annotations

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

from core.addresses.address import FIELDS
from core.addresses.address import Address
from core.addresses.address import address_of
from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.invoicing import bulk
from core.invoicing import issuing
from core.invoicing import queries
from core.invoicing.buyers import read_buyer
from core.invoicing.drawing import draw
from core.invoicing.facturx import facturx_pdf
from core.invoicing.facturx import facturx_xml
from core.invoicing.facturx import require_facturx
from core.invoicing.models import Invoice
from core.invoicing.wording import LANGUAGES
from core.orders.queries import get_order
from core.paging import read_cursor
from core.privacy.showing import buyer_of
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

LONGEST = 500

blueprint = Blueprint("invoicing", __name__, url_prefix="/invoices")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("orders.view", "money.view")
def index() -> Answer:
    """List invoices, the latest first."""
    return _index([])


@blueprint.post("")
@require("ledger.post", "orders.view", "money.view")
def set_issuer() -> Answer:
    """Say who the company is on its invoices."""
    try:
        with current.writing() as session:
            form = request.form
            issuing.set_issuer(
                session, current.company().id, form.get("name", ""), form.get("address", "")
            )
    except EntrepotError as error:
        leave_undone()
        return _index([str(error)]), status_of(error)
    flash(_("Invoices are issued under this name and address from now on."), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/bulk")
@require("orders.edit", "orders.view", "personal.view", "money.view")
def issue_several() -> Answer:
    """Issue the invoices of the orders that were chosen in a list; show what came of each."""
    chosen = [int(each) for each in request.form.getlist("order") if each.isdecimal()]
    if not chosen or len(chosen) > bulk.MOST:
        leave_undone()
        flash(_("Choose orders first, %(num)s at most.", num=bulk.MOST), "danger")
        return redirect(url_for("orders.index"), 303)
    done = bulk.issue_some(current.kernel(), current.company().id, chosen, by=current_actor().name)
    return render_template("invoicing/bulk.html", rows=done)


@blueprint.get("/of/<int:order_id>")
@require("orders.edit", "personal.view", "money.view")
def ask(order_id: int) -> Answer:
    """Show the invoices of an order, and to whom one would be issued."""
    return _ask(order_id, [])


@blueprint.post("/of/<int:order_id>")
@require("orders.edit", "personal.view", "money.view")
def issue(order_id: int) -> Answer:
    """Issue the invoice of an order."""
    form = request.form
    get_order(current.reading(), current.company().id, order_id)
    try:
        asked = issuing.Request(
            address_of({name: form.get(name, "")[:LONGEST] for name in FIELDS}),
            form.get("number", "")[:LONGEST],
            form.get("language", ""),
        )
        with current.writing() as session:
            by = current_actor().name
            company_id = current.company().id
            made = issuing.issue_invoice(session, company_id, order_id, by=by, request=asked)
            made_id = made.id
    except EntrepotError as error:
        leave_undone()
        return _ask(order_id, [str(error)]), status_of(error)
    return redirect(url_for(".show", invoice_id=made_id), 303)


@blueprint.get("/<int:invoice_id>")
@require("orders.view", "money.view")
def show(invoice_id: int) -> Answer:
    """Show an invoice."""
    return _show(invoice_id, [])


@blueprint.post("/<int:invoice_id>/cancel")
@require("orders.edit", "orders.view", "money.view")
def cancel(invoice_id: int) -> Answer:
    """Take a whole invoice back by a credit note."""
    issuing.invoice_of(current.reading(), current.company().id, invoice_id)
    try:
        with current.writing() as session:
            by = current_actor().name
            company_id = current.company().id
            made = issuing.cancel_invoice(session, company_id, invoice_id, by=by)
            made_id = made.id
    except EntrepotError as error:
        leave_undone()
        return _show(invoice_id, [str(error)]), status_of(error)
    return redirect(url_for(".show", invoice_id=made_id), 303)


@blueprint.get("/<int:invoice_id>.pdf")
@require("orders.view", "personal.view", "money.view")
def download(invoice_id: int) -> FlaskResponse:
    """Send an invoice as PDF."""
    session, company = current.reading(), current.company()
    invoice = issuing.invoice_of(session, company.id, invoice_id)
    content = draw(invoice, read_buyer(session, company.id, invoice.id))
    answer = FlaskResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{invoice.code}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/<int:invoice_id>/factur-x.<kind>")
@require("orders.view", "personal.view", "money.view")
def electronic(invoice_id: int, kind: str) -> Answer:
    """Send an invoice as Factur-X: its PDF with the data inside, or the data as XML."""
    if kind not in ("pdf", "xml"):
        abort(404)
    session, company = current.reading(), current.company()
    invoice = issuing.invoice_of(session, company.id, invoice_id)
    buyer = read_buyer(session, company.id, invoice.id)
    try:
        content = (
            facturx_xml(invoice, buyer)
            if kind == "xml"
            else facturx_pdf(invoice, buyer, draw(invoice, buyer))
        )
    except InputError as error:
        return _show(invoice_id, [str(error)]), status_of(error)
    answer = FlaskResponse(content, content_type=f"application/{kind}")
    name = f"{invoice.code}-factur-x.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _index(problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    cursor = read_cursor(request.args.get("page"), int)
    name, address = queries.issuer_of(session, company.id)
    return render_template(
        "invoicing/index.html",
        page=queries.list_invoices(session, company.id, cursor),
        name=request.form.get("name", name),
        address=request.form.get("address", address),
        problems=problems,
    )


def _ask(order_id: int, problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    order = get_order(session, company.id, order_id)
    known = buyer_of(session, company.id, order_id)
    address = known.checked.address if known and known.checked else Address()
    if request.method == "POST":
        address = address_of({name: request.form.get(name, "") for name in FIELDS})
    return render_template(
        "invoicing/ask.html",
        order=order,
        address=address,
        number=request.form.get("number", issuing.told_number(session, company.id, order_id)),
        languages=LANGUAGES,
        invoices=queries.list_invoices(session, company.id, order_id=order_id).rows,
        problems=problems,
    )


def _show(invoice_id: int, problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    invoice = issuing.invoice_of(session, company.id, invoice_id)
    return render_template(
        "invoicing/show.html",
        invoice=invoice,
        row=queries.row_of(session, company.id, invoice_id),
        document=invoice.document,
        no_facturx=_no_facturx(invoice) if current.may("personal.view") else "",
        problems=problems,
    )


def _no_facturx(invoice: Invoice) -> str:
    """Return why an invoice cannot be sent as Factur-X, nothing where it can."""
    try:
        require_facturx(invoice, read_buyer(current.reading(), current.company().id, invoice.id))
    except EntrepotError as error:
        return str(error)
    return ""
