"""The API of buyers' messages: `/api/v1/messages`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from marshmallow import fields

from core.identity.access import require
from core.identity.actor import current_actor
from core.messages import reading
from core.messages import replying
from core.messages.models import Conversation
from core.messages.replying import kinds_of
from core.messages.shapes import MessageDocument
from core.messages.shapes import TalkDocument
from core.messages.shapes import TalkHead
from core.messages.shapes import WrittenDocument
from core.paging import read_cursor
from core.web import current
from core.web import rest

blueprint = rest.blueprint("messages", __name__)


@blueprint.get("")
@require("messages.view")
@rest.asks(tab=rest.one_of(*reading.TABS, load_default=reading.WAITING), **rest.paging())
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[TalkHead]]:
    """List conversations, those that wait for an answer first; no text is told."""
    cursor = read_cursor(asked["cursor"], int, datetime.fromisoformat, int)
    session, company = current.reading(), current.company()
    page = reading.list_talks(
        session, company.id, asked["tab"], cursor=cursor, limit=asked["limit"]
    )
    return rest.listed(page, lambda row: _head(row, row.order or row.order_ref))


@blueprint.get("/<int:talk_id>")
@require("messages.view")
@rest.asks()
def show(talk_id: int) -> rest.Answer[TalkDocument]:
    """Show a conversation; its texts are for those who answer."""
    session, company = current.reading(), current.company()
    talk = replying.conversation(session, company.id, talk_id)
    said = reading.messages_of(session, company.id, talk_id, texts=current.may("messages.answer"))
    return rest.respond(
        {
            "talk": _head(talk, talk.order_ref),
            "allows": [asdict(kind) for kind in kinds_of(talk)],
            "messages": [_message(each) for each in said],
        }
    )


@blueprint.post("/<int:talk_id>/replies")
@require("messages.view", "messages.answer")
@rest.takes(text=rest.text(20_000, load_default=""), kind=rest.text(80, load_default="text"))
def reply(told: dict[str, Any], talk_id: int) -> rest.Answer[WrittenDocument]:
    """Answer in a conversation; a worker sends it."""
    with current.writing() as session:
        made = replying.reply(
            session,
            current.company().id,
            talk_id,
            told["text"],
            kind=told["kind"],
            by=current_actor().name,
        )
    return rest.respond({"message": made})


@blueprint.post("/<int:talk_id>/again/<int:message_id>")
@require("messages.view", "messages.answer")
@rest.takes()
def repeat(talk_id: int, message_id: int) -> rest.Answer[TalkDocument]:
    """Send a message once more that failed, or of which nobody knows whether it was sent."""
    company_id = current.company().id
    replying.conversation(current.reading(), company_id, talk_id)
    with current.writing() as session:
        replying.repeat(session, company_id, message_id)
    return show(talk_id=talk_id)


@blueprint.post("/<int:talk_id>/mark")
@require("messages.view", "messages.answer")
@rest.takes(waiting=fields.Boolean(load_default=False))
def mark(told: dict[str, Any], talk_id: int) -> rest.Answer[TalkDocument]:
    """Say that a conversation needs no answer, or that it needs one after all."""
    with current.writing() as session:
        replying.mark(session, current.company().id, talk_id, waiting=told["waiting"])
    return show(talk_id=talk_id)


def _head(row: Conversation, order: str | None) -> TalkHead:
    return {
        "id": row.id,
        "platform": row.platform,
        "account": row.account,
        "reference": row.external_ref,
        "order_id": row.order_id,
        "order": order,
        "listing": row.listing,
        "waiting": bool(row.waiting),
        "unread": row.unread,
        "last_at": row.last_at,
        "answer_by": row.answer_by,
    }


def _message(said: reading.ShownMessage) -> MessageDocument:
    return {
        "id": said.id,
        "direction": said.direction,
        "kind": said.kind,
        "sent_at": said.sent_at,
        "text": said.text,
        "author": said.author,
        "state": said.state,
        "error": said.error,
    }
