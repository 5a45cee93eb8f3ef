"""The start page: what was sold and earned, how it comes in, and what needs a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint
from flask import render_template
from sqlalchemy.orm import Session

from core import clock
from core.allocation.queries import worries_query
from core.attention.kinds import KINDS
from core.attention.marking import NOTHING_SAID
from core.attention.marking import Marked
from core.attention.marking import colleagues
from core.attention.marking import marks_of
from core.channels.models import RawRow
from core.disputes.reading import waiting_query
from core.fees.drift import alarming_drift
from core.fees.missing import accrued_query
from core.fees.missing import unpaid_query
from core.identity.access import require
from core.identity.fields import when_allowed
from core.inbound.states import stuck_query
from core.kernel.companies import today_in
from core.kernel.connection_states import ERROR
from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.lags import lags_of
from core.kernel.models import Connection
from core.kernel.models import Fault
from core.ledger.months import NET_SALES
from core.ledger.months import last_months
from core.ledger.summing import sum_profit
from core.messages.reading import due_query
from core.onboarding.steps import progress_of
from core.orders import queries
from core.orders.announced_list import late_query
from core.orders.queries import OrderFilter
from core.paging import Count
from core.paging import count_each
from core.profits.cover import stock_cover
from core.profits.daily import Days
from core.profits.orders import shops_of
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
from core.web.charts import two_bars
from core.web.figures import CHARTED_DAYS
from core.web.figures import charted
from core.web.figures import tiles

blueprint = Blueprint("home", __name__)

MONTHS_SHOWN = 6
LATEST_SHOWN = 8
PLACES_SHOWN = 6


@blueprint.get("/")
@require()
def show() -> str:
    """Show the start page; the same number of queries, however much there is."""
    session, company = current.reading(), current.company()
    today = today_in(company.timezone)
    days = when_allowed(
        lambda: charted(session, company.id, today), None, "profit.view", "costs.view"
    )
    worries = worries_of(session, company.id, today)
    return render_template(
        "home.html",
        today=today,
        orders=queries.count_orders(session, company.id, OrderFilter()),
        tiles=tiles(session, company.id, today, days, orders=current.may("orders.view")),
        days=_last_days(days, today),
        places=_places(session, company.id, today) if days else None,
        cover=when_allowed(
            lambda: stock_cover(session, company.id, company.currency, today),
            [],
            "stock.view",
            "costs.view",
        ),
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
        attention=_attention(session, company.id, worries, today),
        colleagues=colleagues(session, company.id),
        connections=when_allowed(
            lambda: lags_of(session, company.id, clock.now()), [], "connections.view"
        ),
        setup=when_allowed(lambda: progress_of(session, company.id), None, "connections.manage"),
    )


@dataclass(frozen=True, slots=True)
class Item:
    """A kind of what may need a person: how many there are, and what was said about them."""

    kind: str
    number: Count
    mark: Marked
    is_put_off: bool


def _attention(
    session: Session, company_id: int, worries: Mapping[str, Count], today: date
) -> list[Item]:
    """Return what the visitor may see of it, the most urgent first."""
    said = marks_of(session, company_id)
    found = []
    for kind, permission in KINDS.items():
        if current.may(permission):
            number, mark = worries[kind], said.get(kind, NOTHING_SAID)
            put_off = bool(number.number) and mark.is_put_off(today, number.number)
            found.append(Item(kind, number, mark, put_off))
    return found


def _last_days(days: Days | None, today: date) -> Mapping[str, Any] | None:
    """Return what each of the last days earned, with its chart; None where nothing was booked."""
    if days is None or not days.found:
        return None
    first = today - timedelta(days=CHARTED_DAYS - 1)
    shown = [(day, earned) for day, earned in days.each() if day >= first]
    chart = two_bars([(earned.net_sales, earned.profit) for _, earned in shown])
    return {"first": first, "rows": shown, "chart": chart}


def _places(session: Session, company_id: int, today: date) -> Mapping[str, Any]:
    """Return what the last days earned by shop and by country, the most sales first."""
    first = today - timedelta(days=CHARTED_DAYS - 1)
    names = {shop.id: shop.name for shop in shops_of(session, company_id)}
    by_shop = [
        (each.key, names.get(each.key, ""), *_sold(each.lines))
        for each in sum_profit(session, company_id, "shop_id", first, today)
    ]
    by_country = [
        (each.key, each.key, *_sold(each.lines))
        for each in sum_profit(session, company_id, "country", first, today)
    ]
    return {
        name: sorted(rows, key=lambda row: -row[2])[:PLACES_SHOWN]
        for name, rows in (("shop", by_shop), ("country", by_country))
    }


def _sold(lines: Mapping[str, int]) -> tuple[int, int]:
    return sum(lines[name] for name in NET_SALES), sum(lines.values())


def worries_of(session: Session, company_id: int, today: date) -> dict[str, Count]:
    """Return how much there is of what a person should look at, by its kind."""
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
    counted = count_each(
        session,
        {
            "connections": failing,
            "shorts": shorts,
            "quarantined": quarantined,
            "waiting": waiting,
            "faults": sa.select(Fault.id),
            "unmapped": unmapped(company_id),
            "disputes": waiting_query(company_id),
            "messages": due_query(company_id),
            "suspense": suspense_query(company_id),
            "settlements": quarantined_query(company_id),
            "returns": late_query(company_id),
            "stored": lasting_query(company_id),
            "inbound": stuck_query(company_id, clock.now()),
            "unpaid": unpaid_query(company_id, today),
            "accrued": accrued_query(company_id, today),
            "rates": failing_query(),
            "unshared": worries_query(company_id, clock.now().date()),
            "thresholds": watching.worries_query(company_id),
            "platform_tax": gaps_query(company_id),
        },
    )
    return counted | {
        "backorders": queries.count_orders(session, company_id, OrderFilter(exception="short")),
        "drift": Count(len(alarming_drift(session, company_id, today)), more=False),
        "late_returns": Count(len(late_returns(session, company_id, today)), more=False),
    }
