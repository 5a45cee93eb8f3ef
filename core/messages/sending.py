"""Sending answers: each is an effect of the outbox, which holds no text but the message's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

import sqlalchemy as sa

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.external import MessageDraft
from core.channels.external import SentMessage
from core.errors import ConnectorError
from core.kernel import hooks
from core.kernel.connections import ConnectionInfo
from core.messages.models import OPERATION
from core.messages.models import BuyerMessage
from core.messages.models import Conversation
from core.messages.storing import settle
from core.messages.texts import opened
from core.messages.texts import sealer_of
from core.outbox.declaring import EffectKind
from core.outbox.declaring import OutboxItem
from core.outbox.declaring import Receipt

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

ABOUT_ORDER = "order:"
"""With this a conversation is named that the platform does not have: one about an order."""


def effects_for(kernel: Kernel, addon: str) -> Mapping[str, EffectKind]:
    """Return how messages are sent through an addon, where its connector can."""
    for name, connector in hooks.collect(kernel, "connectors"):
        if name == addon and callable(getattr(connector, "send_message", None)):
            looks = callable(getattr(connector, "find_message", None))
            return {OPERATION: EffectKind(send, find if looks else None)}
    return {}


def send(kernel: Kernel, connection: ConnectionInfo, item: OutboxItem) -> Receipt:
    """Send a message, and note what the platform calls it.

    Raises: ConnectorError, also for one whose text was forgotten.
    """
    draft = _draft(kernel, connection, item)
    sent: SentMessage = _ask(kernel, connection, "send_message", draft)
    return _note(kernel, connection, item, sent)


def find(kernel: Kernel, connection: ConnectionInfo, item: OutboxItem) -> Receipt | None:
    """Look whether a message was sent whose outcome nobody knows."""
    sent: SentMessage | None = _ask(
        kernel, connection, "find_message", _draft(kernel, connection, item)
    )
    return None if sent is None else _note(kernel, connection, item, sent)


def _ask(kernel: Kernel, connection: ConnectionInfo, method: str, draft: MessageDraft) -> Any:
    connector = connector_with(kernel, connection, method, "sends no messages")
    hint = f"`entrepot addons info {connection.addon}` shows the fault."
    with (
        calling(kernel, connection, connector) as call,
        as_addon(kernel, connection.addon, f"connector:{method}", hint),
    ):
        return getattr(connector, method)(call, draft)


def _draft(kernel: Kernel, connection: ConnectionInfo, item: OutboxItem) -> MessageDraft:
    with kernel.db.read() as session:
        message = session.get(BuyerMessage, (connection.company_id, int(item.payload["message"])))
        text = opened(sealer_of(session), message) if message is not None else None
        if message is None or text is None:
            raise ConnectorError(
                "The text of the message was forgotten, or its key is missing.",
                hint="Write it again.",
            )
        talk = session.get_one(Conversation, (connection.company_id, message.conversation_id))
        about = talk.external_ref.startswith(ABOUT_ORDER)
        return MessageDraft(
            key=item.idempotency_key,
            kind=message.kind,
            text=text,
            thread="" if about else talk.external_ref,
            order_id=talk.order_ref,
            begun_at=item.created_at,
        )


def _note(
    kernel: Kernel, connection: ConnectionInfo, item: OutboxItem, sent: SentMessage
) -> Receipt:
    """Keep what the platform calls a message; fetched meanwhile, it stands there only once."""
    with kernel.db.write() as session:
        message = session.get_one(
            BuyerMessage, (connection.company_id, int(item.payload["message"]))
        )
        talk = session.get_one(Conversation, (connection.company_id, message.conversation_id))
        if sent.external_id:
            session.execute(
                sa.delete(BuyerMessage).where(
                    BuyerMessage.company_id == connection.company_id,
                    BuyerMessage.conversation_id == talk.id,
                    BuyerMessage.external_ref == sent.external_id,
                    BuyerMessage.id != message.id,
                )
            )
        message.external_ref = sent.external_id or f"sent:{item.idempotency_key}"
        message.sent_at = sent.sent_at or clock.now()
        talk.last_out_at = max(talk.last_out_at or message.sent_at, message.sent_at)
        talk.last_at = max(talk.last_at, message.sent_at)
        talk.row_version += 1
        settle(talk)
    return Receipt(vendor_ref=sent.external_id, confirmed=bool(sent.external_id))
