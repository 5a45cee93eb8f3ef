"""The API of invoices: `/api/v1/invoices`. Amounts are in minor units."""

from __future__ import annotations

import base64
from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.addresses.address import address_of
from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.fields import visible_fields
from core.invoicing import bulk
from core.invoicing import issuing
from core.invoicing import queries
from core.invoicing.buyers import read_buyer
from core.invoicing.drawing import draw
from core.invoicing.facturx import facturx_pdf
from core.invoicing.facturx import facturx_xml
from core.invoicing.shapes import ElectronicInvoice
from core.invoicing.shapes import InvoiceMore
from core.invoicing.shapes import IssuedRow
from core.orders.queries import get_order
from core.paging import read_cursor
from core.web import current
from core.web import rest
from core.web.shapes import Both

blueprint = rest.blueprint("invoices", __name__)


@blueprint.get("")
@require("orders.view", "money.view")
@rest.asks(**rest.paging())
def index(said: dict[str, Any]) -> rest.Answer[rest.Listed[queries.InvoiceRow]]:
    """List invoices, the latest first."""
    cursor = read_cursor(said["cursor"], int)
    company_id = current.company().id
    return rest.listed(
        queries.list_invoices(current.reading(), company_id, cursor, limit=said["limit"])
    )


@blueprint.get("/<int:invoice_id>")
@require("orders.view", "personal.view", "money.view")
@rest.asks()
def show(invoice_id: int) -> rest.Answer[Both[queries.InvoiceRow, InvoiceMore]]:
    """Show an invoice with all that it says, and its PDF as base64."""
    session, company_id = current.reading(), current.company().id
    invoice = issuing.invoice_of(session, company_id, invoice_id)
    buyer = read_buyer(session, company_id, invoice_id)
    row = visible_fields(queries.row_of(session, company_id, invoice_id))
    more = {
        "document": invoice.document,
        "buyer": {**buyer.address.given(), "number": buyer.number},
        "pdf": base64.b64encode(draw(invoice, buyer)).decode("ascii"),
    }
    return rest.respond(row | more)


@blueprint.get("/<int:invoice_id>/factur-x")
@require("orders.view", "personal.view", "money.view")
@rest.asks()
def electronic(invoice_id: int) -> rest.Answer[ElectronicInvoice]:
    """Give an invoice as Factur-X: its data as XML, and the PDF that has it inside as base64."""
    session, company_id = current.reading(), current.company().id
    invoice = issuing.invoice_of(session, company_id, invoice_id)
    buyer = read_buyer(session, company_id, invoice_id)
    xml = facturx_xml(invoice, buyer).decode("utf-8")
    pdf = base64.b64encode(facturx_pdf(invoice, buyer, draw(invoice, buyer))).decode("ascii")
    return rest.respond({"code": invoice.code, "xml": xml, "pdf": pdf})


@blueprint.post("/of/<int:order_id>")
@require("orders.edit", "personal.view", "money.view")
@rest.takes(
    buyer=fields.Dict(
        keys=fields.String(), values=fields.String(allow_none=False), load_default=None
    ),
    number=rest.text(60, load_default=""),
    language=rest.text(2, load_default=""),
)
def issue(said: dict[str, Any], order_id: int) -> rest.Answer[queries.InvoiceRow]:
    """Issue the invoice of an order; without `buyer` to whom the order went."""
    company_id = current.company().id
    get_order(current.reading(), company_id, order_id)
    address = address_of(said["buyer"]) if said["buyer"] is not None else None
    asked = issuing.Request(address, said["number"], said["language"])
    with current.writing() as session:
        by = current_actor().name
        made = issuing.issue_invoice(session, company_id, order_id, by=by, request=asked)
        row = queries.row_of(session, company_id, made.id)
    return rest.respond(visible_fields(row))


@blueprint.post("/<int:invoice_id>/cancel")
@require("orders.edit", "orders.view", "money.view")
@rest.takes()
def cancel(invoice_id: int) -> rest.Answer[queries.InvoiceRow]:
    """Take a whole invoice back by a credit note that mirrors it."""
    company_id = current.company().id
    with current.writing() as session:
        made = issuing.cancel_invoice(session, company_id, invoice_id, by=current_actor().name)
        row = queries.row_of(session, company_id, made.id)
    return rest.respond(visible_fields(row))


@blueprint.post("/bulk")
@require("orders.edit", "personal.view", "money.view")
@rest.takes(
    orders=fields.List(
        fields.Integer(strict=True),
        required=True,
        validate=validate.Length(min=1, max=bulk.MOST),
    )
)
def issue_several(said: dict[str, Any]) -> rest.Answer[rest.Items[IssuedRow]]:
    """Issue the invoices of some orders, each by itself; say of every one what came of it."""
    found = bulk.issue_some(
        current.kernel(), current.company().id, said["orders"], by=current_actor().name
    )
    return rest.respond({"items": [each.as_json() for each in found]})
