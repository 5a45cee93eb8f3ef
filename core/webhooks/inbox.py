"""The inbox: a verified webhook is kept as it came and marks its connection as dirty.

It is a hint, never a fact: the task that it enqueues asks the platform for the truth. Deliveries of
one event count once. What came while the connection was paused is kept and waits.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.errors import EntrepotError
from core.errors import NotFound
from core.ids import next_id
from core.kernel import sealing
from core.kernel import secrets
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.context import running_addon
from core.kernel.faults import BOUNDARY
from core.kernel.jobs import enqueue
from core.kernel.models import Connection
from core.kernel.secrets import Scope
from core.webhooks.declaring import Webhooks
from core.webhooks.declaring import webhooks_of
from core.webhooks.keys import key_ring
from core.webhooks.models import Message
from core.webhooks.refusals import refusals
from core.webhooks.signatures import WebhookMessage

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)

WAITING = "waiting"
HANDLED = "handled"
KEEP_DAYS = 30
MAX_TEXT = 200


class Outcome(StrEnum):
    """What became of a message."""

    REFUSED = "refused"
    REPEATED = "repeated"
    STORED = "stored"


@dataclass(frozen=True, slots=True)
class WebhookNote:
    """A message that waits: what kind, and what it is about."""

    id: int
    topic: str
    about: str
    received_at: datetime


def receive(kernel: Kernel, addon: str, connection_id: int, message: WebhookMessage) -> Outcome:
    """Take in a message if its signature holds; before that nothing is parsed, nothing written."""
    declared = webhooks_of(kernel, addon)
    owner = _owner(kernel, addon, connection_id) if declared is not None else None
    if declared is None or owner is None or not _verified(kernel, declared, owner, message):
        refusals.count(kernel.db, addon, connection_id if owner is not None else 0)
        return Outcome.REFUSED
    values = _values(kernel, declared, owner, message)
    with kernel.db.write() as session:
        values["id"] = next_id(session)
        place = place_of(owner.company_id, owner.id, values["event_key"])
        values["key_id"], values["body"] = sealing.seal(kernel.config, place, message.body)
        if not _insert(session, values):
            return Outcome.REPEATED
        if owner.state != PAUSED:
            _mark_dirty(session, declared, owner.id, owner.company_id, values["topic"])
    return Outcome.STORED


def challenge(kernel: Kernel, addon: str, connection_id: int, code: str, address: str) -> str:
    """Return what a platform wants to hear when it tries an address; nothing where it may not."""
    declared = webhooks_of(kernel, addon)
    owner = _owner(kernel, addon, connection_id) if declared is not None else None
    if declared is None or declared.challenge is None or owner is None or not owner.secrets:
        return ""
    try:
        with running_addon(addon):
            return declared.challenge(code, owner.secrets[0], address)
    except BOUNDARY as error:
        log.warning("%s could not answer a challenge: %s", addon, type(error).__name__)
        return ""


def waiting_webhooks(
    session: Session, connection: ConnectionInfo, *, limit: int = 500
) -> list[WebhookNote]:
    """Return the messages of a connection that nobody has dealt with, oldest first."""
    query = (
        sa.select(Message.id, Message.topic, Message.about, Message.received_at)
        .where(*_of(connection), Message.state == WAITING)
        .order_by(Message.id)
        .limit(limit)
    )
    return [WebhookNote(*row) for row in session.execute(query)]


def webhook_body(session: Session, connection: ConnectionInfo, message_id: int) -> bytes:
    """Return the raw body of a message.

    Raises: NotFound, KernelError when its key is lost.
    """
    query = sa.select(Message).where(*_of(connection), Message.id == message_id)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such webhook.", hint="It may have been purged.")
    kernel: Kernel = session.info["kernel"]
    place = place_of(row.company_id, row.connection_id, row.event_key)
    return sealing.unseal(kernel.config, place, row.key_id, row.body)


def webhooks_handled(session: Session, connection: ConnectionInfo, ids: Collection[int]) -> None:
    """Note, together with what was fetched, that messages are dealt with."""
    session.execute(
        sa.update(Message)
        .where(*_of(connection), any_of(session, Message.id, sorted(ids)))
        .values(state=HANDLED, handled_at=clock.now())
    )


def wake(session: Session, *, older_than: timedelta = timedelta(0)) -> int:
    """Enqueue the tasks of what waits, of connections that are not paused; return how many."""
    kernel: Kernel = session.info["kernel"]
    query = (
        sa.select(Connection.addon, Connection.id, Connection.company_id, Message.topic)
        .join(Connection, Connection.id == Message.connection_id)
        .where(
            Message.state == WAITING,
            Message.received_at <= clock.now() - older_than,
            Connection.state != PAUSED,
        )
        .distinct()
    )
    count = 0
    for addon, connection_id, company_id, topic in session.execute(query).all():
        declared = webhooks_of(kernel, addon) if addon in kernel.enabled else None
        if declared is not None:
            count += _mark_dirty(session, declared, connection_id, company_id, topic)
    return count


def purge_webhooks(session: Session) -> int:
    """Take away the messages whose date has come; return how many."""
    due = Message.purge_on <= clock.now().date()
    result: Any = session.execute(sa.delete(Message).where(due))
    return int(result.rowcount)


def backlog(session: Session, connection: ConnectionInfo) -> int:
    """Return how many messages of a connection wait."""
    query = sa.select(sa.func.count()).where(*_of(connection), Message.state == WAITING)
    return session.scalar(query) or 0


def place_of(company_id: int, connection_id: int, event_key: str) -> str:
    """Return the place for which a body is sealed."""
    return f"webhook|{company_id}|{connection_id}|{event_key}"


@dataclass(frozen=True, slots=True)
class _Owner:
    id: int
    company_id: int
    addon: str
    state: str
    secrets: Sequence[str]
    before: bytes = b""
    """What is signed before the body."""


def _owner(kernel: Kernel, addon: str, connection_id: int) -> _Owner | None:
    """Return the connection that an address names, with the secrets that may have signed."""
    declared = webhooks_of(kernel, addon)
    with kernel.db.read() as session:
        row = session.get(Connection, connection_id)
        if row is None or row.addon != addon or declared is None:
            return None
        house, _ = secrets.read_secrets(session, kernel.config, Scope(addon))
        own, _ = secrets.read_secrets(session, kernel.config, Scope(addon, connection_id))
    held = {**house, **own}
    found = []
    for name in declared.secrets:
        try:
            found.append(held[name].reveal() if name in held else "")
        except EntrepotError:
            log.warning("the secret %s of connection %s cannot be read", name, connection_id)
    # An empty secret would let anybody sign.
    before = str(row.settings.get(declared.signed_before) or "").encode()
    kept = [each for each in found if each]
    return _Owner(row.id, row.company_id, addon, row.state, kept, before)


def _verified(kernel: Kernel, declared: Webhooks, owner: _Owner, message: WebhookMessage) -> bool:
    if len(message.body) > declared.max_bytes or not owner.secrets:
        return False
    good = 0
    signed = replace(message, body=owner.before + message.body)
    for secret in _secrets(kernel, declared, owner, message):
        try:
            with running_addon(owner.addon):
                good += declared.verifier.verify(signed, secret) is True
        except BOUNDARY as error:
            # No fault on record: strangers could have the addon taken out of service by it.
            log.warning("%s could not verify a webhook: %s", owner.addon, type(error).__name__)
    return good > 0


def _secrets(
    kernel: Kernel, declared: Webhooks, owner: _Owner, message: WebhookMessage
) -> Sequence[str]:
    """Return what may have signed: secrets of the connection, or the key of the platform's own."""
    if declared.keys is None:
        return owner.secrets
    key = key_ring.find(kernel, declared, (owner.company_id, owner.id), message)
    return [key] if key else []


def _values(
    kernel: Kernel, declared: Webhooks, owner: _Owner, message: WebhookMessage
) -> dict[str, Any]:
    event = _told(owner.addon, declared.event_id, message)
    content = event.encode() if event else message.body
    kind = "id" if event else "body"
    return {
        "company_id": owner.company_id,
        "connection_id": owner.id,
        "event_key": f"{kind}:{hashlib.sha256(content).hexdigest()}",
        "topic": _told(owner.addon, declared.topic, message),
        "about": _told(owner.addon, declared.about, message),
        "headers": {
            name.lower(): message.header(name)[:MAX_TEXT]
            for name in declared.keep_headers
            if message.header(name)
        },
        "state": WAITING,
        "received_at": message.received_at,
        "repeats": 0,
        "purge_on": message.received_at.date() + timedelta(days=KEEP_DAYS),
    }


def _told(addon: str, read: Any, message: WebhookMessage) -> str:
    """Let the addon read something from a verified message; nothing if it cannot."""
    try:
        with running_addon(addon):
            return str(read(message))[:MAX_TEXT].replace("\0", "")
    except BOUNDARY as error:
        log.warning("%s could not read a webhook: %s", addon, type(error).__name__)
        return ""


def _insert(session: Session, values: dict[str, Any]) -> bool:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    keys = ["connection_id", "event_key"]
    statement = insert(Message).values(**values).on_conflict_do_nothing(index_elements=keys)
    if session.scalar(statement.returning(Message.id)) is not None:
        return True
    session.execute(
        sa.update(Message)
        .where(*(getattr(Message, key) == values[key] for key in keys))
        .values(repeats=Message.repeats + 1)
    )
    return False


def _mark_dirty(
    session: Session, declared: Webhooks, connection_id: int, company_id: int, topic: str
) -> bool:
    task = declared.task_of(topic)
    if not task:
        return False
    try:
        job = enqueue(
            session,
            task,
            {"topic": topic},
            unique=f"webhook:{connection_id}:{topic}",
            connection_id=connection_id,
            company_id=company_id,
        )
    except NotFound:
        # The message is kept and waits for the addon to be mended.
        log.exception("a webhook of connection %s has no task", connection_id)
        return False
    return job is not None


def _of(connection: ConnectionInfo) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Message.company_id == connection.company_id,
        Message.connection_id == connection.id,
    )
