"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import session as form_session
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.identity import first_run
from core.identity import sessions
from core.identity import throttle
from core.identity.access import public
from core.identity.access import require
from core.identity.audit import audit
from core.web import current
from core.web.errors import answer_error
from core.web.forms import LoginForm
from core.web.forms import local_path
from core.web.guarding import SESSION_COOKIE
from core.web.shell import set_cookie

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
@public
def show() -> str:
    """Ask for the token."""
    return render_template("login.html", form=LoginForm(next=request.args.get("next")))


@blueprint.post("/login")
@public
def enter() -> Response | tuple[str, int]:
    """Sign in by token; an address that fails often must wait."""
    address = request.remote_addr or ""
    minutes = throttle.minutes_to_wait(current.reading(), address, "")
    if minutes:
        detail = _("Too many failed attempts. Try again in %(minutes)s minutes.", minutes=minutes)
        refusal = answer_error(429, detail=detail)
        refusal.headers["Retry-After"] = str(minutes * 60)
        return refusal
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("login.html", form=form), 422
    instance = current.kernel().config.instance
    secret = None
    with current.writing() as session:
        user = first_run.owner_of_token(session, form.token.data or "")
        if user is None:
            throttle.note_failure(session, address, "")
        else:
            agent = request.headers.get("User-Agent", "")
            secret = sessions.open_session(session, user, address=address, agent=agent)
            audit(session, "session.opened", f"user:{user.name}", company_id=0)
    if secret is None:
        form.token.errors = [_("This token is not known here. Copy it whole, without spaces.")]
        return render_template("login.html", form=form), 422
    first_run.forget_token_file(instance)
    # A new session has form tokens of its own.
    form_session.clear()
    answer = redirect(local_path(form.next.data), 303)
    set_cookie(answer, SESSION_COOKIE, secret, max_age=int(sessions.SESSION_LIFE.total_seconds()))
    return answer


@blueprint.post("/logout")
@require()
def leave() -> Response:
    """Sign out here; the session is gone on the server too."""
    visitor = current.visitor()
    if visitor is not None:
        with current.writing() as session:
            sessions.end_session(session, visitor.session_hash)
            audit(session, "session.ended", f"user:{visitor.name}", company_id=0)
    form_session.clear()
    answer = redirect("/login", 303)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax")
    return answer
