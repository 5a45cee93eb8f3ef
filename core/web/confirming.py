"""What the API asks the password for: no program has it, so no token opens it.

    @blueprint.post("/<name>/enable")
    @require("addons.manage")
    @rest.takes()
    @asks_password
    def enable(name: str) -> rest.Answer[AddonDocument]: ...

The pages ask for it just before such an act. A browser whose visitor has given it within minutes
may ask the API for the same, with the token of a form in the header `X-CSRFToken`.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from functools import wraps
from typing import Any
from typing import TypeVar
from typing import cast

from marshmallow import Schema

from core.errors import EntrepotError
from core.kernel.schema import secret_fields
from core.web import current

View = TypeVar("View", bound=Callable[..., Any])
ASKING = "entrepot_asks_password"


class PasswordNeeded(EntrepotError):
    """An act wants the password again, which only a person in a browser can give (403)."""


def asks_password(view: View) -> View:
    """Open a view only to who has given his password within minutes.

    It raises PasswordNeeded for everybody else, and for every token.
    """

    @wraps(view)
    def asking(*values: Any, **named: Any) -> Any:
        require_password()
        return view(*values, **named)

    setattr(asking, ASKING, True)
    return cast("View", asking)


def is_asking(view: object) -> bool:
    """Say whether a view asks for the password."""
    return getattr(view, ASKING, False)


def require_password() -> None:
    """Go on only for who has given his password within minutes.

    Raises: PasswordNeeded.
    """
    visitor = current.visitor()
    if visitor is None or not visitor.is_fresh:
        raise PasswordNeeded(
            "This asks for the password, which no token stands for.",
            hint="Do it on the page, or on the command line.",
        )


def require_password_for_secrets(kind: type[Schema] | None, given: Collection[str]) -> None:
    """Go on with what was given for settings only if no secret is among it, or as above.

    Raises: PasswordNeeded.
    """
    if secret_fields(kind) & set(given):
        require_password()
