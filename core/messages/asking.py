"""Asking a platform what may be sent: in a conversation, or about an order that has none."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import httpx2
import sqlalchemy as sa

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.errors import InputError
from core.ids import next_id
from core.messages.models import Conversation
from core.messages.pulling import MessageAccount
from core.messages.replying import answers_through
from core.messages.replying import conversation
from core.messages.sending import ABOUT_ORDER
from core.messages.storing import new_conversation
from core.orders.queries import get_order

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel


def ask_kinds(
    kernel: Kernel,
    company_id: int,
    talk_id: int,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> int:
    """Ask what may be sent in a conversation, keep it, and return how many kinds there are.

    Raises: NotFound, InputError without a connection, ConnectorError.
    """
    with kernel.db.read() as session:
        talk = conversation(session, company_id, talk_id)
        connection = answers_through(session, company_id, talk.platform, talk.account)
    if connection is None:
        raise InputError(f"No connection of {talk.platform} {talk.account} sends messages.")
    connector = connector_with(kernel, connection, "message_kinds", "sends no messages")
    thread = "" if talk.external_ref.startswith(ABOUT_ORDER) else talk.external_ref
    with (
        calling(kernel, connection, connector, transport) as call,
        as_addon(kernel, connection.addon, "connector:message_kinds", "Nothing was sent."),
    ):
        kinds = list(connector.message_kinds(call, thread, talk.order_ref))
    with kernel.db.write() as session:
        talk = conversation(session, company_id, talk_id)
        talk.allows, talk.allows_at = [asdict(kind) for kind in kinds], clock.now()
        talk.row_version += 1
    return len(kinds)


def talk_about(kernel: Kernel, company_id: int, order_id: int) -> int:
    """Return the conversation about an order; where the platform has none, one is made here.

    Raises: NotFound, InputError where the order's platform takes no messages.
    """
    with kernel.db.write() as session:
        order = get_order(session, company_id, order_id)
        query = (
            sa.select(Conversation.id)
            .where(Conversation.company_id == company_id, Conversation.order_id == order_id)
            .order_by(Conversation.last_at.desc())
            .limit(1)
        )
        known = session.scalar(query)
        if known is not None:
            return known
        through = answers_through(session, company_id, order.platform, order.account, first=True)
        if through is None:
            raise InputError(
                f"No connection of {order.platform} {order.account} writes to buyers first.",
                hint="Where a buyer wrote, answer in his conversation.",
            )
        account = MessageAccount(company_id, order.platform, order.account)
        made = new_conversation(account, next_id(session), ABOUT_ORDER + order.external_ref)
        made.order_ref, made.order_id = order.external_ref, order_id
        session.add(made)
        session.flush()
        return made.id
