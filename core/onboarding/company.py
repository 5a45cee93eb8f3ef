"""Saying what the own company is: its name, country, time zone, and what its books are kept in."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.identity.deeds import deed
from core.kernel.companies import CompanyInfo
from core.kernel.companies import checked_company
from core.kernel.models import Company
from core.ledger.models import Entry
from core.orders.models import Order
from core.stock.models import Document


def is_empty(session: Session, company_id: int) -> bool:
    """Say whether a company has no fact yet that is told in its currency or its days."""
    found = [
        sa.select(each.id).where(each.company_id == company_id).exists()
        for each in (Order, Document, Entry)
    ]
    return not session.scalar(sa.select(sa.or_(*found)))


def change_company(
    session: Session, company_id: int, *, name: str, country: str, currency: str, timezone: str
) -> CompanyInfo:
    """Change a company; its currency and time zone stay once anything is booked.

    Raises: InputError for what does not exist, Conflict for what cannot be changed any more.
    """
    wanted = checked_company(name, country, currency, timezone)
    row = session.get_one(Company, company_id)
    fixed = (row.currency, row.timezone) != (wanted.currency, wanted.timezone)
    if fixed and not is_empty(session, company_id):
        raise Conflict(
            "The currency and the time zone hold for what is booked already.",
            hint="Make another installation for books in another currency.",
        )
    before = {each: getattr(row, each) for each in ("name", "country", "currency", "timezone")}
    with deed(session, company_id, "company.changed", row.code) as told:
        row.name, row.country = wanted.name, wanted.country
        row.currency, row.timezone = wanted.currency, wanted.timezone
        session.flush()
        if told is not None:
            told.before |= before
            told.after |= {each: getattr(row, each) for each in before}
    return CompanyInfo(row.id, row.code, row.name, row.country, row.currency, row.timezone)
