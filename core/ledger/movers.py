"""The goods that sell most, by what those that were sold had cost."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Day
from core.ledger.summing import FRESH


def costliest(session: Session, company_id: int, month: date, most: int) -> dict[int, int]:
    """Return the SKUs whose goods sold since the first of a month cost most, with those costs.

    From the sums of months and the fresh changes, by one statement; minor units of the company.
    """
    fresh = FRESH[session.get_bind().dialect.name]
    query = sa.text(
        "SELECT sku_id, CAST(SUM(cost) AS BIGINT) FROM ("  # noqa: S608
        "SELECT s.sku_id, -s.cogs AS cost FROM ledger_profit_sum s WHERE s.company_id = :c"
        " AND s.cut = 'sku.month' AND s.starts_on >= :month AND s.sku_id > 0"
        f" UNION ALL SELECT p.sku_id, -p.cogs FROM {fresh} AND p.booked_on >= :month"
        " AND p.sku_id IS NOT NULL) sold"
        " GROUP BY sku_id HAVING SUM(cost) > 0 ORDER BY 2 DESC, 1 LIMIT :most"
    ).bindparams(sa.bindparam("month", type_=Day()))
    rows = session.connection().execute(query, {"c": company_id, "month": month, "most": most})
    return {row[0]: int(row[1]) for row in rows}
