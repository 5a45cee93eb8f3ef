"""Page of rates: what holds by pair and day, what waits for one, own rates, how fetching fares."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from datetime import timedelta

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.kernel.companies import today_in
from core.paging import read_cursor
from core.rates.customs import list_customs_rates
from core.rates.customs import read_month
from core.rates.customs import say_customs_rate
from core.rates.feeds import list_feeds
from core.rates.listing import missing_rates
from core.rates.listing import rates_by_day
from core.rates.rate import Rate
from core.rates.saying import RateDraft
from core.rates.saying import list_rates
from core.rates.saying import read_draft
from core.rates.saying import read_rates_text
from core.rates.saying import say_rates
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("rates", __name__, url_prefix="/rates")

Answer = str | tuple[str, int] | Response

SHOWN_DAYS = 30


@blueprint.get("")
@require("ledger.view")
def index() -> Answer:
    """Show the rates of a pair, what waits, own rates and sources."""
    return _page([])


@blueprint.post("")
@require("ledger.post", "ledger.view")
def say() -> Answer:
    """Keep a rate of the company's own, or those of a file."""
    try:
        drafts, origin = _told()
        with current.writing() as session:
            changed = say_rates(
                session, current.company().id, drafts, origin=origin, actor=current_actor().name
            )
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)]), status_of(error)
    flash(
        _("%(received)s rates, %(changed)s of them new or changed.",
          received=len(drafts), changed=changed),
        "success",
    )  # fmt: skip
    return redirect(url_for(".index"), 303)


@blueprint.post("/customs")
@require("ledger.post", "ledger.view")
def say_customs() -> Answer:
    """Keep a rate that customs publish for a month."""
    form = request.form
    pair = (form.get("base", "").strip().upper(), form.get("quote", "").strip().upper())
    try:
        month = read_month(form.get("month", ""))
        with current.writing() as session:
            say_customs_rate(
                session, current.company().id, *pair, month, form.get("rate", ""),
                actor=current_actor().name,
            )  # fmt: skip
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)]), status_of(error)
    flash(_("Customs value goods by that rate in %(month)s.", month=f"{month:%Y-%m}"), "success")
    return redirect(url_for(".index"), 303)


def _told() -> tuple[Sequence[RateDraft], str]:
    if file := request.files.get("file"):
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError("The file is no text in UTF-8.", where="file") from None
        name = file.filename or "file"
        return list(read_rates_text(io.StringIO(text, newline=""), name)), name
    return [read_draft(request.form.to_dict(), "form")], "page"


def _page(problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    base = request.args.get("base", "").strip().upper()
    quote = request.args.get("quote", "").strip().upper() or company.currency
    today = today_in(company.timezone)
    last = _day("until", today)
    first = _day("from", last - timedelta(days=SHOWN_DAYS))
    found: list[Rate] = []
    if base:
        try:
            found = rates_by_day(session, company.id, base, quote, first, last)
        except InputError as error:
            problems = [*problems, str(error)]
    cursor = read_cursor(request.args.get("page"), date.fromisoformat, int)
    return render_template(
        "rates/index.html",
        rates=found,
        asked={"base": base, "quote": quote, "from": first, "until": last},
        missing=missing_rates(session, company.id, company.currency),
        own=list_rates(session, company.id, cursor),
        customs=list_customs_rates(session, company.id),
        feeds=list_feeds(session),
        problems=problems,
    )


def _day(name: str, default: date) -> date:
    text = request.args.get(name, "")
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no day, such as 2026-09-30.", where=name) from None
