"""Telling platforms through their connectors what is for sale, and asking what they show.

What is desired follows the stock; only what differs from what was sent goes out, newest value
first and last. A value that was sent and not confirmed is sent again under the same key.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.capabilities import Call
from core.channels.external import PushResult
from core.channels.external import StockSeen
from core.channels.external import StockUpdate
from core.db import any_of
from core.errors import ConnectorError
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.outbox.putting import CONFIRMED
from core.outbox.putting import FAILED
from core.outbox.putting import SUPERSEDED
from core.publishing.models import Push
from core.publishing.models import Target
from core.publishing.pushing import name_of
from core.publishing.pushing import note_seen
from core.publishing.targets import make_targets
from core.publishing.targets import record_pushes
from core.publishing.targets import refresh
from core.publishing.tickets import close_tickets
from core.publishing.tickets import is_waiting
from core.publishing.tickets import note_tickets
from core.publishing.tickets import open_tickets

BATCH = 25


@dataclass(slots=True)
class PushOutcome:
    """What became of the updates of a run; `conflicts` are those of the refused that met a sale."""

    due: int = 0
    taken: int = 0
    refused: int = 0
    conflicts: int = 0

    def as_json(self) -> dict[str, int]:
        """Return it as the command line shows it."""
        return asdict(self)


def push_stock(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
    reckoned: bool = False,
) -> PushOutcome:
    """Send the quantity of every target whose platform does not have it yet.

    What is desired is reckoned anew first, unless it is `reckoned`. Raises: ConnectorError as the
    connector raised it, AddonFailed; what was taken is kept.
    """
    connector = connector_with(kernel, connection, "push_stock", "has no stock to tell")
    account, outcome = (connector.platform, connection.account), PushOutcome()
    compares = bool(getattr(connector, "compares_stock", False))
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        with kernel.db.write() as session:
            if not reckoned:
                make_targets(session, connection.company_id, {account})
                refresh(session, connection.company_id, account=account)
            tickets = open_tickets(session, connection.company_id, account)
        for ticket, updates in tickets.items():
            _ask_again(kernel, connection, connector, call, ticket, updates)
        with kernel.db.read() as session:
            due = due_targets(session, connection.company_id, account)
        outcome.due = len(due)
        size = int(getattr(connector, "stock_batch", BATCH))
        for at in range(0, len(due), size):
            with kernel.db.write() as session:
                batch = begin(session, connection, due[at : at + size], compares=compares)
            with as_addon(kernel, connection.addon, "connector:push_stock", "Run it again."):
                answers = matched(batch, connector.push_stock(call, batch))
            with kernel.db.write() as session:
                known = note_tickets(session, connection.company_id, answers)
                record_answers(session, connection, known)
            outcome.taken += sum(answer.taken for answer in answers.values())
            outcome.refused += sum(not answer.taken for answer in answers.values())
            outcome.conflicts += sum(is_conflict(answer) for answer in answers.values())
    with kernel.db.write() as session:
        note_success(session, connection)
    return outcome


def _ask_again(
    kernel: Kernel,
    connection: ConnectionInfo,
    connector: Any,
    call: Call,
    ticket: str,
    updates: Sequence[StockUpdate],
) -> None:
    """Keep what became of quantities that the platform took in, if it knows by now."""
    with as_addon(kernel, connection.addon, "connector:stock_results", "Run it again."):
        results = connector.stock_results(call, ticket, updates)
    if results is None:
        return
    answers = matched(updates, results)
    with kernel.db.write() as session:
        record_answers(session, connection, answers)
        close_tickets(session, connection.company_id, list(answers))


def due_targets(session: Session, company_id: int, account: tuple[str, str]) -> list[int]:
    """Return the targets whose platform does not have what is desired, what changed last first."""
    query = (
        sa.select(Target.id)
        .where(
            Target.company_id == company_id,
            Target.platform == account[0],
            Target.account == account[1],
            # What was sent without an answer may have been done or not: its key tells.
            sa.or_(
                Target.sent_version < Target.version,
                Target.confirmed.is_distinct_from(Target.desired),
            ),
            ~is_waiting(),
        )
        .order_by(Target.desired_at.desc(), Target.id)
    )
    return list(session.scalars(query))


def begin(
    session: Session, connection: ConnectionInfo, target_ids: Sequence[int], *, compares: bool
) -> list[StockUpdate]:
    """Note that targets are being told what is desired now, and return their updates."""
    now = clock.now()
    query = sa.select(Target).where(
        Target.company_id == connection.company_id, any_of(session, Target.id, target_ids)
    )
    places = {target_id: place for place, target_id in enumerate(target_ids)}
    found = sorted(session.scalars(query.with_for_update()), key=lambda row: places[row.id])
    updates, renewed = [], []
    for row in found:
        if _stands_otherwise(row):
            # Another change than the one that the platform took: it may know that one's key.
            row.version += 1
            renewed.append(row)
        expected = (row.confirmed if row.confirmed is not None else row.seen) if compares else None
        key = f"{row.id}.{row.version}"
        updates.append(StockUpdate(row.seller_sku, row.desired, key, row.location, expected))
        row.sent, row.sent_version, row.sent_at = row.desired, row.version, now
    session.flush()
    record_pushes(session, connection.company_id, renewed)
    return updates


def _stands_otherwise(row: Target) -> bool:
    """Say whether the platform told another number than was sent, after it was sent."""
    if row.confirmed_at is None or row.sent_at is None or row.sent_version != row.version:
        return False
    return row.confirmed != row.desired and row.confirmed_at >= row.sent_at


def matched(updates: Sequence[StockUpdate], answers: Sequence[PushResult]) -> dict[str, PushResult]:
    """Return the answer to each update by its key.

    Raises: ConnectorError when a connector answers another question, or leaves one out.
    """
    found = {answer.key: answer for answer in answers}
    if found.keys() != {update.key for update in updates} or len(found) != len(answers):
        raise ConnectorError("The connector did not answer every update exactly once.")
    return found


def is_conflict(answer: PushResult) -> bool:
    """Say whether a platform refused because it shows another number than was expected."""
    return not answer.taken and answer.confirmed is not None


def record_answers(
    session: Session, connection: ConnectionInfo, answers: Mapping[str, PushResult]
) -> None:
    """Keep what the platform holds now; an answer to an older version changes nothing."""
    versions = {int(id_): int(v) for id_, v in (key.split(".") for key in answers)}
    query = sa.select(Target).where(
        Target.company_id == connection.company_id, any_of(session, Target.id, sorted(versions))
    )
    now = clock.now()
    for row in session.scalars(query.with_for_update()):
        answer = answers[f"{row.id}.{versions[row.id]}"]
        if versions[row.id] != row.version:
            continue
        if answer.taken:
            row.confirmed = row.sent if answer.confirmed is None else answer.confirmed
            row.confirmed_at, row.error = now, ""
        else:
            row.error = answer.reason[:2000]
        if is_conflict(answer):
            row.seen, row.seen_at = answer.confirmed, now
            row.confirmed, row.confirmed_at = answer.confirmed, now
    session.flush()
    _record_pushes(session, connection.company_id, answers, versions)


def _record_pushes(
    session: Session,
    company_id: int,
    answers: Mapping[str, PushResult],
    versions: Mapping[int, int],
) -> None:
    """Note how long the pushes took from the change of stock, and which never had to leave."""
    now = clock.now()
    query = sa.select(Push).where(
        Push.company_id == company_id,
        any_of(session, Push.target_id, sorted(versions)),
        Push.outcome.is_(None),
    )
    for push in session.scalars(query):
        sent = versions[push.target_id]
        if push.version < sent:
            push.outcome = SUPERSEDED
        elif push.version == sent:
            taken = answers[f"{push.target_id}.{sent}"].taken
            push.outcome = CONFIRMED if taken else FAILED
            if taken:
                push.sent_at = now
                push.milliseconds = max(int((now - push.changed_at).total_seconds() * 1000), 0)
    session.flush()


def read_stock(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> dict[str, int]:
    """Ask the platform what it shows, keep it, and let what drifted be told again.

    Raises: ConnectorError as the connector raised it, AddonFailed; what was read is kept.
    """
    connector = connector_with(kernel, connection, "read_stock", "cannot be asked what it shows")
    account, asked, drifted = (connector.platform, connection.account), 0, 0
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        with kernel.db.read() as session:
            refs = sent_refs(session, connection.company_id, account)
        for at in range(0, len(refs), BATCH):
            batch = refs[at : at + BATCH]
            with as_addon(kernel, connection.addon, "connector:read_stock", "Run it again."):
                seen = numbers(batch, connector.read_stock(call, batch))
            asked += len(batch)
            with kernel.db.write() as session:
                off = note_seen(session, connection.company_id, account, seen)
                for target in off:
                    target.confirmed, target.confirmed_at = target.seen, target.seen_at
                drifted += len(off)
    with kernel.db.write() as session:
        note_success(session, connection)
    return {"read": asked, "drifted": drifted}


def sent_refs(session: Session, company_id: int, account: tuple[str, str]) -> list[str]:
    """Return the seller SKUs that an account was told a quantity of."""
    query = (
        sa.select(Target.seller_sku)
        .where(
            Target.company_id == company_id,
            Target.platform == account[0],
            Target.account == account[1],
            Target.location == "",
            Target.sent_version > 0,
        )
        .order_by(Target.seller_sku)
    )
    return list(session.scalars(query))


def numbers(asked: Sequence[str], answers: Sequence[StockSeen]) -> dict[str, int]:
    """Return what a platform shows of each target, by its name; what it does not know is left.

    Raises: ConnectorError for an answer that nobody asked for.
    """
    if unasked := sorted({answer.external_ref for answer in answers} - set(asked)):
        raise ConnectorError(f"The connector told of {unasked[0]!r}, which nobody asked for.")
    return {name_of(answer.external_ref, ""): answer.quantity for answer in answers}
