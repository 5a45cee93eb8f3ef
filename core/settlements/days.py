"""The days of a settlement's lines, each in the zone of its shop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.models import Shop
from core.settlements.facts import StatementLine


class Days:
    """The day of a line in the zone of its shop, the company's where it has none."""

    def __init__(self, zone: ZoneInfo, zones: Mapping[str, ZoneInfo]) -> None:
        self._zone, self._zones = zone, zones
        self._met: tuple[datetime, str] | None = None
        self._day = date.min

    def of(self, line: StatementLine) -> date:
        """Return the day of a line."""
        if (line.posted_at, line.marketplace) != self._met:
            # The amounts of an order stand together and have one day.
            zone = self._zones.get(line.marketplace.casefold(), self._zone)
            self._day = line.posted_at.astimezone(zone).date()
            self._met = line.posted_at, line.marketplace
        return self._day

    def at(self, moment: datetime) -> date:
        """Return the company's day of a moment."""
        return moment.astimezone(self._zone).date()


def days_of(session: Session, company_id: int, timezone: str, account: tuple[str, str]) -> Days:
    """Return the days of an account's settlements; `account` is the one of its orders."""
    shops = sa.select(Shop.marketplace, Shop.timezone).where(
        Shop.company_id == company_id, Shop.platform == account[0], Shop.account == account[1]
    )
    zones = {name.casefold(): ZoneInfo(zone) for name, zone in session.execute(shops)}
    return Days(ZoneInfo(timezone), zones)
