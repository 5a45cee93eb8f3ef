"""Finding the orders of a person by an e-mail address, a telephone number or an order's number."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.addresses.phones import normal_phone
from core.db import any_of
from core.kernel.blinding import blinds
from core.kernel.models import Company
from core.orders.models import Order
from core.privacy.models import PersonalRecord
from core.privacy.person import EMAIL
from core.privacy.person import PHONE
from core.privacy.person import normal_email
from core.privacy.records import keyring_of


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order of a person, and whether its personal data is still there."""

    id: int
    platform: str
    account: str
    external_ref: str
    state: str
    ordered_at: datetime
    forget_on: date | None
    forgotten_at: datetime | None


def find_person(session: Session, company_id: int, text: str) -> list[FoundOrder]:
    """Return the orders of whom an e-mail address, a number or an order's own number names."""
    table, conditions = PersonalRecord, [Order.external_ref == text.strip()]
    if "@" in text:
        marks = blinds(keyring_of(session), EMAIL, normal_email(text))
        conditions.append(table.email_index.in_(marks))
    elif any(sign.isdecimal() for sign in text):
        marks = _phone_marks(session, company_id, text)
        conditions.append(table.phone_index.in_(marks))
    return _orders(session, company_id, sa.or_(*conditions))


def orders_by_id(session: Session, company_id: int, order_ids: Collection[int]) -> list[FoundOrder]:
    """Return orders with what is known of their personal data."""
    return _orders(session, company_id, any_of(session, Order.id, sorted(order_ids)))


def _phone_marks(session: Session, company_id: int, text: str) -> tuple[str, ...]:
    """Return the indexes of a number: as it stands, and as a number of each country in use."""
    home = session.scalar(sa.select(Company.country).where(Company.id == company_id)) or ""
    used = session.scalars(
        sa.select(Order.country)
        .where(Order.company_id == company_id, Order.country != home)
        .distinct()
    )
    numbers = {normal_phone(text, country) for country in (home, *used)} - {None}
    keyring = keyring_of(session)
    return tuple(
        mark
        for number in sorted(filter(None, numbers))
        for mark in blinds(keyring, PHONE, number.partition(";")[0])
    )


def _orders(
    session: Session, company_id: int, condition: sa.ColumnElement[bool]
) -> list[FoundOrder]:
    query = (
        sa.select(
            Order.id,
            Order.platform,
            Order.account,
            Order.external_ref,
            Order.state,
            Order.ordered_at,
            PersonalRecord.forget_on,
            PersonalRecord.forgotten_at,
        )
        .join(
            PersonalRecord,
            sa.and_(PersonalRecord.company_id == Order.company_id, PersonalRecord.id == Order.id),
        )
        .where(Order.company_id == company_id, condition)
        .order_by(Order.ordered_at, Order.id)
    )
    return [FoundOrder(*row) for row in session.execute(query)]
