"""What each month earned, read from the balances that the posting path keeps exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ledger.models import Account
from core.ledger.models import Balance

NET_SALES = frozenset({"sales", "shipping", "charges", "discounts", "refunds", "goodwill"})


@dataclass(slots=True)
class Month:
    """A month's contributions to profit by profit line, in minor units."""

    month: date
    lines: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def net_sales(self) -> int:
        """Return what buyers were charged, without tax, less discounts and refunds."""
        return sum(amount for line, amount in self.lines.items() if line in NET_SALES)

    @property
    def profit(self) -> int:
        """Return what is left."""
        return sum(self.lines.values())


def last_months(session: Session, company_id: int, count: int) -> Sequence[Month]:
    """Return the last months with income or expenses, the latest first."""
    earning = sa.and_(
        Account.company_id == Balance.company_id,
        Account.id == Balance.account_id,
        Account.profit_line.is_not(None),
    )
    months = (
        sa.select(Balance.month)
        .join(Account, earning)
        .where(Balance.company_id == company_id)
        .distinct()
        .order_by(Balance.month.desc())
        .limit(count)
    )
    rows = session.execute(
        sa.select(
            Balance.month,
            sa.func.coalesce(Account.profit_line, ""),
            sa.cast(sa.func.sum(Balance.amount), sa.BigInteger),
        )
        .join(Account, earning)
        .where(Balance.company_id == company_id, Balance.month.in_(months))
        .group_by(Balance.month, Account.profit_line)
    )
    found: dict[date, Month] = {}
    for month, line, amount in rows:
        # Income is credit and therefore negative: profit is its opposite.
        found.setdefault(month, Month(month)).lines[line] -= amount
    return sorted(found.values(), key=lambda each: each.month, reverse=True)
