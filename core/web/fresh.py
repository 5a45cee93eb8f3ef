"""Step-up: a dangerous act asks for the password again if it was not given just now."""

from __future__ import annotations

from collections.abc import Collection

from flask import flash
from flask import redirect
from flask import request
from flask import url_for
from flask_babel import gettext as _
from marshmallow import Schema
from werkzeug.wrappers import Response

from core.kernel.schema import secret_fields
from core.web import current
from core.web.once import leave_undone


def ask_again(back: str = "") -> Response | None:
    """Return the way to prove oneself again, None for who has done so within minutes.

    It leads to `back` afterwards, or to the page that was asked for.
    """
    visitor = current.visitor()
    if visitor is not None and visitor.is_fresh:
        return None
    leave_undone()
    flash(_("Confirm that it is you, then do it again."), "warning")
    if not back:
        back = request.path if request.method == "GET" else request.form.get("next", "")
    return redirect(url_for("account.show", next=back or None, _anchor="confirm"), 303)


def ask_before_secrets(kind: type[Schema], given: Collection[str], back: str) -> Response | None:
    """Return the way to prove oneself again before secrets among what was given are stored."""
    return ask_again(back) if secret_fields(kind) & set(given) else None
