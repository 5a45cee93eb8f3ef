"""The pages of users and roles; administration ends where the visitor's companies end."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.identity import second_factor
from core.identity import tokens
from core.identity import users
from core.identity.access import require
from core.identity.actor import HOUSE
from core.identity.matrix import matrix_rows
from core.identity.models import User
from core.identity.permissions import matrix
from core.identity.reach import find_user
from core.identity.reach import reach
from core.web import current
from core.web.fresh import ask_again

blueprint = Blueprint("users", __name__, url_prefix="/users")

Answer = str | Response | tuple[str, int]


@blueprint.get("")
@require("users.view")
def index() -> str:
    """List the users of the visitor's companies, and what each role may do."""
    return _list()


@blueprint.post("")
@require("users.manage")
def add() -> Answer:
    """Invite a user; the link is shown once, to be handed on by whatever is trusted."""
    again = ask_again()
    if again is not None:
        return again
    form = request.form
    try:
        with current.writing() as session:
            user, secret = users.add_user(
                session, form.get("name", ""), form.get("role", ""), _company_of_form()
            )
    except EntrepotError as error:
        return _list(problems=[str(error)]), 422
    return _list(invited=user.name, link=_link(secret))


@blueprint.get("/<int:user_id>")
@require("users.view")
def show(user_id: int) -> str:
    """Show a user with his roles and tokens."""
    return _page(user_id)


@blueprint.post("/<int:user_id>/roles")
@require("users.manage")
def give_role(user_id: int) -> Answer:
    """Give a user a role."""
    role = request.form.get("role", "")
    return _act(user_id, lambda s, user: users.give_role(s, user, role, _company_of_form()))


@blueprint.post("/<int:user_id>/roles/take")
@require("users.manage")
def take_role(user_id: int) -> Answer:
    """Take a role away from a user."""
    role = request.form.get("role", "")
    return _act(user_id, lambda s, user: users.take_role(s, user, role, _company_of_form()))


@blueprint.post("/<int:user_id>/disable")
@require("users.manage")
def disable(user_id: int) -> Answer:
    """Let a user in no more."""
    return _act(user_id, users.disable_user)


@blueprint.post("/<int:user_id>/enable")
@require("users.manage")
def enable(user_id: int) -> Answer:
    """Let a disabled user in again."""
    return _act(user_id, users.enable_user)


@blueprint.post("/<int:user_id>/reset")
@require("users.manage")
def reset(user_id: int) -> Answer:
    """Take a user's password and second factor, and show a new invitation."""
    again = ask_again()
    if again is not None:
        return again
    with current.writing() as session:
        secret = users.reset_user(session, find_user(session, user_id))
    return _page(user_id, link=_link(secret))


@blueprint.post("/<int:user_id>/tokens/<int:token_id>/revoke")
@require("users.manage")
def revoke_token(user_id: int, token_id: int) -> Answer:
    """Revoke a token of a user."""
    return _act(user_id, lambda s, user: tokens.revoke_token(s, token_id, user_id=user.id))


@blueprint.post("/roles/<role>/totp")
@require("users.manage", "addons.manage")
def require_totp(role: str) -> Answer:
    """Ask everybody with a role for a second factor, or no more; holds in every company."""
    again = ask_again()
    if again is not None:
        return again
    if role in matrix().roles:
        with current.writing() as session:
            wished = request.form.get("required") == "1"
            second_factor.require_totp(session, role, required=wished)
    return redirect(url_for("users.index"), 303)


def _act(user_id: int, act: Callable[[Session, User], object]) -> Answer:
    again = ask_again()
    if again is not None:
        return again
    try:
        with current.writing() as session:
            act(session, find_user(session, user_id))
    except EntrepotError as error:
        return _page(user_id, problems=[str(error)]), 422
    flash(_("Done."), "success")
    return redirect(url_for("users.show", user_id=user_id), 303)


def _company_of_form() -> int:
    """Return the company that a form names; every company for who may give that, else his own."""
    if request.form.get("everywhere") == "1":
        return HOUSE
    return current.company().id


def _list(*, problems: list[str] | None = None, invited: str = "", link: str = "") -> str:
    session = current.reading()
    return render_template(
        "users/index.html",
        users=users.list_users(session, _seen(session)),
        areas=matrix_rows(),
        roles=matrix().roles,
        policies=second_factor.policies(session),
        everywhere=_owns_house(session),
        problems=problems or [],
        invited=invited,
        link=link,
    )


def _page(user_id: int, *, problems: list[str] | None = None, link: str = "") -> str:
    session = current.reading()
    user = find_user(session, user_id, "users.view")
    seen = _seen(session)
    return render_template(
        "users/show.html",
        user=users.describe(session, user, seen),
        tokens=tokens.list_tokens(session, user_id=user_id, company_id=current.company().id),
        companies={HOUSE: _("All companies"), **dict(_companies())},
        roles=matrix().roles,
        everywhere=_owns_house(session),
        problems=problems or [],
        link=link,
    )


def _seen(session: Session) -> frozenset[int]:
    """Return the companies whose users are shown: this one; all for who may see them everywhere."""
    mine = reach(session, "users.view") or frozenset()
    return mine if HOUSE in mine else mine & {current.company().id}


def _companies() -> list[tuple[int, str]]:
    visitor = current.visitor()
    return [] if visitor is None else list(visitor.companies)


def _owns_house(session: Session) -> bool:
    return HOUSE in (reach(session) or frozenset())


def _link(secret: str) -> str:
    return url_for("login.accept", secret=secret, _external=True)
