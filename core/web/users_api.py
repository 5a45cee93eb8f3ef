"""The API of users: `/api/v1/users`. To manage them asks for the password: no token does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for
from marshmallow import fields
from sqlalchemy.orm import Session

from core.identity import tokens
from core.identity import users
from core.identity.access import require
from core.identity.actor import HOUSE
from core.identity.models import User
from core.identity.reach import find_user
from core.identity.reach import reach
from core.web import current
from core.web import rest
from core.web.confirming import asks_password
from core.web.shapes import Both
from core.web.users_shapes import InvitedDocument
from core.web.users_shapes import UserHead
from core.web.users_shapes import UserMore
from core.web.users_shapes import token_document
from core.web.users_shapes import user_head

blueprint = rest.blueprint("users", __name__)

UserDocument = Both[UserHead, UserMore]

ROLE: dict[str, fields.Field[Any]] = {
    "role": rest.text(100, load_default=""),
    "everywhere": fields.Boolean(load_default=False),
}


@blueprint.get("")
@require("users.view")
@rest.asks()
def index() -> rest.Answer[rest.Items[UserHead]]:
    """List the users of the company with their roles."""
    session = current.reading()
    found = users.list_users(session, _seen(session))
    return rest.respond({"items": [user_head(each) for each in found]})


@blueprint.post("")
@require("users.view", "users.manage")
@rest.takes(name=rest.text(100, required=True), **ROLE)
@asks_password
def add(told: dict[str, Any]) -> rest.Answer[InvitedDocument]:
    """Invite a user; the link is told this once, to be handed on by whatever is trusted."""
    with current.writing() as session:
        user, secret = users.add_user(session, told["name"], told["role"], _company(told))
        return _invited(user, secret)


@blueprint.get("/<int:user_id>")
@require("users.view")
@rest.asks()
def show(user_id: int) -> rest.Answer[UserDocument]:
    """Show a user with his roles and his tokens."""
    return rest.respond(_document(current.reading(), user_id))


@blueprint.post("/<int:user_id>/roles")
@require("users.view", "users.manage")
@rest.takes(**ROLE)
@asks_password
def give_role(told: dict[str, Any], user_id: int) -> rest.Answer[UserDocument]:
    """Give a user a role, in this company or everywhere."""
    return _act(user_id, lambda s, user: users.give_role(s, user, told["role"], _company(told)))


@blueprint.post("/<int:user_id>/roles/take")
@require("users.view", "users.manage")
@rest.takes(**ROLE)
@asks_password
def take_role(told: dict[str, Any], user_id: int) -> rest.Answer[UserDocument]:
    """Take a role away from a user."""
    return _act(user_id, lambda s, user: users.take_role(s, user, told["role"], _company(told)))


@blueprint.post("/<int:user_id>/disable")
@require("users.view", "users.manage")
@rest.takes()
@asks_password
def disable(user_id: int) -> rest.Answer[UserDocument]:
    """Let a user in no more."""
    return _act(user_id, users.disable_user)


@blueprint.post("/<int:user_id>/enable")
@require("users.view", "users.manage")
@rest.takes()
@asks_password
def enable(user_id: int) -> rest.Answer[UserDocument]:
    """Let a disabled user in again."""
    return _act(user_id, users.enable_user)


@blueprint.post("/<int:user_id>/reset")
@require("users.view", "users.manage")
@rest.takes()
@asks_password
def reset(user_id: int) -> rest.Answer[InvitedDocument]:
    """Take a user's password, second factor and tokens; a new invitation is told this once."""
    with current.writing() as session:
        user = find_user(session, user_id)
        return _invited(user, users.reset_user(session, user))


@blueprint.post("/<int:user_id>/tokens/<int:token_id>/revoke")
@require("users.view", "users.manage")
@rest.takes()
@asks_password
def revoke_token(user_id: int, token_id: int) -> rest.Answer[UserDocument]:
    """Revoke a token of a user."""
    return _act(user_id, lambda s, user: tokens.revoke_token(s, token_id, user_id=user.id))


def _act(user_id: int, act: Callable[[Session, User], object]) -> rest.Answer[UserDocument]:
    with current.writing() as session:
        act(session, find_user(session, user_id))
        return rest.respond(_document(session, user_id))


def _invited(user: User, secret: str) -> rest.Answer[InvitedDocument]:
    told = {"user_id": user.id, "name": user.name, "invitation": None}
    link = url_for("login.accept", secret=secret, _external=True)
    # The link opens an account: what is kept for an Idempotency-Key does not hold it.
    return rest.respond_once(told | {"invitation": link}, kept=told)


def _document(session: Session, user_id: int) -> dict[str, Any]:
    user = find_user(session, user_id, "users.view")
    head = user_head(users.describe(session, user, _seen(session)))
    found = tokens.list_tokens(session, user_id=user_id, company_id=current.company().id)
    return head | {"tokens": [token_document(token) for token, _owner in found]}


def _seen(session: Session) -> frozenset[int]:
    """Return the companies whose users are shown: this one; all for who may see them everywhere."""
    mine = reach(session, "users.view") or frozenset()
    return mine if HOUSE in mine else mine & {current.company().id}


def _company(told: dict[str, Any]) -> int:
    return HOUSE if told["everywhere"] else current.company().id
