"""What one request works with: the kernel, its reading session, the visitor and his company."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
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
from core.identity.actor import current_actor

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

EXTENSION = "entrepot"


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
    """Who is signed in; a program with a token has no session."""

    user_id: int
    name: str
    companies: Sequence[tuple[int, str]] = ()
    session_hash: str = ""
    is_fresh: bool = False
    must_enrol: bool = False


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


def may(*permissions: str) -> bool:
    """Say whether the visitor has all of these permissions in the company that he looks at."""
    return current_actor().may(*permissions)


def company() -> CompanyFacts:
    """Return the company whose rows this request may see.

    Raises: NotFound while there is no company yet.
    """
    facts = g.get("company")
    if facts is None:
        raise NotFound("There is no company yet.", hint="Make one with: entrepot init")
    return cast("CompanyFacts", facts)
