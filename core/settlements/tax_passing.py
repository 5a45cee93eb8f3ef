"""What passes through 2310, by platform and month of the sale: it should come to nothing.

Sales and refunds put on the account what a platform collects, settlements take off what it kept.
Both count in the month in which the order was placed, whenever the money is told of.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import table_of
from core.fees.models import Finality
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.months import month_text
from core.orders.models import Order
from core.settlements.posting import MARKETPLACE_TAX
from core.tax.declaring import CORRECTION
from core.tax.forms import month_after

OURS = frozenset({"sale", "credit_note", "charge", CORRECTION})
"""Kinds of entries that book what orders say; all others are what a platform did."""

SETTLED, MONTHS = 2, 12
NOTHING, ON_ITS_WAY, LEFT = "nothing", "on_its_way", "left"


@dataclass(frozen=True, slots=True)
class PassedThrough:
    """A platform's tax of a month: in minor units of the company's currency, positive for sales.

    `collected` is what orders booked, `kept` what settlements withheld. State: `nothing` is left,
    it is `on_its_way` while settlements of `open_orders` are still to come, or something is `left`.
    """

    NEEDS: ClassVar = {"collected": "money.view", "kept": "money.view"}

    platform: str
    month: str
    collected: int
    kept: int
    orders: int
    open_orders: int

    @property
    def rest(self) -> int:
        """Return what stands on the account still."""
        return self.collected - self.kept

    @property
    def state(self) -> str:
        """Say what is to think of the rest."""
        if not self.rest:
            return NOTHING
        return ON_ITS_WAY if self.open_orders else LEFT


def months_back(today: date) -> date:
    """Return the first day of the months that are looked at by default."""
    return month_after(today, -MONTHS)


def passed_through(session: Session, company_id: int, since: date) -> list[PassedThrough]:
    """Return each platform's tax of the months since a day, the latest first; one query.

    What no order is known of stands in the month of its entry, under no platform.
    """
    amounts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in session.execute(_query(company_id, since)):
        total = amounts[row.platform, row.month]
        total[0] += int(row.collected)
        total[1] += int(row.kept)
        total[2] += 1 if row.order_id is not None else 0
        total[3] += row.order_id is not None and (row.final or 0) < SETTLED
    found = [PassedThrough(*key, *totals) for key, totals in amounts.items()]
    return sorted(found, key=lambda each: (each.month, each.platform), reverse=True)


def _query(company_id: int, since: date) -> sa.Select[str, str, int | None, int | None, int, int]:
    day = sa.func.coalesce(Order.ordered_on, Posting.booked_on)
    month = month_text(day)
    ours = Entry.kind.in_(sorted(OURS))
    platform = sa.func.coalesce(Order.platform, "")
    return (
        sa.select(
            platform.label("platform"),
            month.label("month"),
            Order.id.label("order_id"),
            Finality.state.label("final"),
            sa.func.sum(sa.case((ours, -Posting.amount), else_=0)).label("collected"),
            sa.func.sum(sa.case((ours, 0), else_=Posting.amount)).label("kept"),
        )
        .select_from(table_of(Posting))
        .join(
            Account,
            (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id),
        )
        .join(Entry, (Entry.company_id == Posting.company_id) & (Entry.id == Posting.entry_id))
        .outerjoin(Order, (Order.company_id == Posting.company_id) & (Order.id == Posting.order_id))
        .outerjoin(Finality, (Finality.company_id == Order.company_id) & (Finality.id == Order.id))
        .where(
            Posting.company_id == company_id,
            Posting.booked_on >= since,
            Account.code == MARKETPLACE_TAX,
            day >= since,
        )
        .group_by(platform, month, Order.id, Finality.state)
    )
