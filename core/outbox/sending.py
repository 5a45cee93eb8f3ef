"""Sending what waits in the outbox: claimed, sent outside of any transaction, then marked.

One sender works for a connection at a time, under a lease. So what it finds half-way when it
begins was left by one that died: whether that was done is not known, and it looks before it sends
again, unless twice is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

import sqlalchemy as sa

from core import clock
from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import EntrepotError
from core.errors import OutcomeUnknown
from core.errors import RateLimited
from core.errors import Unavailable
from core.kernel import connection_states
from core.kernel import faults
from core.kernel.connections import ConnectionInfo
from core.kernel.context import running_addon
from core.kernel.leases import Grant
from core.kernel.leases import held
from core.outbox.claiming import MAX_ATTEMPTS
from core.outbox.claiming import Claimed
from core.outbox.claiming import claim
from core.outbox.claiming import of_this
from core.outbox.claiming import stopped
from core.outbox.declaring import EffectKind
from core.outbox.declaring import OutboxItem
from core.outbox.declaring import Receipt
from core.outbox.declaring import effects_of
from core.outbox.models import Effect
from core.outbox.putting import CONFIRMED
from core.outbox.putting import FAILED
from core.outbox.putting import SENDING
from core.outbox.putting import SENT
from core.outbox.putting import SUPERSEDED
from core.outbox.putting import UNKNOWN
from core.outbox.putting import WAITING

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)

# Longer than any call of a client, with all that it waits for.
LEASE_SECONDS = 300.0
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run did; `next_at` is in how many seconds something waits to be tried again."""

    sent: int = 0
    failed: int = 0
    next_in: float | None = None


def send_waiting(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    stop: Callable[[], bool] = lambda: False,
    lease_seconds: float = LEASE_SECONDS,
) -> Sent:
    """Send what is due for a connection until nothing is, or somebody asks to stop.

    Raises: Conflict when another process is at it.
    """
    sent = failed = 0
    name = f"outbox:{connection.id}"
    with held(kernel.db, name, lease_seconds) as grant:
        _recover(kernel, connection, grant)
        while not stop() and (claimed := claim(kernel, connection, grant)) is not None:
            if _deliver(kernel, connection, grant, claimed):
                sent += 1
            else:
                failed += 1
            grant.renew()
    return Sent(sent, failed, _next_in(kernel, connection))


def _recover(kernel: Kernel, connection: ConnectionInfo, grant: Grant) -> None:
    """Turn what a dead sender left half-way into what is to be looked at."""
    with kernel.db.write() as session:
        grant.require(session)
        session.execute(
            sa.update(Effect)
            .where(*of_this(connection), Effect.state == SENDING)
            .values(state=UNKNOWN)
            .execution_options(synchronize_session=False)
        )


def _deliver(kernel: Kernel, connection: ConnectionInfo, grant: Grant, claimed: Claimed) -> bool:
    item = claimed.item
    kind = effects_of(kernel, connection.addon).get(item.operation)
    try:
        if kind is None:
            raise ConnectorError(
                f"{connection.addon} sends no {item.operation}.", hint="Upgrade or mend the addon."
            )
        receipt = _ask(kernel, connection, kind, claimed)
    except EntrepotError as error:
        _note_failure(kernel, connection, grant, item, error)
        return False
    values = {
        "state": CONFIRMED if receipt.confirmed else SENT,
        "vendor_ref": receipt.vendor_ref[:MAX_TEXT],
        "confirmed_at": clock.now() if receipt.confirmed else None,
        "last_error": "",
    }
    _mark(kernel, grant, connection, item, values)
    return True


def _ask(kernel: Kernel, connection: ConnectionInfo, kind: EffectKind, claimed: Claimed) -> Receipt:
    """Send an effect; where its outcome is unknown and twice would harm, look first."""
    item = claimed.item
    try:
        with running_addon(connection.addon):
            if claimed.unknown and not kind.repeatable:
                if kind.find is None:
                    raise _Unseen(
                        f"Whether {item.operation} of {item.target} was done is not known.",
                        hint="Look at the platform, then send it again or leave it.",
                    )
                found = kind.find(kernel, connection, item)
                if found is not None:
                    return found
                if claimed.overtaken:
                    raise _Overtaken("It was not done, and a newer version is there by now.")
            return kind.send(kernel, connection, item)
    except EntrepotError:
        raise
    except faults.BOUNDARY as error:
        faults.record(kernel, connection.addon, f"outbox:{item.operation}", error)
        # It may have failed after the platform had been told.
        raise OutcomeUnknown(
            f"{connection.addon} failed in {item.operation}: {type(error).__name__}."
        ) from error


class _Unseen(ConnectorError):
    """An effect of unknown outcome that nobody but a person can judge."""


class _Overtaken(ConnectorError):
    """An effect of unknown outcome that was not done, and that a newer version replaces."""


def _note_failure(
    kernel: Kernel,
    connection: ConnectionInfo,
    grant: Grant,
    item: OutboxItem,
    error: EntrepotError,
) -> None:
    state = _state_after(error, item)
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (item.attempts - 1))
    attempts = item.attempts
    if isinstance(error, RateLimited):
        # It was turned away, not tried.
        pause, attempts = timedelta(seconds=error.retry_after), item.attempts - 1
    values = {
        "state": state,
        "attempts": MAX_ATTEMPTS if isinstance(error, _Unseen) else attempts,
        "due_at": clock.now() + pause,
        "last_error": str(error)[:MAX_TEXT],
    }
    _mark(kernel, grant, connection, item, values)
    if isinstance(error, AuthFailed):
        with kernel.db.write() as session:
            connection_states.note_failure(session, connection, error)


def _state_after(error: EntrepotError, item: OutboxItem) -> str:
    if isinstance(error, OutcomeUnknown | _Unseen):
        return UNKNOWN
    if isinstance(error, _Overtaken):
        return SUPERSEDED
    again = isinstance(error, RateLimited | Unavailable | AuthFailed)
    return WAITING if again and item.attempts < MAX_ATTEMPTS else FAILED


def _mark(
    kernel: Kernel,
    grant: Grant,
    connection: ConnectionInfo,
    item: OutboxItem,
    values: dict[str, Any],
) -> None:
    with kernel.db.write() as session:
        grant.require(session)
        session.execute(
            sa.update(Effect)
            .where(*of_this(connection), Effect.id == item.id, Effect.state == SENDING)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def _next_in(kernel: Kernel, connection: ConnectionInfo) -> float | None:
    with kernel.db.read() as session:
        if stopped(session, connection):
            return None
        first = [
            sa.select(sa.func.min(Effect.due_at).label("due_at"))
            .where(*of_this(connection), Effect.state == state, Effect.attempts < MAX_ATTEMPTS)
            .subquery()
            for state in (WAITING, UNKNOWN)
        ]
        either = sa.union_all(*(sa.select(each.c.due_at) for each in first)).subquery()
        due = session.scalar(sa.select(sa.func.min(either.c.due_at)))
    return None if due is None else max(0.0, (due - clock.now()).total_seconds())
