"""Answering buyers: what is written is sealed and put into the outbox in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.external import MessageKind
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say
from core.ids import next_id
from core.kernel import hooks
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id
from core.kernel.connections import list_connections
from core.messages.models import OPERATION
from core.messages.models import BuyerMessage
from core.messages.models import Conversation
from core.messages.texts import place_of
from core.messages.texts import sealer_of
from core.outbox.models import Effect
from core.outbox.putting import put
from core.outbox.putting import send_again


def conversation(session: Session, company_id: int, talk_id: int) -> Conversation:
    """Return a conversation.

    Raises: NotFound.
    """
    talk = session.get(Conversation, (company_id, talk_id))
    if talk is None:
        raise NotFound(f"There is no conversation {talk_id}.")
    return talk


def kinds_of(talk: Conversation) -> Sequence[MessageKind]:
    """Return what may be sent in a conversation, as the platform told it last."""
    return [MessageKind(**kind) for kind in talk.allows or ()]


def answers_through(
    session: Session, company_id: int, platform: str, account: str, *, first: bool = False
) -> ConnectionInfo | None:
    """Return the connection through which buyers of an account are written to, if there is one.

    With `first` one that may write to buyers who wrote nothing.
    """
    speaks = {
        addon
        for addon, connector in hooks.collect(session, "connectors")
        if getattr(connector, "platform", None) == platform
        and callable(getattr(connector, "send_message", None))
        and (not first or getattr(connector, "writes_first", False))
    }
    return next(
        (
            info
            for info in list_connections(session, company_id=company_id)
            if info.addon in speaks and info.account == account and info.state != PAUSED
        ),
        None,
    )


def reply(
    session: Session, company_id: int, talk_id: int, text: str, *, kind: str = "text", by: str
) -> int:
    """Have a conversation answered after the caller's commit; return the message's id.

    Raises: NotFound; InputError for a text or a kind that the platform does not take.
    """
    talk = conversation(session, company_id, talk_id)
    words = _checked(talk, text.strip(), kind)
    connection = answers_through(session, company_id, talk.platform, talk.account)
    if connection is None:
        raise InputError(
            f"No connection of {talk.platform} {talk.account} sends messages.",
            hint="See under Connections whether it is paused, or its addon is switched off.",
        )
    message_id = next_id(session)
    key_id, sealed = sealer_of(session).seal(place_of(company_id, talk.id), words.encode())
    session.add(
        BuyerMessage(
            company_id=company_id, id=message_id, conversation_id=talk.id, external_ref=None,
            direction="out", kind=kind, sent_at=clock.now(), sealed=sealed, key_id=key_id,
            author=by, connection_id=connection.id,
        )
    )  # fmt: skip
    session.flush()
    put(session, connection, OPERATION, str(message_id), {"message": message_id}, 0)
    if not words:
        # A request in the platform's own words can be made once.
        talk.allows = [each for each in talk.allows if each["code"] != kind]
    talk.row_version += 1
    facts = {"kind": kind, "characters": len(words)}
    say(session, company_id, "message.written", f"conversation:{talk.id}", after=facts, by=by)
    return message_id


def repeat(session: Session, company_id: int, message_id: int) -> None:
    """Send a message once more that failed, or of which nobody knows whether it was sent.

    Raises: NotFound.
    """
    message = session.get(BuyerMessage, (company_id, message_id))
    if message is None or message.connection_id is None:
        raise NotFound(f"There is no message {message_id} of ours.")
    effect = session.scalar(
        sa.select(Effect.id).where(
            Effect.company_id == company_id,
            Effect.connection_id == message.connection_id,
            Effect.operation == OPERATION,
            Effect.target == str(message_id),
        )
    )
    connection = connection_by_id(session, message.connection_id, company_id=company_id)
    send_again(session, connection, effect or 0)


def mark(session: Session, company_id: int, talk_id: int, *, waiting: bool) -> None:
    """Say that a conversation needs no answer, or that it needs one after all.

    Raises: NotFound.
    """
    talk = conversation(session, company_id, talk_id)
    talk.waiting, talk.row_version = int(waiting), talk.row_version + 1
    if not waiting:
        talk.unread, talk.answer_by = 0, None


def _checked(talk: Conversation, words: str, kind: str) -> str:
    kinds = {each.code: each for each in kinds_of(talk)}
    if kind not in kinds:
        raise InputError(
            "The platform allows no such message here now.",
            where=kind,
            hint=f"It allows: {', '.join(sorted(kinds)) or 'none'}.",
        )
    most = kinds[kind].most
    if most and not 0 < len(words) <= most:
        raise InputError(f"The text has {len(words)} characters; 1 to {most} are taken.")
    return words if most else ""
