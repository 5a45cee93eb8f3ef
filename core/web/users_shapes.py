"""What the API answers about users and their tokens; of a token never what it is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from typing import TypedDict

from core.identity.models import ApiToken
from core.identity.users import UserInfo


class UserHead(TypedDict):
    """A user with his roles by company, `0` for all companies."""

    id: int
    name: str
    state: str
    roles: dict[str, list[str]]
    has_totp: bool
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None


class TokenDocument(TypedDict):
    """A token of a program: its scopes, and until when it holds."""

    id: int
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class UserMore(TypedDict):
    """A user with his tokens of this company."""

    tokens: list[TokenDocument]


class InvitedDocument(TypedDict):
    """A user who was invited; the link is told once, and null where the answer is told again."""

    user_id: int
    name: str
    invitation: str | None


def user_head(user: UserInfo) -> dict[str, Any]:
    """Return a user as a list shows him."""
    named = [name for name in UserHead.__annotations__ if name != "roles"]
    roles = {str(company_id): list(names) for company_id, names in user.roles.items()}
    return {name: getattr(user, name) for name in named} | {"roles": roles}


def token_document(token: ApiToken) -> dict[str, Any]:
    """Return a token without its secret."""
    return {name: getattr(token, name) for name in TokenDocument.__annotations__}
