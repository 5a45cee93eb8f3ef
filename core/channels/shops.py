"""Shops: an account on one marketplace."""

from __future__ import annotations

from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.connector import ShopFacts
from core.channels.models import Shop
from core.ids import next_id
from core.prepared import Prepared

LOCK_ACCOUNT = Prepared(
    sa.select(Shop.id)
    .where(Shop.company_id == sa.bindparam("company"), Shop.id == sa.bindparam("id"))
    .with_for_update(key_share=True)
)


class AccountFacts(Protocol):
    """A seller account on a platform."""

    @property
    def company_id(self) -> int: ...
    @property
    def platform(self) -> str: ...
    @property
    def account(self) -> str: ...


def raw_scope_of(session: Session, account: AccountFacts) -> int:
    """Return what names an account in the keys of its raw rows: its oldest shop."""
    query = sa.select(sa.func.min(Shop.id)).where(
        Shop.company_id == account.company_id,
        Shop.platform == account.platform,
        Shop.account == account.account,
    )
    return session.scalars(query).one() or 0


def shop_of(session: Session, account: AccountFacts, facts: ShopFacts) -> int:
    """Return the id of an account's shop on a marketplace; it is made at first sight."""
    query = sa.select(Shop.id).where(
        Shop.company_id == account.company_id,
        Shop.platform == account.platform,
        Shop.account == account.account,
        Shop.marketplace == facts.marketplace,
    )
    found = session.scalars(query).one_or_none()
    if found is not None:
        return found
    shop = Shop(
        company_id=account.company_id,
        id=next_id(session),
        platform=account.platform,
        account=account.account,
        marketplace=facts.marketplace,
        name=facts.name,
        currency=facts.currency,
        timezone=facts.timezone,
        created_at=clock.now(),
    )
    session.add(shop)
    session.flush()
    return shop.id
