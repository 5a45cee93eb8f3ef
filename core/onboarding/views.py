"""The pages of setting a company up: one for each step, to be left and found again."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.fees.plans import list_plans
from core.identity.access import require
from core.identity.actor import current_actor
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import list_connections
from core.onboarding import looking
from core.onboarding.company import change_company
from core.onboarding.company import is_empty
from core.onboarding.steps import DONE
from core.onboarding.steps import OPEN
from core.onboarding.steps import STEPS
from core.onboarding.steps import WHOLE
from core.onboarding.steps import mark
from core.onboarding.steps import progress_of
from core.tax.sellers import registrations
from core.warehousing.places import list_warehouses
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("onboarding", __name__, url_prefix="/setup")

Answer = str | tuple[str, int] | Response
Look = Callable[[Session, int], Mapping[str, Any]]

CURRENCIES = ("CNY", "USD", "EUR", "GBP", "HKD", "JPY", "CAD", "AUD", "PLN", "SEK")
"""Offered first; any other may be typed."""


def _connections(session: Session, company_id: int) -> list[ConnectionInfo]:
    return list(list_connections(session, company_id=company_id))


LOOKS: Mapping[str, Look] = {
    "company": lambda session, company_id: {
        "changeable": is_empty(session, company_id),
        "zones": sorted(available_timezones()),
        "currencies": CURRENCIES,
    },
    "source": lambda session, company_id: {"connections": _connections(session, company_id)},
    "connect": lambda session, company_id: {"connections": _connections(session, company_id)},
    "shops": lambda session, company_id: {
        "connections": _connections(session, company_id),
        "shops": looking.shops_of(session, company_id),
    },
    "warehouses": lambda session, company_id: {"places": list_warehouses(session, company_id)},
    "skus": lambda session, company_id: {"paired": looking.paired(session, company_id)},
    "stock": lambda session, company_id: {"places": list_warehouses(session, company_id)},
    "fees": lambda session, company_id: {
        "registrations": registrations(session, company_id),
        "plans": list_plans(session, company_id),
    },
    "publish": lambda session, company_id: {
        "published": looking.would_publish(session, company_id)
    },
    "trial": lambda session, company_id: {"trial": looking.trial_of(session, company_id)},
    "live": lambda session, company_id: {"connections": _connections(session, company_id)},
}
"""What each step shows of the company as it is."""


@blueprint.get("")
@require("connections.manage")
def index() -> Response:
    """Go on where the set-up was left."""
    found = progress_of(current.reading(), current.company().id)
    return redirect(url_for(".show", code=found.next or STEPS[-1]))


@blueprint.get("/<code>")
@require("connections.manage")
def show(code: str) -> Answer:
    """Show a step: what it is good for, how the company stands, and what leads on."""
    return _page(code, [])


@blueprint.post("/company")
@require("users.manage")
def keep_company() -> Answer:
    """Say what the company is called, where it is, and what its books are kept in."""
    given = {each: request.form.get(each, "").strip() for each in ("name", "country")}
    given |= {each: request.form.get(each, "").strip() for each in ("currency", "timezone")}
    company_id, by = current.company().id, current_actor().name
    try:
        with current.writing() as session:
            change_company(session, company_id, **given)
            mark(session, company_id, "company", DONE, by=by)
    except EntrepotError as error:
        leave_undone()
        return _page("company", [str(error)]), status_of(error)
    flash(_("%(name)s is set up.", name=given["name"]), "success")
    return _onwards("company")


@blueprint.post("/mark/<code>")
@require("connections.manage")
def say(code: str) -> Response:
    """Say that a step is done, put off or open again; or put the whole checklist away."""
    if code not in (*STEPS, WHOLE):
        abort(404)
    state = request.form.get("state", "")
    with current.writing() as session:
        mark(session, current.company().id, code, state, by=current_actor().name)
    if code == WHOLE:
        return redirect(url_for("home.show"), 303)
    return redirect(url_for(".show", code=code), 303) if state == OPEN else _onwards(code)


def _onwards(code: str) -> Response:
    """Lead to the step after this one; after the last one home."""
    after = STEPS.index(code) + 1
    if after == len(STEPS):
        return redirect(url_for("home.show"), 303)
    return redirect(url_for(".show", code=STEPS[after]), 303)


def _page(code: str, problems: list[str]) -> str:
    if code not in STEPS:
        abort(404)
    session, company_id = current.reading(), current.company().id
    found = progress_of(session, company_id)
    place = STEPS.index(code)
    return render_template(
        "onboarding/step.html",
        progress=found,
        step=found.steps[place],
        number=place + 1,
        before=STEPS[place - 1] if place else "",
        after=STEPS[place + 1] if place + 1 < len(STEPS) else "",
        problems=problems,
        **LOOKS[code](session, company_id),
    )
