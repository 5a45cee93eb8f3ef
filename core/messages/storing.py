"""Keeping what platforms tell of conversations: each message once, in the order of its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.external import Direction
from core.channels.external import ExternalMessage
from core.channels.shops import AccountFacts
from core.db import any_of
from core.ids import next_ids
from core.messages.linking import link
from core.messages.models import BuyerMessage
from core.messages.models import Conversation
from core.messages.texts import place_of
from core.messages.texts import sealer_of


def keep_messages(session: Session, account: AccountFacts, told: Sequence[ExternalMessage]) -> int:
    """Store what is new of a page, and return how many messages were; the rest changes nothing.

    What was forgotten does not come back: its row is still there.
    """
    if not told:
        return 0
    talks = _conversations(session, account, told)
    known = _known(session, account.company_id, talks, told)
    fresh: dict[tuple[int, str], ExternalMessage] = {}
    for each in sorted(told, key=lambda one: one.sent_at):
        _note_what_is_so_now(talks[each.thread], each)
        key = (talks[each.thread].id, each.external_id)
        if key not in known:
            fresh.setdefault(key, each)
    _insert(session, account.company_id, fresh)
    for each in fresh.values():
        _count(talks[each.thread], each)
    session.flush()
    link(session, account, [talk.id for talk in talks.values()])
    return len(fresh)


def _conversations(
    session: Session, account: AccountFacts, told: Sequence[ExternalMessage]
) -> dict[str, Conversation]:
    """Return the conversations of some messages; those that are new are made."""
    threads = {each.thread: each for each in told}
    query = sa.select(Conversation).where(
        Conversation.company_id == account.company_id,
        Conversation.platform == account.platform,
        Conversation.account == account.account,
        any_of(session, Conversation.external_ref, sorted(threads)),
    )
    found = {row.external_ref: row for row in session.scalars(query)}
    missing = [thread for thread in sorted(threads) if thread not in found]
    for thread, new_id in zip(missing, next_ids(session, len(missing)), strict=True):
        found[thread] = new_conversation(account, new_id, thread)
        found[thread].last_at = threads[thread].sent_at
        session.add(found[thread])
    session.flush()
    return found


def new_conversation(account: AccountFacts, new_id: int, thread: str) -> Conversation:
    """Return a conversation in which nothing was said yet."""
    return Conversation(
        company_id=account.company_id,
        id=new_id,
        platform=account.platform,
        account=account.account,
        external_ref=thread,
        listing="",
        waiting=0,
        unread=0,
        last_at=clock.now(),
        allows=[],
        row_version=1,
    )


def _known(
    session: Session,
    company_id: int,
    talks: dict[str, Conversation],
    told: Sequence[ExternalMessage],
) -> frozenset[tuple[int, str]]:
    query = sa.select(BuyerMessage.conversation_id, BuyerMessage.external_ref).where(
        BuyerMessage.company_id == company_id,
        any_of(session, BuyerMessage.conversation_id, sorted(each.id for each in talks.values())),
        any_of(session, BuyerMessage.external_ref, sorted({each.external_id for each in told})),
    )
    return frozenset((row[0], row[1] or "") for row in session.execute(query))


def _note_what_is_so_now(talk: Conversation, told: ExternalMessage) -> None:
    talk.buyer_ref = told.buyer_ref or talk.buyer_ref
    talk.order_ref = told.order_id or talk.order_ref
    talk.listing = told.listing or talk.listing
    if told.allows is not None:
        talk.allows, talk.allows_at = [asdict(kind) for kind in told.allows], clock.now()


def _insert(
    session: Session, company_id: int, fresh: dict[tuple[int, str], ExternalMessage]
) -> None:
    sealer = sealer_of(session)
    ids = next_ids(session, len(fresh))
    for new_id, ((talk_id, ref), each) in zip(ids, fresh.items(), strict=True):
        key_id, sealed = sealer.seal(place_of(company_id, talk_id), each.text.encode())
        session.add(
            BuyerMessage(
                company_id=company_id,
                id=new_id,
                conversation_id=talk_id,
                external_ref=ref,
                direction=str(each.direction),
                kind=each.kind,
                sent_at=each.sent_at,
                sealed=sealed,
                key_id=key_id,
                author="",
            )
        )
    session.flush()


def _count(talk: Conversation, each: ExternalMessage) -> None:
    """Let a conversation show a message that is new here, whenever it was written."""
    talk.last_at = max(talk.last_at, each.sent_at)
    talk.row_version += 1
    if each.direction is Direction.IN:
        talk.unread += 1
        if talk.last_in_at is None or each.sent_at >= talk.last_in_at:
            talk.last_in_at = each.sent_at
            talk.answer_by = each.answer_by
    elif each.direction is Direction.OUT:
        talk.last_out_at = max(talk.last_out_at or each.sent_at, each.sent_at)
    settle(talk)


def settle(talk: Conversation) -> None:
    """Say whether a conversation waits for us: the buyer has the last word."""
    last_in, last_out = talk.last_in_at, talk.last_out_at
    talk.waiting = int(last_in is not None and (last_out is None or last_out < last_in))
    if not talk.waiting:
        talk.answer_by, talk.unread = None, 0
