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


def hookspec(
    kind: Kind, *, answer: type = object, attributes: tuple[str, ...] = ()
) -> Callable[[Spec], Spec]:
    """Declare a function as a hook of the given kind.

    `answer` is the type of a resolve's or a transform's answer, `attributes` is what the core reads
    of each item of a collect before it asks anything of it: what does not fit is a fault of the
    addon, not an error of the core.
    """

    def declare(function: Spec) -> Spec:
        function.__dict__["entrepot_kind"] = kind
        function.__dict__["entrepot_answer"] = answer
        function.__dict__["entrepot_attributes"] = attributes
        return _marker(function)

    return declare
