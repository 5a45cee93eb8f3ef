"""How far estimates are off: by fee, estimator and month, kept exact by every settlement."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.models import Shop
from core.db import rows_of
from core.db import table_of
from core.fees.models import Drift
from core.ledger.models import Account
from core.ledger.periods import month_of
from core.money import round_div
from core.rows import bulk_upsert

ALERT_PERMYRIAD = 200
"""An estimator that is off by more than two percent needs a look."""

LEAST_LINES = 10
"""So few lines say nothing of an estimator yet."""

WINDOW = timedelta(days=92)
"""How far back an alert looks: what was put right long ago is no worry."""

_KEY = ("company_id", "month", "shop_id", "account", "estimator")
_SUMS = ("lines", "estimated", "actual")


def fold_drift(
    session: Session,
    company_id: int,
    day: date,
    sums: Mapping[tuple[int, str, str], Sequence[int]],
) -> None:
    """Add what a batch tells of estimators, by shop, account and estimator."""
    month = month_of(day).isoformat()
    rows = [
        (company_id, month, shop_id, account, estimator, *counts)
        for (shop_id, account, estimator), counts in sorted(sums.items())
        if any(counts)
    ]
    added = ", ".join(f"{name} = {{old}}.{name} + excluded.{name}" for name in _SUMS)
    bulk_upsert(session, table_of(Drift), (*_KEY, *_SUMS), rows, key=_KEY, assign=added)


@dataclass(frozen=True, slots=True)
class DriftRow:
    """What an estimator of a fee estimated and what came, in minor units of the shop's currency.

    `permyriad` is by how much the estimates are off, in hundredths of a percent of what came:
    positive where the fees cost more. A fee that nobody estimated has no estimator.
    """

    shop: str
    currency: str
    account: str
    title: str
    estimator: str
    lines: int
    estimated: int
    actual: int

    @property
    def difference(self) -> int:
        """Return what came beyond the estimates."""
        return self.actual - self.estimated

    @property
    def permyriad(self) -> int:
        """Return by how much the estimates are off."""
        whole = self.actual or self.estimated
        return round_div(self.difference * 10_000, whole) if whole else 0

    @property
    def alarming(self) -> bool:
        """Say whether somebody should look at the estimator."""
        return self.lines >= LEAST_LINES and abs(self.permyriad) > ALERT_PERMYRIAD


def drift_report(
    session: Session, company_id: int, *, start: date | None = None, end: date | None = None
) -> list[DriftRow]:
    """Return how far estimators are off in some months, the largest difference first."""
    columns = (Shop.name, Shop.currency, Drift.account, Account.title, Drift.estimator)
    query = (
        sa.select(
            *columns,
            *(
                sa.cast(sa.func.sum(column), sa.BigInteger)
                for column in (Drift.lines, Drift.estimated, Drift.actual)
            ),
        )
        .join(Shop, (Shop.company_id == Drift.company_id) & (Shop.id == Drift.shop_id))
        .join(Account, (Account.company_id == Drift.company_id) & (Account.code == Drift.account))
        .where(Drift.company_id == company_id)
        .group_by(*columns)
    )
    if start is not None:
        query = query.where(Drift.month >= month_of(start))
    if end is not None:
        query = query.where(Drift.month <= end)
    found = (DriftRow(*row) for row in rows_of(session, query))
    return sorted(
        (row for row in found if row.lines),
        key=lambda row: (-abs(row.difference), row.shop, row.account, row.estimator),
    )


def alarming_drift(session: Session, company_id: int, today: date) -> list[DriftRow]:
    """Return the estimators of the last months that somebody should look at."""
    return [r for r in drift_report(session, company_id, start=today - WINDOW) if r.alarming]
