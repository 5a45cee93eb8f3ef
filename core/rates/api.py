"""The API of rates: `/api/v1/rates`. A rate is decimal text."""

from __future__ import annotations

from datetime import date
from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.identity.access import require
from core.identity.actor import current_actor
from core.kernel.companies import today_in
from core.paging import read_cursor
from core.rates.customs import customs_document
from core.rates.customs import list_customs_rates
from core.rates.customs import read_month
from core.rates.customs import say_customs_rate
from core.rates.feeds import feed_document
from core.rates.feeds import list_feeds
from core.rates.listing import day_document
from core.rates.listing import missing_document
from core.rates.listing import missing_rates
from core.rates.listing import rates_by_day
from core.rates.saying import list_rates
from core.rates.saying import rate_document
from core.rates.saying import read_draft
from core.rates.saying import say_rates
from core.rates.shapes import CustomsRateDocument
from core.rates.shapes import DayRate
from core.rates.shapes import FeedDocument
from core.rates.shapes import Kept
from core.rates.shapes import MissingRate
from core.rates.shapes import OwnRateDocument
from core.web import current
from core.web import rest

blueprint = rest.blueprint("rates", __name__)


@blueprint.get("")
@require("ledger.view")
@rest.asks(
    base=fields.String(required=True, validate=validate.Length(3, 3)),
    quote=fields.String(validate=validate.Length(3, 3)),
    since=rest.day(),
    until=rest.day(),
)
def index(asked: dict[str, Any]) -> rest.Answer[rest.Items[DayRate]]:
    """Show the rates of a pair that hold in a range of days, with their sources."""
    session, company = current.reading(), current.company()
    last: date = asked.get("until") or today_in(company.timezone)
    first: date = asked.get("since") or last - timedelta(days=30)
    quote = asked.get("quote", company.currency)
    found = rates_by_day(session, company.id, asked["base"], quote, first, last)
    return rest.respond({"items": [day_document(rate) for rate in found]})


@blueprint.get("/own")
@require("ledger.view")
@rest.asks(base=rest.text(3, load_default=""), quote=rest.text(3, load_default=""), **rest.paging())
def own(asked: dict[str, Any]) -> rest.Answer[rest.Listed[OwnRateDocument]]:
    """List the company's own rates, the latest first."""
    cursor = read_cursor(asked["cursor"], date.fromisoformat, int)
    found = list_rates(
        current.reading(), current.company().id, cursor, base=asked["base"], quote=asked["quote"],
        limit=asked["limit"],
    )  # fmt: skip
    return rest.listed(found, rate_document)


@blueprint.post("/own")
@require("ledger.post", "ledger.view")
@rest.takes(
    rates=fields.List(
        fields.Dict(keys=rest.text(20), values=rest.text(40)),
        required=True,
        validate=validate.Length(1, 1000),
    )
)
def say(told: dict[str, Any]) -> rest.Answer[Kept]:
    """Keep rates of the company's own; what waited for them is booked."""
    drafts = [read_draft(each, f"rates.{place}") for place, each in enumerate(told["rates"])]
    with current.writing() as session:
        changed = say_rates(
            session, current.company().id, drafts, origin="api", actor=current_actor().name
        )
    return rest.respond({"received": len(drafts), "changed": changed})


@blueprint.get("/customs")
@require("ledger.view")
@rest.asks()
def customs() -> rest.Answer[rest.Items[CustomsRateDocument]]:
    """List the rates that customs publish by month, as the company says them."""
    found = list_customs_rates(current.reading(), current.company().id)
    return rest.respond({"items": [customs_document(rate) for rate in found]})


@blueprint.post("/customs")
@require("ledger.post", "ledger.view")
@rest.takes(**{name: rest.text(40, required=True) for name in ("base", "quote", "month", "rate")})
def say_customs(told: dict[str, Any]) -> rest.Answer[CustomsRateDocument]:
    """Keep a rate that customs publish for a month."""
    month = read_month(told["month"])
    with current.writing() as session:
        made = say_customs_rate(
            session, current.company().id, told["base"], told["quote"], month, told["rate"],
            actor=current_actor().name,
        )  # fmt: skip
        return rest.respond(customs_document(made))


@blueprint.get("/missing")
@require("ledger.view")
@rest.asks()
def missing() -> rest.Answer[rest.Items[MissingRate]]:
    """Show which rates documents wait for."""
    company = current.company()
    found = missing_rates(current.reading(), company.id, company.currency)
    return rest.respond({"items": [missing_document(each) for each in found]})


@blueprint.get("/feeds")
@require("ledger.view")
@rest.asks()
def feeds() -> rest.Answer[rest.Items[FeedDocument]]:
    """Show how the fetching of published rates fares."""
    return rest.respond({"items": [feed_document(feed) for feed in list_feeds(current.reading())]})
