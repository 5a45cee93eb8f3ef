"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import session as form_session
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.errors import InputError
from core.identity import passwords
from core.identity import sessions
from core.identity import throttle
from core.identity import users
from core.identity.access import public
from core.identity.access import require
from core.identity.audit import audit
from core.identity.signing_in import sign_in
from core.web import current
from core.web.errors import answer_error
from core.web.forms import LoginForm
from core.web.forms import local_path
from core.web.guarding import SESSION_COOKIE
from core.web.once import repeatable
from core.web.shell import set_cookie

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
@public
def show() -> str:
    """Ask for the token."""
    return render_template("login.html", form=LoginForm(next=request.args.get("next")))


@blueprint.post("/login")
@public
@repeatable
def enter() -> Response | tuple[str, int]:
    """Sign in; who fails often must wait."""
    form = LoginForm()
    address, name = request.remote_addr or "", (form.name.data or "").lower()
    minutes = throttle.minutes_to_wait(current.reading(), address, name)
    if minutes:
        detail = _("Too many failed attempts. Try again in %(minutes)s minutes.", minutes=minutes)
        refusal = answer_error(429, detail=detail)
        refusal.headers["Retry-After"] = str(minutes * 60)
        return refusal
    if not form.validate_on_submit():
        return render_template("login.html", form=form), 422
    current.close_reading()
    secret = sign_in(
        current.kernel(),
        name,
        form.token.data or "",
        form.code.data or "",
        address=address,
        agent=request.headers.get("User-Agent", ""),
    )
    if secret is None:
        # The same words whatever was wrong: nobody learns which users there are.
        form.token.errors = [_("This did not fit. Check what you entered, and the code if any.")]
        return render_template("login.html", form=form), 422
    # A new session has form tokens of its own.
    form_session.clear()
    answer = redirect(local_path(form.next.data), 303)
    set_cookie(answer, SESSION_COOKIE, secret, max_age=int(sessions.SESSION_LIFE.total_seconds()))
    return answer


@blueprint.route("/invitation/<secret>", methods=["GET", "POST"])
@public
def accept(secret: str) -> str | tuple[str, int] | Response:
    """Let an invited user set his password."""
    user = users.invited_user(current.reading(), secret)
    problems: list[str] = []
    if request.method == "POST":
        try:
            password_hash = checked_password(user.name)
            with current.writing() as session:
                users.accept_invitation(session, secret, password_hash)
        except EntrepotError as error:
            problems = [str(error)]
        else:
            flash(_("Your password is set. Sign in with it."), "success")
            return redirect(url_for("login.show"), 303)
    page = render_template("invitation.html", user=user, problems=problems)
    return page, 422 if problems else 200


def checked_password(user: str) -> str:
    """Return the hash of the password that a form sends twice.

    Raises: InputError when it is too weak, or the two differ.
    """
    given = request.form.get("password", "")
    if given != request.form.get("again", ""):
        raise InputError("the two passwords differ.", where="password")
    profile = current.kernel().config.password_profile
    passwords.require_good(given, user, passwords.PROFILES[profile])
    return passwords.hash_password(given)


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
