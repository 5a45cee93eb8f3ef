"""The form by which somebody takes care of what needs a person, or puts it off."""

from __future__ import annotations

from datetime import date

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.attention import marking
from core.attention.kinds import KINDS
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.actor import may
from core.kernel.companies import today_in
from core.web import current
from core.web.once import leave_undone
from core.web.undoing import flash_done

blueprint = Blueprint("attention", __name__, url_prefix="/attention")


@blueprint.post("/<kind>")
@require()
def mark(kind: str) -> Response:
    """Say who takes care of something, and until when it is put off; it can be taken back."""
    if kind not in KINDS:
        abort(404)
    if not may(KINDS[kind]):
        abort(403)
    company, form = current.company(), request.form
    try:
        with current.writing() as session:
            before = marking.marks_of(session, company.id).get(kind, marking.NOTHING_SAID)
            marking.mark(
                session,
                company.id,
                kind,
                user_id=form.get("user", type=int),
                until_on=_day(form.get("until", "")),
                number=form.get("number", 0, type=int),
                today=today_in(company.timezone),
                by=current_actor().name,
            )
    except InputError as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
    else:
        was = [
            ("user", str(before.user_id or "")),
            ("until", before.until_on.isoformat() if before.until_on else ""),
            ("number", str(before.number)),
        ]
        flash_done(_("Done."), url_for("attention.mark", kind=kind), was)
    return redirect(url_for("home.show"), 303)


def _day(text: str) -> date | None:
    """Read a day; an empty one puts nothing off.

    Raises: InputError.
    """
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError as error:
        raise InputError(f"{text!r} is no day.", where="until") from error
