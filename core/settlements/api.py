"""The API of settlements: `/api/v1/settlements`. Amounts are decimal text."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.fees.dictionary import LEVELS
from core.fees.dictionary import FeeCode
from core.fees.mapping import CHOOSABLE
from core.fees.mapping import map_code
from core.identity.access import require
from core.identity.actor import current_actor
from core.kernel.companies import today_in
from core.kernel.connections import get_connection
from core.paging import read_cursor
from core.settlements import queries
from core.settlements import showing
from core.settlements.ages import clearing_ages
from core.settlements.demanding import demand_payout
from core.settlements.demanding import payout_wishes
from core.settlements.receivables import held_sums
from core.settlements.receivables import receivables
from core.settlements.remapping import apply_meaning
from core.settlements.resolving import resolve_settlements
from core.settlements.shapes import AgesDocument
from core.settlements.shapes import MappedDocument
from core.settlements.shapes import OwedDocument
from core.settlements.shapes import PayoutWishDocument
from core.settlements.shapes import ResolvedDocument
from core.settlements.shapes import SettlementDocument
from core.settlements.shapes import SettlementHead
from core.settlements.shapes import UnmappedDocument
from core.web import current
from core.web import rest

blueprint = rest.blueprint("settlements", __name__)


@blueprint.get("")
@require("ledger.view", "money.view")
@rest.asks(**rest.paging())
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[SettlementHead]]:
    """List settlements, the latest first."""
    cursor = read_cursor(asked["cursor"], datetime.fromisoformat, int)
    session, company = current.reading(), current.company()
    page = queries.list_statements(session, company.id, cursor, asked["limit"])
    return rest.listed(page, lambda row: {"id": row.id} | showing.listed_document(row))


@blueprint.get("/<int:statement_id>")
@require("ledger.view", "money.view")
@rest.asks()
def show(statement_id: int) -> rest.Answer[SettlementDocument]:
    """Show a settlement: declared against computed, and what each code came to."""
    session, company = current.reading(), current.company()
    statement = queries.get_statement(session, company.id, statement_id)
    sums = queries.sums_of(session, company.id, statement.id)
    return rest.respond(showing.statement_document(statement, sums))


@blueprint.get("/unmapped")
@require("ledger.view", "money.view")
@rest.asks()
def unmapped() -> rest.Answer[rest.Items[UnmappedDocument]]:
    """List the codes in suspense: what nobody knows yet, and orders that have not come."""
    found = queries.unmapped_codes(current.reading(), current.company().id)
    return rest.respond({"items": [showing.unmapped_document(each) for each in found]})


@blueprint.get("/receivables")
@require("ledger.view", "money.view")
@rest.asks()
def owed() -> rest.Answer[OwedDocument]:
    """Say what platforms owe by state, and what they hold back."""
    session, company = current.reading(), current.company()
    return rest.respond(
        showing.owed_document(
            receivables(session, company.id), held_sums(session, company.id), company.currency
        )
    )


@blueprint.get("/ages")
@require("ledger.view", "money.view")
@rest.asks()
def ages() -> rest.Answer[AgesDocument]:
    """Say how old what is open on the clearing accounts of each platform is."""
    session, company = current.reading(), current.company()
    found = clearing_ages(session, company.id, today_in(company.timezone))
    items = [showing.aged_document(each, company.currency) for each in found]
    return rest.respond({"currency": company.currency, "items": items})


@blueprint.post("/mappings")
@require("ledger.view", "ledger.post", "money.view")
@rest.takes(
    platform=rest.text(100, required=True),
    kind=rest.text(200, required=True),
    group=rest.text(200, load_default=""),
    name=rest.text(200, load_default=""),
    account=rest.text(20, required=True),
    category=rest.one_of(*map(str, CHOOSABLE), load_default=""),
    level=rest.one_of(*sorted(LEVELS), load_default="order"),
)
def map_it(given: dict[str, Any]) -> rest.Answer[MappedDocument]:
    """Say what a code means; what stood in suspense because of it is booked again."""
    company_id = current.company().id
    code = FeeCode(given["kind"], given["group"], given["name"])
    with current.writing() as session:
        version = map_code(
            session,
            company_id,
            given["platform"],
            code,
            given["account"],
            category=given["category"],
            level=given["level"],
        )
    found = apply_meaning(current.kernel(), company_id, given["platform"], code)
    return rest.respond({"version": version} | asdict(found))


@blueprint.post("/resolve")
@require("ledger.view", "ledger.post", "money.view")
@rest.takes()
def resolve() -> rest.Answer[ResolvedDocument]:
    """Book again what orders explain that came later than their settlement."""
    company_id = current.company().id
    current.close_reading()
    return rest.respond(asdict(resolve_settlements(current.kernel(), company_id)))


@blueprint.get("/payouts")
@require("ledger.view", "money.view")
@rest.asks()
def wishes() -> rest.Answer[rest.Items[PayoutWishDocument]]:
    """List the payouts that platforms were asked for before their day, the newest first."""
    found = payout_wishes(current.reading(), current.company().id)
    return rest.respond({"items": [asdict(each) for each in found]})


@blueprint.post("/payouts")
@require("ledger.view", "money.view", "payouts.begin")
@rest.takes(
    connection=rest.text(200, required=True),
    sure=fields.Boolean(required=True, validate=validate.Equal(True)),
)
def demand(given: dict[str, Any]) -> rest.Answer[PayoutWishDocument]:
    """Have a platform pay out now what it owes; `sure` must be true."""
    company_id = current.company().id
    connection = get_connection(current.reading(), given["connection"], company_id=company_id)
    who = current_actor().name or "program"
    current.close_reading()
    return rest.respond(asdict(demand_payout(current.kernel(), connection, actor=who)))
