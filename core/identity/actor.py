"""Who acts: the visitor of a request, the owner of a token, or whoever runs the command.

Outside a request the operator acts: who can start a command or a worker on the machine has its
database and its keys, and may do everything.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

HOUSE = 0
"""The company of what concerns the whole installation."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts, where from, and what he may do; `permissions` None is everything."""

    kind: str
    name: str
    user_id: int | None = None
    company_id: int = HOUSE
    permissions: frozenset[str] | None = frozenset()
    origin: str = ""
    request_id: str = ""

    def may(self, *permissions: str) -> bool:
        """Say whether he has all of these permissions."""
        return self.permissions is None or self.permissions.issuperset(permissions)


OPERATOR = Actor("operator", "", permissions=None)

_actor: ContextVar[Actor] = ContextVar("entrepot_actor", default=OPERATOR)


def current_actor() -> Actor:
    """Return who acts now."""
    return _actor.get()


def may(*permissions: str) -> bool:
    """Say whether who acts now has all of these permissions."""
    return _actor.get().may(*permissions)


def begin_acting(actor: Actor) -> None:
    """Let somebody act from here on; a request begins with nobody and then knows its visitor."""
    _actor.set(actor)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Let somebody act within the block."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def with_permissions(permissions: Collection[str]) -> Actor:
    """Return somebody without a name who has just these permissions."""
    return Actor("user", "somebody", permissions=frozenset(permissions))
