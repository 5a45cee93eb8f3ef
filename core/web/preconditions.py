"""Changing only what was read: `If-Match` with the ETag of what it is shown as (RFC 9110, 13.1.1).

    @blueprint.patch("/<int:sku_id>")
    @if_match
    def change(...) -> rest.Answer[Product]:
        with current.writing() as session:
            lock_sku(session, company_id, sku_id)
            check_unchanged(_document(sku_id))

Two people who change the same thing cannot undo each other's work unseen: the second is told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from typing import TypeVar
from typing import cast

from flask import request
from werkzeug.http import generate_etag

from core.errors import Conflict
from core.errors import InputError
from core.web.rest import respond

View = TypeVar("View", bound=Callable[..., Any])
GUARDED = "entrepot_guarded"


class PreconditionRequired(InputError):
    """A change does not say what it is a change of (428, RFC 6585)."""


class PreconditionFailed(Conflict):
    """A change is one of what is not there any more (412)."""


def if_match(view: View) -> View:
    """Let a view be asked only with `If-Match`, and tell the ETag of what it answers.

    The view raises PreconditionRequired where the header is missing.
    """

    @wraps(view)
    def guarded(*values: Any, **named: Any) -> Any:
        if "If-Match" not in request.headers:
            raise PreconditionRequired(
                "it is missing.",
                where="If-Match",
                hint="Read the thing first, and send the ETag of that answer as If-Match.",
            )
        answer = view(*values, **named)
        answer.add_etag()
        return answer

    setattr(guarded, GUARDED, True)
    return cast("View", guarded)


def is_guarded(view: object) -> bool:
    """Say whether a view wants `If-Match`."""
    return getattr(view, GUARDED, False)


def check_unchanged(document: object) -> None:
    """Go on only if a thing is still shown as when it was read; ask where nobody else can write.

    Raises: PreconditionFailed.
    """
    if not request.if_match.contains(generate_etag(respond(document).get_data())):
        raise PreconditionFailed(
            "It has changed since it was read.",
            hint="Read it again, see what changed, and send the change with the new ETag.",
        )
