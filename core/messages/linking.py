"""Which order a conversation is about: the one that the platform names, else the buyer's newest."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.shops import AccountFacts
from core.db import any_of
from core.messages.models import Conversation
from core.orders.models import Order
from core.partners.models import Customer


def link(session: Session, account: AccountFacts, ids: Collection[int] = ()) -> None:
    """Find the orders of conversations that have none yet.

    With `ids` also of those, where nothing but the buyer says which order is meant: he may have
    ordered again. Orders may come later than what is written about them.
    """
    mine = (
        Conversation.company_id == account.company_id,
        Conversation.platform == account.platform,
        Conversation.account == account.account,
    )
    by_buyer = Conversation.order_ref.is_(None) & Conversation.buyer_ref.is_not(None)
    open_ones = Conversation.order_id.is_(None) | (
        by_buyer & any_of(session, Conversation.id, sorted(ids))
    )
    found = sa.func.coalesce(_named(), _newest_of_buyer())
    session.execute(
        sa.update(Conversation)
        .where(
            *mine,
            open_ones,
            Conversation.order_ref.is_not(None) | Conversation.buyer_ref.is_not(None),
            found.is_not(None),
        )
        .values(order_id=found)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _named() -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.min(Order.id))
        .where(
            Order.company_id == Conversation.company_id,
            Order.platform == Conversation.platform,
            Order.account == Conversation.account,
            Order.external_ref == Conversation.order_ref,
        )
        .correlate(Conversation)
        .scalar_subquery()
    )


def _newest_of_buyer() -> sa.ScalarSelect[int]:
    return (
        sa.select(Order.id)
        .join(
            Customer,
            (Customer.company_id == Order.company_id) & (Customer.id == Order.customer_id),
        )
        .where(
            Conversation.order_ref.is_(None),
            Customer.company_id == Conversation.company_id,
            Customer.platform == Conversation.platform,
            Customer.account == Conversation.account,
            Customer.external_ref == Conversation.buyer_ref,
        )
        .order_by(Order.ordered_at.desc(), Order.id.desc())
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )
