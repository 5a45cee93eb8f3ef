"""What is wrong with the installation as a whole: `entrepot addons doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.identity import guards as identity
from core.kernel.kernel import Kernel
from core.kernel.models import Lease
from core.ledger import guards as ledger

HEALTHY = ("enabled", "disabled", "discovered", "uninstalled")
PRAGMAS = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}


@dataclass(frozen=True)
class Complaint:
    """Something that needs a person: where it is, and what."""

    where: str
    what: str


def examine(kernel: Kernel) -> list[Complaint]:
    """Return everything that needs a person; nothing is changed."""
    kernel.refresh()
    complaints = list(_addons(kernel))
    with kernel.db.read() as session:
        connection = session.connection()
        complaints += _pragmas(connection)
        complaints += [
            Complaint("guards", f"The trigger {name} is missing.")
            for name in [*ledger.missing_guards(connection), *identity.missing_guards(connection)]
        ]
        complaints += _workers(session)
    return complaints


def _addons(kernel: Kernel) -> Iterator[Complaint]:
    for addon in kernel.overview():
        if addon.state not in HEALTHY:
            yield Complaint(f"addon {addon.name}", f"{addon.state}: {addon.reason}")
        elif addon.changed:
            yield Complaint(f"addon {addon.name}", addon.changed)


def _pragmas(connection: Connection) -> Iterator[Complaint]:
    if connection.dialect.name != "sqlite":
        return
    for pragma, wanted in PRAGMAS.items():
        found = str(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar())
        if found != wanted:
            yield Complaint("database", f"PRAGMA {pragma} is {found}, not {wanted}.")


def _workers(session: Session) -> Iterator[Complaint]:
    alive = select(Lease.name).where(Lease.name.like("worker:%"), Lease.expires_at > clock.now())
    if session.scalars(alive).first() is None:
        yield Complaint("worker", "No worker has shown a heartbeat; run `entrepot worker`.")
