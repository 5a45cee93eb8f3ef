"""The visitor's own account: password, second factor, sessions and tokens."""

from __future__ import annotations

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.identity import second_factor
from core.identity import sessions
from core.identity import throttle
from core.identity import tokens
from core.identity import totp
from core.identity import users
from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.audit import audit
from core.identity.models import User
from core.identity.signing_in import confirm as is_confirmed
from core.web import current
from core.web.current import Visitor
from core.web.errors import answer_error
from core.web.forms import local_path
from core.web.fresh import ask_again
from core.web.login import checked_password

blueprint = Blueprint("account", __name__, url_prefix="/account")

Answer = str | Response | tuple[str, int]


@blueprint.get("")
@require()
def show() -> str:
    """Show the visitor's account."""
    return _page()


@blueprint.post("/confirm")
@require()
def confirm() -> Answer:
    """Take the password again; dangerous acts are open for some minutes then."""
    visitor, address = _visitor(), request.remote_addr or ""
    minutes = throttle.minutes_to_wait(current.reading(), address, visitor.name)
    if minutes:
        detail = _("Too many failed attempts. Try again in %(minutes)s minutes.", minutes=minutes)
        return answer_error(429, detail=detail)
    current.close_reading()
    secret, code = request.form.get("secret", ""), request.form.get("code", "")
    fits = is_confirmed(current.kernel(), visitor.user_id, secret, code)
    with current.writing() as session:
        if fits:
            sessions.confirm_session(session, visitor.session_hash)
        else:
            throttle.note_failure(session, address, visitor.name)
            audit(session, "session.refused", f"user:{visitor.name}", company_id=0)
    if not fits:
        return _page(problems=[_("This did not fit.")]), 422
    flash(_("It is you. You can go on now."), "success")
    return redirect(local_path(request.form.get("next"), url_for("account.show")), 303)


@blueprint.post("/password")
@require()
def change_password() -> Answer:
    """Change the password; every other session ends."""
    visitor = _visitor()
    again = ask_again()
    if again is not None:
        return again
    current.close_reading()
    try:
        password_hash = checked_password(visitor.name)
    except EntrepotError as error:
        return _page(problems=[str(error)]), 422
    with current.writing() as session:
        user = session.get_one(User, visitor.user_id)
        users.set_password(session, user, password_hash, keep=visitor.session_hash)
    flash(_("The password was changed; all other sessions have ended."), "success")
    return _back()


@blueprint.post("/totp")
@require()
def begin_totp() -> Answer:
    """Show a new secret of the second factor, to be put into an app."""
    visitor = _visitor()
    again = ask_again()
    if again is not None:
        return again
    with current.writing() as session:
        secret = second_factor.begin_enrolment(session, session.get_one(User, visitor.user_id))
    return _page(secret=secret, address=totp.address_of(secret, visitor.name))


@blueprint.post("/totp/confirm")
@require()
def confirm_totp() -> Answer:
    """Turn the second factor on, and show the recovery codes this once."""
    visitor = _visitor()
    try:
        with current.writing() as session:
            user = session.get_one(User, visitor.user_id)
            codes = second_factor.confirm_enrolment(session, user, request.form.get("code", ""))
    except EntrepotError as error:
        return _page(problems=[str(error)]), 422
    return _page(codes=codes)


@blueprint.post("/totp/end")
@require()
def end_totp() -> Answer:
    """Turn the second factor off."""
    visitor = _visitor()
    again = ask_again()
    if again is not None:
        return again
    try:
        with current.writing() as session:
            second_factor.end_enrolment(session, session.get_one(User, visitor.user_id))
    except EntrepotError as error:
        return _page(problems=[str(error)]), 422
    return _back()


@blueprint.post("/sessions/<int:session_id>/end")
@require()
def end_session(session_id: int) -> Response:
    """End one of the visitor's sessions; ending it twice is the same."""
    visitor = _visitor()
    with current.writing() as session:
        if sessions.end_session_by_id(session, visitor.user_id, session_id):
            audit(session, "session.ended", f"user:{visitor.name}", company_id=0)
    return _back()


@blueprint.post("/tokens")
@require()
def make_token() -> Answer:
    """Make a token for a program, and show it this once."""
    visitor = _visitor()
    again = ask_again()
    if again is not None:
        return again
    try:
        with current.writing() as session:
            token = tokens.make_token(
                session,
                session.get_one(User, visitor.user_id),
                current.company().id,
                request.form.get("name", ""),
                request.form.getlist("scope"),
                allowed=current_actor().permissions or (),
                days=request.form.get("days", tokens.DEFAULT_DAYS, type=int),
            )
    except EntrepotError as error:
        return _page(problems=[str(error)]), 422
    return _page(token=token)


@blueprint.post("/tokens/<int:token_id>/revoke")
@require()
def revoke_token(token_id: int) -> Response:
    """Revoke one of the visitor's tokens."""
    with current.writing() as session:
        tokens.revoke_token(session, token_id, user_id=_visitor().user_id)
    return _back()


def _visitor() -> Visitor:
    """Return the visitor, who has come with a browser."""
    visitor = current.visitor()
    if visitor is None or not visitor.session_hash:
        abort(403)
    return visitor


def _page(**shown: object) -> str:
    visitor, session = _visitor(), current.reading()
    user = session.get_one(User, visitor.user_id)
    return render_template(
        "account/show.html",
        user=user,
        sessions=sessions.list_sessions(session, user.id),
        session_hash=visitor.session_hash,
        tokens=tokens.list_tokens(session, user_id=user.id),
        scopes=sorted(current_actor().permissions or ()),
        next=request.args.get("next") or request.form.get("next") or "",
        default_days=tokens.DEFAULT_DAYS,
        max_days=tokens.MAX_DAYS,
        **{"problems": [], "secret": "", "address": "", "codes": [], "token": "", **shown},
    )


def _back() -> Response:
    return redirect(url_for("account.show"), 303)
