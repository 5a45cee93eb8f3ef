"""How long the stock of the goods that sell most will last at the pace of the last weeks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import Database
from core.db import any_of
from core.ledger.movers import costliest
from core.ledger.periods import month_of
from core.money import minor_digits
from core.stock.models import Level

SHOWN = 8
MOST_KEPT = 1000
KEPT_SECONDS = 600.0
"""Looking at all goods that sold takes longer than a page may: the answer is kept so long."""

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Cover:
    """A SKU, how many of it are free, and for how many days that lasts; None without a cost."""

    sku_id: int
    sku: str
    free: int
    days: int | None


Kept = dict[tuple[int, date], tuple[float, Sequence[Cover]]]
# It goes with its database: another one may stand at the same place in memory later.
_kept: WeakKeyDictionary[Database, Kept] = WeakKeyDictionary()


def stock_cover(session: Session, company_id: int, currency: str, today: date) -> Sequence[Cover]:
    """Return how long the stock of what sells most lasts, the soonest gone first.

    The pace is the cost of the goods sold since the first of last month. Two queries, and none
    within ten minutes of the last.
    """
    answers = _kept.setdefault(session.info["database"], {})
    kept = answers.get((company_id, today))
    if kept is not None and time.monotonic() - kept[0] < KEPT_SECONDS:
        return kept[1]
    found = _cover(session, company_id, currency, today)
    if len(answers) > MOST_KEPT:
        answers.clear()
    answers[company_id, today] = (time.monotonic(), found)
    return found


def _cover(session: Session, company_id: int, currency: str, today: date) -> list[Cover]:
    first = month_of(month_of(today) - timedelta(days=1))
    costs = costliest(session, company_id, first, SHOWN)
    days = max((today - first).days, 1)
    levels = (
        sa.select(
            Sku.id,
            Sku.code,
            sa.func.coalesce(sa.func.sum(Level.on_hand - Level.reserved), 0),
            sa.func.coalesce(sa.func.max(Level.last_unit_cost), 0),
        )
        .outerjoin(Level, (Level.company_id == Sku.company_id) & (Level.sku_id == Sku.id))
        .where(Sku.company_id == company_id, any_of(session, Sku.id, sorted(costs)))
        .group_by(Sku.id, Sku.code)
    )
    found = []
    for sku_id, code, free, unit_cost in session.execute(levels):
        cost = costs[sku_id] * (_MICRO // 10 ** minor_digits(currency))
        lasts = max(int(free), 0) * int(unit_cost) * days // cost if unit_cost else None
        found.append(Cover(sku_id, code, int(free), lasts))
    return sorted(found, key=lambda each: (each.days is None, each.days, each.sku))
