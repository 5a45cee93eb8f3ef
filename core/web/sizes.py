"""How much a view takes at once, where that is more than the megabyte that all others take.

    @blueprint.post("/imports")
    @require("imports.view")
    @up_to(300_000_000)
    def send(): ...

Nothing of such a request is read before its visitor is let in: a stranger sends no large file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import TypeVar

from flask import current_app
from flask import request

View = TypeVar("View", bound=Callable[..., Any])
LARGEST = "entrepot_largest"


def up_to(number: int) -> Callable[[View], View]:
    """Let a view take that many bytes at once."""

    def declare(view: View) -> View:
        setattr(view, LARGEST, number)
        return view

    return declare


def largest() -> int | None:
    """Return how many bytes the view of this request takes; None where it does not say."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, LARGEST, None)
