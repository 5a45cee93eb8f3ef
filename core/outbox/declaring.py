"""What an addon declares so that effects of its platform are sent."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from core.kernel.connections import ConnectionInfo
    from core.kernel.kernel import Kernel


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """An effect as its sender sees it.

    The platform is to be given `idempotency_key` where it takes one: it is the same at every
    attempt.
    """

    id: int
    operation: str
    target: str
    version: int
    idempotency_key: str
    payload: Mapping[str, Any] = field(repr=False)
    attempts: int = 1
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform said: its number, and whether the effect was seen to have happened."""

    vendor_ref: str = ""
    confirmed: bool = False


Send = Callable[["Kernel", "ConnectionInfo", OutboxItem], Receipt]
Find = Callable[["Kernel", "ConnectionInfo", OutboxItem], Receipt | None]


@dataclass(frozen=True, slots=True)
class EffectKind:
    """How one operation is sent: outside of any transaction, perhaps more than once.

    send        does it, and raises what `core.api` has for failures
    find        looks whether it was done; None when it was not
    repeatable  doing it twice is harmless: an absolute quantity, or the platform knows the key
    """

    send: Send
    find: Find | None = None
    repeatable: bool = False


_modules: list[str] = []


def sent_by(module: str) -> None:
    """Name a module of the core whose `effects_for(kernel, addon)` sends what connectors can."""
    if module not in _modules:
        _modules.append(module)


def effects_of(kernel: Kernel, addon: str) -> Mapping[str, EffectKind]:
    """Return the operations that an addon sends, and those that the core sends through it."""
    declared = getattr(kernel.registry.addons.get(addon), "effects", None)
    found = dict(declared) if isinstance(declared, Mapping) else {}
    for name in _modules:
        found = {**importlib.import_module(name).effects_for(kernel, addon), **found}
    return found
