"""The API of returns and registrations: `/api/v1/tax`. Amounts are decimal text."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response
from marshmallow import fields

from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.fields import visible_fields
from core.kernel.companies import today_in
from core.money import to_minor
from core.money import to_text
from core.paging import read_cursor
from core.settlements.platform_tax import kept_gaps
from core.tax import due
from core.tax import sellers
from core.tax import watching
from core.tax.drilling import BoxLine
from core.tax.drilling import BoxRow
from core.tax.drilling import box_page
from core.tax.filing import file_return
from core.tax.filing import form_for
from core.tax.filing import prepare_return
from core.tax.forms import period_of
from core.tax.showing import return_document
from core.tax.showing import show_return
from core.web import current
from core.web import rest

blueprint = rest.blueprint("tax", __name__)


@blueprint.get("/returns")
@require("ledger.view", "money.view")
def returns() -> Response:
    """List the returns that are due and those that were filed, the latest first."""
    rest.query()
    company = current.company()
    found = due.returns_due(current.reading(), company.id, today_in(company.timezone))
    return rest.respond({"items": [visible_fields(each) for each in found]})


@blueprint.get("/returns/<code>/<period>")
@require("ledger.view", "money.view")
def show(code: str, period: str) -> Response:
    """Show a return as filed or prepared, with what was booked since, or as the books fill it."""
    rest.query()
    return rest.respond(_document(code, period))


@blueprint.post("/returns/<code>/<period>/prepare")
@require("ledger.post", "ledger.view", "money.view")
def prepare(code: str, period: str) -> Response:
    """Prepare a return; `manual` has the amounts of boxes that are filled by hand."""
    amounts = fields.Dict(keys=fields.String(), values=fields.Decimal(), load_default=dict)
    said = rest.body(manual=amounts, rates=amounts)
    with current.writing() as session:
        company_id = current.company().id
        form = form_for(session, company_id, code)
        prepare_return(
            session,
            company_id,
            code,
            period_of(period),
            by=current_actor().name,
            rates=said["rates"],
            manual={box: to_minor(amount, form.currency) for box, amount in said["manual"].items()},
        )
    return rest.respond(_document(code, period))


@blueprint.post("/returns/<code>/<period>/file")
@require("ledger.post", "ledger.view", "money.view")
def file(code: str, period: str) -> Response:
    """Note that a return was filed as it was prepared."""
    said = rest.body(filed_on=fields.Date(required=True), reference=rest.text(load_default=""))
    with current.writing() as session:
        file_return(
            session,
            current.company().id,
            code,
            period_of(period),
            by=current_actor().name,
            filed_on=said["filed_on"],
            reference=said["reference"],
        )
    return rest.respond(_document(code, period))


@blueprint.get("/returns/<code>/<period>/boxes/<path:box>")
@require("ledger.view", "money.view")
def lines(code: str, period: str, box: str) -> Response:
    """List the lines behind a box, or behind one of its rows: `key` is `DE,19 %`."""
    said = rest.query(
        **rest.paging(), key=rest.text(load_default=""), corrects=rest.text(load_default=None)
    )
    session, company_id = current.reading(), current.company().id
    form = form_for(session, company_id, code)
    key = tuple(part.strip() for part in said["key"].split(",")) if said["key"] else None
    cursor = read_cursor(said["cursor"], date.fromisoformat, int, int, str)
    page = box_page(
        session,
        company_id,
        form,
        period_of(period),
        BoxRow(box, key, said["corrects"]),
        cursor,
        limit=said["limit"],
    )
    return rest.listed(page, _line)


@blueprint.get("/registrations")
@require("ledger.view", "money.view")
def registrations() -> Response:
    """List where and how the seller is registered."""
    rest.query()
    rows = sellers.registrations(current.reading(), current.company().id)
    return rest.respond({"items": [visible_fields(row) for row in rows]})


@blueprint.post("/registrations")
@require("ledger.post", "ledger.view", "money.view")
def register() -> Response:
    """Note a registration."""
    said = rest.body(
        country=rest.text(2, required=True),
        scheme=rest.text(40, required=True),
        since=fields.Date(required=True),
        until=fields.Date(load_default=None),
        number=rest.text(60, load_default=""),
        region=rest.text(3, load_default=""),
        months=fields.Integer(strict=True, load_default=0),
        currency=rest.text(3, load_default=""),
    )
    with current.writing() as session:
        made = sellers.add_registration(
            session, current.company().id, said.pop("country"), said.pop("scheme"), **said
        )
    return rest.respond(visible_fields(made))


@blueprint.get("/thresholds")
@require("ledger.view", "money.view")
def thresholds() -> Response:
    """List how near each threshold of registration was at the last look; in minor units."""
    rest.query()
    rows = watching.watched(current.reading(), current.company().id)
    return rest.respond({"items": [visible_fields(row) for row in rows]})


@blueprint.get("/platforms")
@require("ledger.view", "money.view")
def platforms() -> Response:
    """List where a platform's figure of tax was not ours; minor units, rates in millionths."""
    rest.query()
    gaps = kept_gaps(current.reading(), current.company().id)
    return rest.respond({"items": [visible_fields(each) for each in gaps]})


def _document(code: str, period: str) -> dict[str, Any]:
    session, company_id = current.reading(), current.company().id
    form = form_for(session, company_id, code)
    return return_document(show_return(session, company_id, form, period_of(period)))


def _line(line: BoxLine) -> dict[str, Any]:
    document = visible_fields(line)
    amounts = {"base": line.base, "tax": line.tax}
    return document | {name: to_text(value, line.currency) for name, value in amounts.items()}
