"""Forgetting the texts of messages: with the order that they are about, or when their time is over.

The rows stay, so that what a platform tells again is known, and is not stored a second time.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.messages.models import BuyerMessage
from core.messages.models import Conversation
from core.orders.models import Order
from core.partners.models import Customer
from core.privacy.models import PersonalRecord
from core.privacy.retention import DEFAULT_DAYS
from core.privacy.retention import retention_days


def forget_messages_of(session: Session, company_id: int, order_ids: Collection[int]) -> int:
    """Forget what the buyers of some orders wrote and were told; return of how many messages."""
    if not order_ids:
        return 0
    chosen = (Order.company_id == company_id, any_of(session, Order.id, sorted(order_ids)))
    buyers = (
        sa.select(Customer.platform, Customer.account, Customer.external_ref)
        .join(Order, (Order.company_id == Customer.company_id) & (Order.customer_id == Customer.id))
        .where(*chosen)
    )
    orders = sa.select(Order.platform, Order.account, Order.external_ref).where(*chosen)
    key = (Conversation.platform, Conversation.account)
    return _forget(
        session,
        company_id,
        any_of(session, Conversation.order_id, sorted(order_ids))
        | sa.tuple_(*key, Conversation.buyer_ref).in_(buyers)
        | sa.tuple_(*key, Conversation.order_ref).in_(orders),
    )


def forget_messages_of_buyers(
    session: Session, company_id: int, platform: str, account: str, refs: Collection[str]
) -> int:
    """Forget what some buyers of an account wrote, whether or not they ordered anything."""
    return _forget(
        session,
        company_id,
        (Conversation.platform == platform)
        & (Conversation.account == account)
        & any_of(session, Conversation.buyer_ref, sorted(set(refs))),
    )


def forget_due_messages(session: Session, company_id: int, now: datetime) -> int:
    """Forget the texts whose time is over; those of an order whose buyer is kept stay with it."""
    days = retention_days(session, company_id)
    kept = (
        sa.select(PersonalRecord.id)
        .where(
            PersonalRecord.company_id == Conversation.company_id,
            PersonalRecord.id == Conversation.order_id,
            PersonalRecord.forgotten_at.is_(None),
        )
        .exists()
    )
    old = BuyerMessage.sent_at < now - timedelta(days=DEFAULT_DAYS)
    if days:
        old = sa.or_(
            sa.and_(Conversation.platform.not_in(sorted(days)), old),
            *(
                (Conversation.platform == platform)
                & (BuyerMessage.sent_at < now - timedelta(days=each))
                for platform, each in sorted(days.items())
            ),
        )
    return _forget(session, company_id, ~kept & old)


def _forget(session: Session, company_id: int, which: sa.ColumnElement[bool]) -> int:
    session.flush()
    ids = (
        sa.select(BuyerMessage.id)
        .join(
            Conversation,
            (Conversation.company_id == BuyerMessage.company_id)
            & (Conversation.id == BuyerMessage.conversation_id),
        )
        .where(BuyerMessage.company_id == company_id, BuyerMessage.sealed.is_not(None), which)
    )
    gone = session.execute(
        sa.update(BuyerMessage)
        .where(BuyerMessage.company_id == company_id, BuyerMessage.id.in_(ids))
        .values(sealed=None, key_id=None, forgotten_at=clock.now())
        .returning(BuyerMessage.id)
        .execution_options(synchronize_session=False)
    )
    count = len(gone.all())
    session.expire_all()
    return count
