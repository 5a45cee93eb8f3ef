"""Pages of disputes: which wait for an answer, and answering one."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.channels.disputes import DisputeStep
from core.channels.disputes import Evidence
from core.disputes.answering import Proposal
from core.disputes.answering import answer_dispute
from core.disputes.reading import TABS
from core.disputes.reading import disputes_query
from core.disputes.reading import list_disputes
from core.disputes.reading import require_dispute
from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.paging import count_rows
from core.paging import read_cursor
from core.web import current
from core.web.once import leave_undone

LONGEST = 5000
blueprint = Blueprint("disputes", __name__, url_prefix="/disputes")


@blueprint.get("")
@require("orders.view")
def index() -> str:
    """List disputes; the address holds the whole state of the list."""
    session, company_id = current.reading(), current.company().id
    tab = request.args.get("tab", TABS[0])
    cursor = read_cursor(request.args.get("page"), datetime.fromisoformat, int)
    return render_template(
        "disputes/index.html",
        page=list_disputes(session, company_id, tab, cursor),
        tab=tab,
        counts={each: count_rows(session, disputes_query(company_id, each)) for each in TABS},
    )


@blueprint.get("/<int:dispute_id>")
@require("orders.view")
def show(dispute_id: int) -> str:
    """Show a dispute, and what may be answered."""
    row = require_dispute(current.reading(), current.company().id, dispute_id)
    return render_template("disputes/show.html", row=row, proposal=None, verdict=None)


@blueprint.post("/<int:dispute_id>/preview")
@require("orders.view", "orders.edit")
def preview(dispute_id: int) -> str | Response:
    """Show what an answer would tell the platform; nothing is sent."""
    company_id, by = current.company().id, current_actor().name
    row = require_dispute(current.reading(), company_id, dispute_id)
    current.close_reading()
    leave_undone()
    try:
        proposal = _proposal()
        told = answer_dispute(current.kernel(), company_id, dispute_id, proposal, by, preview=True)
    except EntrepotError as refusal:
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
        return redirect(url_for(".show", dispute_id=dispute_id), 303)
    return render_template("disputes/show.html", row=row, proposal=proposal, verdict=told)


@blueprint.post("/<int:dispute_id>/answer")
@require("orders.view", "orders.edit")
def answer(dispute_id: int) -> Response:
    """Answer a dispute; it is final."""
    company_id, by = current.company().id, current_actor().name
    require_dispute(current.reading(), company_id, dispute_id)
    current.close_reading()
    try:
        answer_dispute(current.kernel(), company_id, dispute_id, _proposal(), by, preview=False)
    except EntrepotError as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
    else:
        flash(_("Done."), "success")
    return redirect(url_for(".show", dispute_id=dispute_id), 303)


def _proposal() -> Proposal:
    """Read what is to be answered.

    Raises: InputError.
    """
    form = request.form
    step = next((each for each in DisputeStep if each == form.get("step")), None)
    if step is None:
        raise InputError("Say whether you give in or contest it.", where="step")
    kind = form.get("kind", "")
    files = tuple(
        Evidence(kind, each.filename, each.read())
        for each in request.files.getlist("evidence")
        if each.filename
    )
    note = form.get("note", "")[:LONGEST]
    carrier, tracking = form.get("carrier", "")[:200], form.get("tracking", "")[:200]
    return Proposal(step, note, files, carrier, tracking)
