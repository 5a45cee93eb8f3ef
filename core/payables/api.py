"""The API of suppliers' balances and payments: `/api/v1/suppliers`. Amounts are decimal text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.costing.paying import Payment
from core.costing.paying import paid_document
from core.costing.paying import pay_deposit
from core.costing.paying import pay_supplier
from core.costing.suppliers import bill_key
from core.identity.access import require
from core.identity.actor import current_actor
from core.money import parse_decimal
from core.money import to_minor
from core.paging import read_cursor
from core.payables.owing import balance_document
from core.payables.owing import balances_of
from core.payables.owing import currency_of_bill
from core.payables.owing import list_payments
from core.payables.owing import open_document
from core.payables.owing import open_documents
from core.payables.owing import payment_document
from core.payables.shapes import OpenWithSuppliers
from core.payables.shapes import PaidDocument
from core.payables.shapes import PaymentDocument
from core.web import current
from core.web import rest

blueprint = rest.blueprint("suppliers", __name__)

COMMON: dict[str, fields.Field[Any]] = {
    "reference": rest.text(200, required=True),
    "paid_on": rest.day(required=True),
    "bank": rest.text(200),
    "taken": rest.text(40),
    "preview": fields.Boolean(load_default=False),
}


@blueprint.get("")
@require("ledger.view", "costs.view")
@rest.asks()
def index() -> rest.Answer[OpenWithSuppliers]:
    """Show what is open with each supplier, in all and by document."""
    company = current.company()
    found = open_documents(current.reading(), company.id)
    return rest.respond(
        {
            "balances": [balance_document(each, company.currency) for each in balances_of(found)],
            "documents": [open_document(each, company.currency) for each in found],
        }
    )


@blueprint.get("/payments")
@require("ledger.view", "costs.view")
@rest.asks(**rest.paging())
def payments(asked: dict[str, Any]) -> rest.Answer[rest.Listed[PaymentDocument]]:
    """List payments, the latest first."""
    company = current.company()
    cursor = read_cursor(asked["cursor"], date.fromisoformat, int)
    found = list_payments(current.reading(), company.id, cursor, limit=asked["limit"])
    return rest.listed(found, lambda row: payment_document(row, company.currency))


@blueprint.post("/payments")
@require("ledger.post", "ledger.view", "costs.view")
@rest.takes(
    document_kind=rest.text(40, required=True),
    document=rest.text(200, required=True),
    amount=rest.text(40),
    deposit=rest.text(200),
    **COMMON,
)
def pay(told: dict[str, Any]) -> rest.Answer[PaidDocument]:
    """Pay an invoice, all that is open or an amount; a preview books nothing."""
    company, bill = current.company(), bill_key(told["document_kind"], told["document"])
    with current.writing() as session:
        code = currency_of_bill(session, company.id, bill)
        paid = pay_supplier(
            session,
            company.id,
            _payment(told, company.currency),
            bill,
            _minor(told, "amount", code),
            deposit=told.get("deposit"),
            preview=told["preview"],
        )
    return rest.respond(paid_document(paid, company.currency) | {"preview": told["preview"]})


@blueprint.post("/deposits")
@require("ledger.post", "ledger.view", "costs.view")
@rest.takes(
    amount=rest.text(40, required=True),
    currency=fields.String(validate=validate.Length(3, 3)),
    supplier=rest.text(80, load_default=""),
    **COMMON,
)
def deposit(told: dict[str, Any]) -> rest.Answer[PaidDocument]:
    """Pay a supplier before the goods come; a preview books nothing."""
    company = current.company()
    code = told.get("currency", company.currency)
    with current.writing() as session:
        paid = pay_deposit(
            session,
            company.id,
            _payment(told, company.currency),
            to_minor(parse_decimal(told["amount"], where="amount"), code),
            code,
            supplier=told["supplier"],
            preview=told["preview"],
        )
    return rest.respond(paid_document(paid, company.currency) | {"preview": told["preview"]})


def _payment(told: Mapping[str, Any], home: str) -> Payment:
    taken = _minor(told, "taken", home)
    bank = told.get("bank")
    return Payment(told["reference"], told["paid_on"], bank, taken, current_actor().name)


def _minor(told: Mapping[str, Any], name: str, currency: str) -> int | None:
    if name not in told:
        return None
    return to_minor(parse_decimal(told[name], where=name), currency)
