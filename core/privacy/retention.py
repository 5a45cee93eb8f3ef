"""How long personal data is kept: days after the delivery, by platform."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import InputError
from core.identity.deeds import say
from core.ids import next_id
from core.privacy.models import Retention

DEFAULT_DAYS = 30
"""Amazon's limit, the shortest that a marketplace is known to set."""

LONGEST = 3650


def retention_days(session: Session, company_id: int) -> dict[str, int]:
    """Return the days of the platforms that do not keep to the default."""
    query = sa.select(Retention.platform, Retention.days).where(Retention.company_id == company_id)
    return dict(session.execute(query).all())


def set_retention(session: Session, company_id: int, platform: str, days: int) -> None:
    """Keep personal data of a platform's orders for so many days after their delivery.

    Raises: InputError for a negative number, or one beyond ten years.
    """
    if not 0 <= days <= LONGEST:
        raise InputError(
            f"{days} days is not a time to keep personal data.",
            hint=f"Give a number from 0 to {LONGEST}.",
        )
    row = session.scalars(
        sa.select(Retention).where(
            Retention.company_id == company_id, Retention.platform == platform
        )
    ).one_or_none()
    if row is None:
        row = Retention(company_id=company_id, id=next_id(session), platform=platform)
        row.row_version = 0
        session.add(row)
    before = {"days": DEFAULT_DAYS if row.row_version == 0 else row.days}
    row.days = days
    row.row_version += 1
    session.flush()
    subject = f"platform:{platform}"
    say(session, company_id, "retention.set", subject, before=before, after={"days": days})


def forget_on(ended_at: datetime, days: int) -> date:
    """Return the day on which the data of an order that ended then is forgotten."""
    return (ended_at + timedelta(days=days)).date()
