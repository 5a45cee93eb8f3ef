"""The page of what came of one verb for many orders."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.actor import may
from core.orders import queries
from core.orders.offering import OFFERS
from core.orders.order_list import FILTERS
from core.orders.order_list import read_filter
from core.orders.record import Actor
from core.orders.several import MOST
from core.orders.several import act_on_several
from core.orders.undoing import marks_of
from core.orders.undoing import read_mark
from core.orders.undoing import standing
from core.orders.undoing import undo
from core.web import current
from core.web.once import leave_undone

blueprint = Blueprint("several_orders", __name__, url_prefix="/orders/several")

VERBS = ("approve", "hold", "resume", "paid", "release", "pick", "pack", "ship", "cancel")
"""In the order of an order's life; the others look at one order's lines or parcel."""


def open_verbs() -> list[str]:
    """Return what who acts may do with many orders."""
    return [verb for verb in VERBS if may(OFFERS[verb].permission)]


@blueprint.post("")
@require("orders.view")
def act() -> str | Response:
    """Do with the orders that were chosen, or with all that match, what a verb says."""
    verb = request.form.get("verb", "")
    if verb not in VERBS:
        abort(404)
    if not may(OFFERS[verb].permission):
        abort(403)
    chosen = _chosen()
    if not 0 < len(chosen) <= MOST:
        leave_undone()
        flash(_("Choose orders first, %(num)s at most.", num=MOST), "danger")
        return redirect(url_for("orders.index", **_asked()), 303)
    current.close_reading()
    actor = Actor(current_actor().name, "")
    db, company_id = current.kernel().db, current.company().id
    with db.read() as session:
        before = standing(session, company_id, chosen)
    rows = act_on_several(db, company_id, chosen, verb, actor)
    done = [row.id for row in rows if not row.why]
    with db.read() as session:
        after = standing(session, company_id, done)
    marks = marks_of(verb, before, after)
    return render_template("orders/several.html", rows=rows, verb=verb, back=_asked(), marks=marks)


@blueprint.post("/undo")
@require("orders.view")
def take_back() -> str | Response:
    """Take back what was just done with orders; those that have changed since stay as they are."""
    read = [read_mark(text) for text in request.form.getlist("undo")]
    marks = [mark for mark in read if mark is not None]
    if not 0 < len(marks) <= MOST:
        abort(404)
    if not all(may(OFFERS[mark.verb].permission) for mark in marks):
        abort(403)
    current.close_reading()
    actor = Actor(current_actor().name, "")
    rows = undo(current.kernel().db, current.company().id, marks, actor)
    if not rows:
        abort(404)
    if len(rows) == 1 and not rows[0].why:
        flash(_("Undone."), "success")
        return redirect(url_for("orders.show", order_id=rows[0].id), 303)
    return render_template("orders/several.html", rows=rows, verb="undo", back=_asked(), marks=[])


def _chosen() -> list[int]:
    if "all" not in request.form:
        given = request.form.getlist("order")
        return [int(each) for each in given if each.isdecimal() and len(each) < 19]
    narrow = read_filter(_asked())
    return queries.matching_ids(current.reading(), current.company().id, narrow, MOST + 1)


def _asked() -> dict[str, Any]:
    """Return the filter of the list from which the orders were chosen."""
    found = {name: request.form.get(f"list_{name}", "").strip() for name in FILTERS}
    return {name: value for name, value in found.items() if value}
