"""The start page: what there is, what it earned last, and what needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask import Blueprint
from flask import render_template
from sqlalchemy.orm import Session

from core import clock
from core.allocation.queries import worries_query
from core.channels.models import RawRow
from core.fees.drift import alarming_drift
from core.fees.missing import accrued_query
from core.fees.missing import unpaid_query
from core.identity.access import require
from core.identity.fields import when_allowed
from core.kernel.companies import today_in
from core.kernel.connection_states import ERROR
from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.models import Connection
from core.kernel.models import Fault
from core.ledger.months import last_months
from core.onboarding.steps import progress_of
from core.orders import queries
from core.orders.queries import OrderFilter
from core.paging import Count
from core.paging import count_rows
from core.publishing.mapping import unmapped
from core.rates.feeds import failing_query
from core.settlements.platform_tax import gaps_query
from core.settlements.queries import quarantined_query
from core.settlements.queries import suspense_query
from core.stock.models import Document
from core.stock.models import Short
from core.tax import watching
from core.tax.due import late_returns
from core.warehousing.stored import lasting_query
from core.web import current

blueprint = Blueprint("home", __name__)

MONTHS_SHOWN = 6
LATEST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Worries:
    """How much there is of what a person should look at."""

    connections: Count
    shorts: Count
    quarantined: Count
    waiting: Count
    faults: Count
    unmapped: Count
    suspense: Count
    settlements: Count
    stored: Count
    unpaid: Count
    accrued: Count
    drift: Count
    unshared: Count
    rates: Count
    thresholds: Count
    late_returns: Count
    platform_tax: Count


@blueprint.get("/")
@require()
def show() -> str:
    """Show the start page."""
    session, company = current.reading(), current.company()
    return render_template(
        "home.html",
        orders=queries.count_orders(session, company.id, OrderFilter()),
        months=when_allowed(
            lambda: last_months(session, company.id, MONTHS_SHOWN), [], "profit.view", "costs.view"
        ),
        latest=when_allowed(
            lambda: (
                queries.list_orders(session, company.id, OrderFilter(), None, LATEST_SHOWN).rows
            ),
            [],
            "orders.view",
        ),
        worries=_worries(session, company.id, today_in(company.timezone)),
        setup=when_allowed(lambda: progress_of(session, company.id), None, "connections.manage"),
    )


def _worries(session: Session, company_id: int, today: date) -> Worries:
    failing = sa.select(Connection.id).where(
        Connection.company_id == company_id, Connection.state.in_((NEEDS_CREDENTIALS, ERROR))
    )
    shorts = sa.select(Short.id).where(Short.company_id == company_id, Short.open_quantity > 0)
    quarantined = sa.select(RawRow.id).where(
        RawRow.company_id == company_id, RawRow.reason.is_not(None)
    )
    waiting = sa.select(Document.id).where(
        Document.company_id == company_id, Document.posting_state == "waiting"
    )
    return Worries(
        connections=count_rows(session, failing),
        shorts=count_rows(session, shorts),
        quarantined=count_rows(session, quarantined),
        waiting=count_rows(session, waiting),
        faults=count_rows(session, sa.select(Fault.id)),
        unmapped=count_rows(session, unmapped(company_id)),
        suspense=count_rows(session, suspense_query(company_id)),
        settlements=count_rows(session, quarantined_query(company_id)),
        stored=count_rows(session, lasting_query(company_id)),
        unpaid=count_rows(session, unpaid_query(company_id, today)),
        accrued=count_rows(session, accrued_query(company_id, today)),
        drift=Count(len(alarming_drift(session, company_id, today)), more=False),
        rates=count_rows(session, failing_query()),
        unshared=count_rows(session, worries_query(company_id, clock.now().date())),
        thresholds=count_rows(session, watching.worries_query(company_id)),
        platform_tax=count_rows(session, gaps_query(company_id)),
        late_returns=Count(len(late_returns(session, company_id, today)), more=False),
    )
