"""The API of returns and registrations: `/api/v1/tax`. Amounts are decimal text."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.fields import visible_fields
from core.kernel.companies import today_in
from core.money import to_minor
from core.money import to_text
from core.paging import read_cursor
from core.settlements.platform_tax import Gap
from core.settlements.platform_tax import keep_gaps
from core.settlements.platform_tax import kept_gaps
from core.settlements.tax_passing import PassedThrough
from core.settlements.tax_passing import months_back
from core.settlements.tax_passing import passed_through
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
from core.tax.shapes import BoxLineDocument
from core.tax.shapes import ReturnDocument
from core.tax.showing import return_document
from core.tax.showing import show_return
from core.web import current
from core.web import rest

blueprint = rest.blueprint("tax", __name__)

_Amounts = fields.Dict(keys=rest.text(20), values=rest.Amount, load_default=dict)


@blueprint.get("/returns")
@require("ledger.view", "money.view")
@rest.asks()
def returns() -> rest.Answer[rest.Items[due.DueReturn]]:
    """List the returns that are due and those that were filed, the latest first."""
    company = current.company()
    found = due.returns_due(current.reading(), company.id, today_in(company.timezone))
    return rest.respond({"items": [visible_fields(each) for each in found]})


@blueprint.get("/returns/<code>/<period>")
@require("ledger.view", "money.view")
@rest.asks()
def show(code: str, period: str) -> rest.Answer[ReturnDocument]:
    """Show a return as filed or prepared, with what was booked since, or as the books fill it."""
    return rest.respond(_document(code, period))


@blueprint.post("/returns/<code>/<period>/prepare")
@require("ledger.post", "ledger.view", "money.view")
@rest.takes(manual=_Amounts, rates=_Amounts)
def prepare(said: dict[str, Any], code: str, period: str) -> rest.Answer[ReturnDocument]:
    """Prepare a return; `manual` has the amounts of boxes that are filled by hand."""
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
@rest.takes(filed_on=rest.day(required=True), reference=rest.text(load_default=""))
def file(said: dict[str, Any], code: str, period: str) -> rest.Answer[ReturnDocument]:
    """Note that a return was filed as it was prepared."""
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
@rest.asks(**rest.paging(), key=rest.text(load_default=""), corrects=rest.text(load_default=None))
def lines(
    said: dict[str, Any], code: str, period: str, box: str
) -> rest.Answer[rest.Listed[BoxLineDocument]]:
    """List the lines behind a box, or behind one of its rows: `key` is `DE,19 %`."""
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
@rest.asks()
def registrations() -> rest.Answer[rest.Items[sellers.RegistrationInfo]]:
    """List where and how the seller is registered."""
    rows = sellers.registrations(current.reading(), current.company().id)
    return rest.respond({"items": [visible_fields(row) for row in rows]})


@blueprint.post("/registrations")
@require("ledger.post", "ledger.view", "money.view")
@rest.takes(
    country=rest.text(2, required=True),
    scheme=rest.text(40, required=True),
    since=rest.day(required=True),
    until=rest.day(load_default=None),
    number=rest.text(60, load_default=""),
    region=rest.text(3, load_default=""),
    months=fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 12)),
    currency=rest.text(3, load_default=""),
)
def register(said: dict[str, Any]) -> rest.Answer[sellers.RegistrationInfo]:
    """Note a registration."""
    with current.writing() as session:
        made = sellers.add_registration(
            session, current.company().id, said.pop("country"), said.pop("scheme"), **said
        )
    return rest.respond(visible_fields(made))


@blueprint.get("/thresholds")
@require("ledger.view", "money.view")
@rest.asks()
def thresholds() -> rest.Answer[rest.Items[watching.Watched]]:
    """List how near each threshold of registration was at the last look; in minor units."""
    rows = watching.watched(current.reading(), current.company().id)
    return rest.respond({"items": [visible_fields(row) for row in rows]})


@blueprint.post("/thresholds")
@require("ledger.post", "ledger.view", "money.view")
@rest.takes()
def watch() -> rest.Answer[rest.Items[watching.Watched]]:
    """Look at the thresholds now."""
    company = current.company()
    with current.writing() as session:
        watching.keep_watch(session, company.id, today_in(company.timezone))
    rows = watching.watched(current.reading(), company.id)
    return rest.respond({"items": [visible_fields(row) for row in rows]})


@blueprint.post("/platforms")
@require("ledger.post", "ledger.view", "money.view")
@rest.takes()
def compare() -> rest.Answer[rest.Items[Gap]]:
    """Compare the platforms' figures of tax with ours now."""
    company = current.company()
    with current.writing() as session:
        keep_gaps(session, company.id, today_in(company.timezone))
    gaps = kept_gaps(current.reading(), company.id)
    return rest.respond({"items": [visible_fields(each) for each in gaps]})


@blueprint.get("/platforms")
@require("ledger.view", "money.view")
@rest.asks()
def platforms() -> rest.Answer[rest.Items[Gap]]:
    """List where a platform's figure of tax was not ours; minor units, rates in millionths."""
    gaps = kept_gaps(current.reading(), current.company().id)
    return rest.respond({"items": [visible_fields(each) for each in gaps]})


@blueprint.get("/platforms/months")
@require("ledger.view", "money.view")
@rest.asks()
def platform_months() -> rest.Answer[rest.Items[PassedThrough]]:
    """List what passed through 2310 by platform and month of the sale; it should leave nothing."""
    company = current.company()
    since = months_back(today_in(company.timezone))
    rows = passed_through(current.reading(), company.id, since)
    return rest.respond({"items": [visible_fields(row) for row in rows]})


def _document(code: str, period: str) -> dict[str, Any]:
    session, company_id = current.reading(), current.company().id
    form = form_for(session, company_id, code)
    return return_document(show_return(session, company_id, form, period_of(period)))


def _line(line: BoxLine) -> dict[str, Any]:
    document = visible_fields(line)
    amounts = {"base": line.base, "tax": line.tax}
    return document | {name: to_text(value, line.currency) for name, value in amounts.items()}


@blueprint.post("/registrations/<int:registration_id>")
@require("ledger.post", "ledger.view", "money.view")
@rest.takes(
    number=rest.text(40),
    months=fields.Integer(strict=True, validate=validate.Range(0, 12)),
    currency=rest.text(3),
    until=rest.day(),
)
def change(said: dict[str, Any], registration_id: int) -> rest.Answer[sellers.RegistrationInfo]:
    """Change a registration's number or filing, or let it end."""
    company_id = current.company().id
    with current.writing() as session:
        sellers.change_registration(
            session,
            company_id,
            registration_id,
            number=said.get("number"),
            months=said.get("months"),
            currency=said.get("currency"),
        )
        if "until" in said:
            sellers.end_registration(session, company_id, registration_id, said["until"])
    rows = sellers.registrations(current.reading(), company_id)
    return rest.respond(visible_fields(next(row for row in rows if row.id == registration_id)))
