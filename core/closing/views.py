"""Page of periods: which month is next to close, what is left to do, and how."""

from __future__ import annotations

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.closing.closing import checklist
from core.closing.closing import close_month
from core.errors import EntrepotError
from core.identity.access import require
from core.identity.actor import current_actor
from core.ledger.periods import OPEN
from core.ledger.periods import list_periods
from core.ledger.periods import read_month
from core.ledger.periods import reopen_period
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("closing", __name__, url_prefix="/periods")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("ledger.view", "profit.view", "costs.view")
def index() -> Answer:
    """List the periods, with the checklist of the one that is next to close."""
    return _page([])


@blueprint.post("/close")
@require("ledger.post", "ledger.view", "profit.view", "costs.view")
def close() -> Answer:
    """Close a month; what does not block it may be accepted."""
    try:
        month = read_month(request.form.get("month", ""))
        with current.writing() as session:
            close_month(
                session,
                current.company().id,
                month,
                by=current_actor().name,
                accepted=request.form.getlist("accepted"),
            )
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)]), status_of(error)
    flash(_("%(month)s is closed.", month=f"{month:%Y-%m}"), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/reopen")
@require("ledger.reopen", "ledger.view", "profit.view", "costs.view")
def reopen() -> Answer:
    """Open the last closed month again, with a reason."""
    try:
        month = read_month(request.form.get("month", ""))
        with current.writing() as session:
            reopen_period(
                session,
                current.company().id,
                month,
                reason=request.form.get("reason", ""),
                by=current_actor().name,
            )
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)]), status_of(error)
    flash(_("%(month)s is open again.", month=f"{month:%Y-%m}"), "success")
    return redirect(url_for(".index"), 303)


def _page(problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    periods = list_periods(session, company.id)
    following = min((each.month for each in periods if each.state == OPEN), default=None)
    return render_template(
        "closing/index.html",
        periods=periods,
        following=following,
        last_closed=max((each.month for each in periods if each.state != OPEN), default=None),
        tasks=checklist(session, company.id, following) if following is not None else [],
        problems=problems,
    )
