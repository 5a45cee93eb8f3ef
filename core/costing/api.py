"""The API of true cost: `/api/v1/costs`. Amounts are decimal text, in the currency that is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from marshmallow import fields
from marshmallow import validate

from core.costing import charging
from core.costing import receiving
from core.costing import replaying
from core.costing import showing
from core.costing.charging import ChargeDraft
from core.costing.models import Charge
from core.costing.receipts import moment_in
from core.costing.receipts import reference_of
from core.costing.shapes import ChargeDocument
from core.costing.shapes import ChargeEffect
from core.costing.shapes import ReceiptDocument
from core.costing.shapes import ReceiptHead
from core.costing.shapes import ReceiptMade
from core.costing.shapes import ReplayedDocument
from core.costing.splitting import RULE_NAMES
from core.costing.tracing import COMPONENTS
from core.errors import InputError
from core.errors import NotFound
from core.identity.access import require
from core.identity.actor import current_actor
from core.money import parse_decimal
from core.money import to_minor
from core.paging import read_cursor
from core.web import current
from core.web import rest

blueprint = rest.blueprint("costs", __name__)

CURRENCY = fields.String(validate=validate.Length(3, 3))


def _amounts(*, required: bool = False) -> fields.Dict:
    """Return a field for an amount, as decimal text, of each SKU."""
    return fields.Dict(
        keys=fields.String(validate=validate.Length(1, 200)),
        values=fields.String(validate=validate.Length(1, 40)),
        validate=validate.Length(1, 1000),
        required=required,
    )


DRAFT: dict[str, fields.Field[Any]] = {
    "reference": rest.text(60, required=True),
    "component": rest.one_of(*COMPONENTS, required=True),
    "rule": rest.one_of(*RULE_NAMES, required=True),
    "amount": rest.text(40),
    "amounts": _amounts(),
    "receipts": fields.List(rest.text(200), required=True, validate=validate.Length(1, 200)),
    "skus": fields.List(rest.text(200), load_default=list),
    "note": rest.text(200, load_default=""),
    "currency": CURRENCY,
    "supplier": rest.text(80, load_default=""),
}


@blueprint.get("/receipts")
@require("stock.view", "costs.view")
@rest.asks(cursor=rest.text(1000, load_default=""))
def receipts(asked: dict[str, Any]) -> rest.Answer[rest.Listed[ReceiptHead]]:
    """List receipts, the latest first."""
    cursor = read_cursor(asked["cursor"], int)
    page = showing.list_receipts(current.reading(), current.company().id, cursor)
    return rest.listed(page)


@blueprint.post("/receipts")
@require("stock.edit", "costs.view")
@rest.takes(
    warehouse=rest.text(40, required=True),
    reference=rest.text(200, required=True),
    quantities=rest.Quantities,
    values=_amounts(required=True),
    currency=CURRENCY,
    supplier=rest.text(80, load_default=""),
    deposit=rest.text(200),
    at=rest.text(40),
)
def receive(told: dict[str, Any]) -> rest.Answer[ReceiptMade]:
    """Take goods in that the supplier has not invoiced yet; `values` say what each costs in all."""
    company = current.company()
    code = told.get("currency", company.currency)
    values = _minors(told["values"], code)
    lines = [
        receiving.ReceiptLine(sku, quantity, _value_of(sku, values))
        for sku, quantity in told.get("quantities", {}).items()
    ]
    at = told.get("at")
    with current.writing() as session:
        made = receiving.receive_goods(
            session,
            company.id,
            told["warehouse"],
            told["reference"],
            lines,
            terms=receiving.Terms(code, told.get("deposit"), told["supplier"]),
            actor=current_actor().name,
            at=moment_in(company.timezone, at) if at else None,
        )
    return rest.respond({"id": made, "reference": told["reference"]})


@blueprint.get("/receipts/<int:document_id>")
@require("stock.view", "costs.view")
@rest.asks()
def receipt(document_id: int) -> rest.Answer[ReceiptDocument]:
    """Show what came in, and what a unit of it costs by now."""
    return _receipt(document_id)


@blueprint.post("/receipts/<int:document_id>/invoice")
@require("ledger.post", "costs.view")
@rest.takes(number=rest.text(200, load_default=""), values=_amounts())
def invoice(told: dict[str, Any], document_id: int) -> rest.Answer[ReceiptDocument]:
    """Book the supplier's invoice, its amount for each SKU; what differs reaches every unit."""
    company, reference = current.company(), _reference(document_id)
    code = receiving.price_of(current.reading(), company.id, reference)[0] or company.currency
    values = _minors(told.get("values", {}), code)
    with current.writing() as session:
        receiving.invoice_goods(session, company.id, reference, values, invoice=told["number"])
    return _receipt(document_id)


@blueprint.get("/receipts/<int:document_id>/replay")
@require("ledger.post", "costs.view")
@rest.asks()
def preview_replay(document_id: int) -> rest.Answer[rest.Items[ReplayedDocument]]:
    """Show what left since a receipt told of late, and what it would cost now."""
    session, company = current.reading(), current.company()
    reference = _reference(document_id)
    late = replaying.is_late(session, company.id, reference)
    found = replaying.preview_replay(session, company.id, reference) if late else []
    shown = [showing.replayed_document(each, company.currency) for each in found]
    return rest.respond({"items": shown})


@blueprint.post("/receipts/<int:document_id>/replay")
@require("ledger.post", "costs.view")
@rest.takes()
def replay(document_id: int) -> rest.Answer[rest.Items[ReplayedDocument]]:
    """Work out again what left since a receipt told of late, and book what differs."""
    company, reference = current.company(), _reference(document_id)
    with current.writing() as session:
        done = replaying.replay(session, company.id, reference)
    shown = [showing.replayed_document(each, company.currency) for each in done]
    return rest.respond({"items": shown})


@blueprint.get("/landed")
@require("stock.view", "costs.view")
@rest.asks(cursor=rest.text(1000, load_default=""))
def charges(asked: dict[str, Any]) -> rest.Answer[rest.Listed[ChargeDocument]]:
    """List landed costs, the latest first."""
    session, company = current.reading(), current.company()
    page = showing.list_charges(session, company.id, read_cursor(asked["cursor"], int))
    return rest.listed(
        page,
        lambda row: {"id": row.id} | showing.charge_document(session, company, row, lines=False),
    )


@blueprint.post("/landed")
@require("ledger.post", "costs.view")
@rest.takes(**DRAFT)
def estimate(told: dict[str, Any]) -> rest.Answer[ChargeDocument]:
    """Book a landed cost before its invoice is there, in all or by SKU (the rule `direct`)."""
    company, draft = current.company(), _draft(told)
    with current.writing() as session:
        made = charging.estimate(session, company.id, draft, actor=current_actor().name).id
    return _charge(made)


@blueprint.post("/landed/preview")
@require("ledger.post", "costs.view")
@rest.takes(**DRAFT)
def preview(told: dict[str, Any]) -> rest.Answer[ChargeEffect]:
    """Show where a landed cost would go, and book nothing."""
    session, company = current.reading(), current.company()
    effect = charging.preview(session, company.id, _draft(told))
    return rest.respond(showing.effect_document(session, company, effect))


@blueprint.get("/landed/<int:charge_id>")
@require("stock.view", "costs.view")
@rest.asks()
def charge(charge_id: int) -> rest.Answer[ChargeDocument]:
    """Show a landed cost and which goods bear it."""
    return _charge(charge_id)


@blueprint.post("/landed/<int:charge_id>/invoice")
@require("ledger.post", "costs.view")
@rest.takes(number=rest.text(200, load_default=""), amount=rest.text(40, load_default=""),
            currency=CURRENCY)  # fmt: skip
def settle(told: dict[str, Any], charge_id: int) -> rest.Answer[ChargeDocument]:
    """Book the invoice of a landed cost; what it differs by reaches every unit."""
    company, reference = current.company(), _found(charge_id).reference
    code = told.get("currency", company.currency)
    amount = _minor(told["amount"], code, "amount")
    with current.writing() as session:
        charging.settle(
            session, company.id, reference, amount, invoice=told["number"], currency=code
        )
    return _charge(charge_id)


def _draft(told: Mapping[str, Any]) -> ChargeDraft:
    code = told.get("currency", current.company().currency)
    amounts = _minors(told.get("amounts", {}), code)
    whole = told.get("amount")
    return ChargeDraft(
        told["reference"],
        told["component"],
        told["rule"],
        _minor(whole, code, "amount") if whole or not amounts else sum(amounts.values()),
        told["receipts"],
        skus=told["skus"],
        amounts=amounts,
        note=told["note"],
        currency=code,
        supplier=told["supplier"],
    )


def _value_of(sku: str, values: Mapping[str, int]) -> int:
    if sku not in values:
        raise InputError(f"what {sku} costs is missing.", where="values")
    return values[sku]


def _minor(text: str | None, currency: str, where: str) -> int:
    return to_minor(parse_decimal(text or "", where=where), currency)


def _minors(amounts: Mapping[str, str], currency: str) -> dict[str, int]:
    return {sku: _minor(text, currency, sku) for sku, text in amounts.items()}


def _reference(document_id: int) -> str:
    return reference_of(current.reading(), current.company().id, document_id)


def _receipt(document_id: int) -> rest.Answer[Any]:
    session, company = current.reading(), current.company()
    shown = showing.receipt_document(session, company, _reference(document_id))
    return rest.respond({"id": document_id} | shown)


def _found(charge_id: int) -> Charge:
    query = sa.select(Charge).where(
        Charge.company_id == current.company().id, Charge.id == charge_id
    )
    found = current.reading().scalar(query)
    if found is None:
        raise NotFound("There is no such landed cost.")
    return found


def _charge(charge_id: int) -> rest.Answer[Any]:
    session, company = current.reading(), current.company()
    shown = showing.charge_document(session, company, _found(charge_id))
    return rest.respond({"id": charge_id} | shown)
