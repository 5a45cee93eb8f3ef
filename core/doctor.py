"""What is wrong with the installation as a whole: `entrepot addons doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from core.identity import guards as identity
from core.kernel.jobs.health import living
from core.kernel.kernel import Kernel
from core.ledger import guards as ledger
from core.orders.tallying import missing_tallies
from core.rates.feeds import list_feeds
from core.stamps import missing_stamps

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
            for name in [
                *ledger.missing_guards(connection),
                *identity.missing_guards(connection),
                *missing_tallies(connection),
                *missing_stamps(connection),
            ]
        ]
        complaints += _workers(session)
        complaints += [
            Complaint(f"rates {feed.source}", feed.problem)
            for feed in list_feeds(session)
            if feed.problem
        ]
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
    if not living(session):
        yield Complaint("worker", "No worker has shown a heartbeat; run `entrepot worker`.")
