"""Every hook an addon may implement, one module per domain.

A hook's docstring is its documentation; its kind says what the dispatcher does with the answers
and what happens when an addon fails (see `core.kernel.hooks`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import Literal
from typing import TypeVar

import pluggy

PROJECT = "entrepot"

Kind = Literal["observe", "check", "resolve", "collect", "transform"]

Spec = TypeVar("Spec", bound=Callable[..., Any])

hookimpl = pluggy.HookimplMarker(PROJECT)
_marker = pluggy.HookspecMarker(PROJECT)


def hookspec(kind: Kind) -> Callable[[Spec], Spec]:
    """Declare a function as a hook of the given kind."""

    def declare(function: Spec) -> Spec:
        function.__dict__["entrepot_kind"] = kind
        return _marker(function)

    return declare
