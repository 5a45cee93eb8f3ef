"""The page of the audit trail, its verification and its export."""

from __future__ import annotations

import io

from flask import Blueprint
from flask import Response
from flask import render_template
from flask import request
from flask_babel import gettext as _

from core.identity import reading
from core.identity.access import require
from core.identity.actor import HOUSE
from core.identity.actor import current_actor
from core.identity.actor import may
from core.identity.audit import audit
from core.identity.reach import reach
from core.identity.verifying import verify_trail
from core.ledger.report_files import ReportFile
from core.ledger.report_files import write_csv
from core.paging import read_cursor
from core.web import current
from core.web.once import repeatable

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

EXPORTED = 10_000
COLUMNS = ("at", "actor_kind", "actor", "origin", "action", "subject", "before", "after")


@blueprint.get("")
@require("audit.own")
def index() -> str:
    """List what was done; who may not see all sees what he did himself."""
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "audit/index.html",
        page=reading.list_entries(current.reading(), _companies(), _narrow(), cursor),
        narrow=_narrow(),
        all=may("audit.view"),
        verdict=None,
    )


@blueprint.get("/verify")
@require("audit.view")
def verify() -> str:
    """Check the whole trail and say what is wrong with this company's part of it."""
    instance = current.kernel().config.instance
    verdict = verify_trail(current.reading(), instance)
    mine = [flaw for flaw in verdict.flaws if flaw.company_id in _companies()]
    return render_template(
        "audit/index.html",
        page=reading.list_entries(current.reading(), _companies(), _narrow(), None),
        narrow=_narrow(),
        all=True,
        verdict=verdict,
        flaws=mine,
    )


@blueprint.post("/export")
@require("audit.view")
@repeatable
def export() -> Response:
    """Send the entries as CSV; the export itself is written into the trail."""
    page = reading.list_entries(current.reading(), _companies(), _narrow(), None, EXPORTED)
    rows = [tuple(_cell(getattr(row, name)) for name in COLUMNS) for row in page.rows]
    with current.writing() as session:
        audit(session, "audit.exported", "audit", after={"rows": len(rows)})
    body = io.BytesIO()
    write_csv(ReportFile(_("Audit trail"), COLUMNS, rows, 0), body)
    answer = Response(body.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _companies() -> tuple[int, ...]:
    """Return whose entries are shown: this company's, and the installation's to its owner."""
    here = current_actor().company_id
    mine = reach(current.reading(), "audit.view") or frozenset()
    return (here, HOUSE) if HOUSE in mine or not may("audit.view") else (here,)


def _narrow() -> reading.TrailFilter:
    own = None if may("audit.view") else current_actor().user_id
    return reading.TrailFilter(
        actor=request.args.get("actor", "").strip(),
        action=request.args.get("action", "").strip(),
        user_id=own,
    )
