"""What one request works with: the kernel, its reading session, the visitor and his company."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app
from flask import g
from sqlalchemy.orm import Session

from core.errors import NotFound

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

EXTENSION = "entrepot"
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """The company whose rows are shown."""

    id: int
    name: str
    country: str
    currency: str
    timezone: str

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone in which the company keeps its books."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in."""

    user_id: int
    name: str
    role: str
    session_hash: str


def kernel() -> Kernel:
    """Return the kernel of this app."""
    return cast("Kernel", current_app.extensions[EXTENSION])


def reading() -> Session:
    """Return the request's reading session, opened at its first use."""
    if "session" not in g:
        stack = ExitStack()
        g.session = stack.enter_context(kernel().db.read())
        g.session_stack = stack
    return cast("Session", g.session)


def close_reading(_error: BaseException | None = None) -> None:
    """Give the request's connection back."""
    g.pop("session", None)
    if (stack := g.pop("session_stack", None)) is not None:
        stack.close()


@contextmanager
def writing() -> Iterator[Session]:
    """Open a writing session; what the request read before is read afresh afterwards."""
    close_reading()
    with kernel().db.write() as session:
        yield session


def visitor() -> Visitor | None:
    """Return who is signed in, or None on the few public pages."""
    return cast("Visitor | None", g.get("visitor"))


def may_administer() -> bool:
    """Say whether the visitor may switch addons and change connections and settings."""
    here = visitor()
    return here is not None and here.role == ADMIN


def company() -> CompanyFacts:
    """Return the company whose rows this request may see.

    Raises: NotFound while there is no company yet.
    """
    facts = g.get("company")
    if facts is None:
        raise NotFound("There is no company yet.", hint="Make one with: entrepot init")
    return cast("CompanyFacts", facts)
