"""Make an addon that implements every hook there is, those of tomorrow too."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from core.api import hookimpl
from core.kernel.reference import hooks_of
from core.kernel.registry import HOOKSPECS


def addon_with(act: Callable[..., Any], kinds: tuple[str, ...] = ()) -> type:
    """Return a class whose hooks, of these kinds or all, call `act(addon, name, arguments)`."""
    specs = [spec for module in HOOKSPECS for spec in hooks_of(module)]
    chosen = [spec for spec in specs if not kinds or vars(spec)["entrepot_kind"] in kinds]
    return type("Addon", (), {spec.__name__: _hook(spec, act) for spec in chosen})


def _hook(spec: Callable[..., Any], act: Callable[..., Any]) -> Callable[..., Any]:
    names = list(inspect.signature(spec).parameters)
    # pluggy reads the names of arguments from the code itself, so it must have them.
    code = f"lambda {', '.join(['self', *names])}: _act(self, _name, dict({_pairs(names)}))"
    hook = eval(code, {"_act": act, "_name": spec.__name__})
    hook.__name__ = spec.__name__
    return hookimpl(hook)


def _pairs(names: list[str]) -> str:
    return ", ".join(f"{name}={name}" for name in names)
