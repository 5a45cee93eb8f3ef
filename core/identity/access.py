"""What a view asks of its visitor, declared on the view itself.

    @blueprint.get("/orders")
    @require("orders.view")
    def index(): ...

`require()` without a name asks for a signed-in visitor only, `public` for nobody. A view that says
neither is open to who may manage addons, and fails the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., Any])

ATTRIBUTE = "entrepot_needs"
UNDECLARED = ("addons.manage",)
"""What a view needs that does not say it."""


def require(*permissions: str) -> Callable[[View], View]:
    """Declare what a visitor must be allowed to do to reach a view; all of it."""

    def declare(view: View) -> View:
        setattr(view, ATTRIBUTE, permissions)
        return view

    return declare


def public(view: View) -> View:
    """Declare that a view is open to who is not signed in."""
    setattr(view, ATTRIBUTE, None)
    return view


def is_declared(view: object) -> bool:
    """Say whether a view declares who may reach it."""
    return hasattr(view, ATTRIBUTE)


def is_public(view: object) -> bool:
    """Say whether a view is open to everybody."""
    return getattr(view, ATTRIBUTE, UNDECLARED) is None


def needs_of(view: object) -> tuple[str, ...]:
    """Return the permissions that a view asks for."""
    needs: tuple[str, ...] | None = getattr(view, ATTRIBUTE, UNDECLARED)
    return needs or ()
