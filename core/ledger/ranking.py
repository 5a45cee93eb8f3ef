"""What SKUs earned, the most first, a page at a time: fifty of fifty thousand are read, not all."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.kernel.models import Company
from core.ledger.folding import MEASURES
from core.ledger.profit import ProfitReport
from core.ledger.profit import ProfitRow
from core.ledger.profit import ProfitSums
from core.ledger.profit import make_report
from core.ledger.settledness import settledness
from core.ledger.summing import Narrow
from core.ledger.summing import Summed
from core.ledger.summing import sum_profit
from core.ledger.summing import summing_query
from core.ledger.waterfall import PROFIT_LINES
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page

_NAMES = sa.text(
    "SELECT id, code, title FROM catalog_sku WHERE company_id = :c AND id IN :ids"
).bindparams(sa.bindparam("ids", expanding=True))


@dataclass(frozen=True, slots=True)
class RankedReport:
    """A report that has the rows of a page only; its total and its rest are those of all SKUs.

    `most` is the largest profit or loss of a SKU, in minor units.
    """

    report: ProfitReport
    page: Page[ProfitRow]
    most: int


def rank_skus(
    session: Session, company_id: int, start: date | None, end: date | None, cursor: Cursor | None
) -> RankedReport:
    """Return a page of what SKUs earned from one day to another, both included.

    The parts of the cursor are the profit and the negative id of a SKU.
    """
    query, key = _ranked(session, company_id, start, end)
    found = fetch_page(session, query, key, cursor, descending=True, limit=PAGE_SIZE)
    sums = [
        Summed(row.key, row.changes, row.of_orders, {n: getattr(row, n) for n in PROFIT_LINES})
        for row in found.rows
    ]
    report = _report(session, company_id, sums, start, end)
    rows = {row.id: row for row in report.rows}
    most = found.rows[0].most if found.rows else 0
    page = Page([rows[each.key] for each in sums], found.next, found.previous)
    return RankedReport(report, page, most)


def _ranked(
    session: Session, company_id: int, start: date | None, end: date | None
) -> tuple[sa.Select[*tuple[Any, ...]], Sequence[Any]]:
    """Return the query for SKUs with their sums, and the key by which they are walked."""
    text, bound = summing_query(session, "sku_id", start, end, Narrow())
    columns = [sa.column(name, sa.BigInteger) for name in ("key", *MEASURES)]
    summed = text.bindparams(c=company_id, **bound).columns(*columns).subquery()
    profit = sum((summed.c[name] for name in PROFIT_LINES[1:]), summed.c[PROFIT_LINES[0]])
    most = sa.func.max(sa.func.abs(profit)).over()
    ranked = (
        sa.select(
            profit.label("profit"), (-summed.c.key).label("place"), summed, most.label("most")
        )
        .where(summed.c.changes != 0, summed.c.key != 0)
        .subquery()
    )
    return sa.select(ranked), (ranked.c.profit, ranked.c.place)


def _report(
    session: Session,
    company_id: int,
    sums: Sequence[Summed],
    start: date | None,
    end: date | None,
) -> ProfitReport:
    ids = tuple(each.key for each in sums)
    here, nowhere = Narrow(sku_ids=ids), Narrow(sku_ids=(0,))
    states = settledness(session, company_id, "sku_id", sums, start, end, here)
    currency = session.scalars(sa.select(Company.currency).where(Company.id == company_id)).one()
    found = session.connection().execute(_NAMES, {"c": company_id, "ids": ids})
    names: dict[Any, tuple[str | None, str | None]] = {
        sku_id: (code, title) for sku_id, code, title in found
    }
    report = make_report(ProfitSums(currency, "sku", names, sums, states, {}))
    rest = _total(sum_profit(session, company_id, "sku_id", start, end, nowhere))
    total = _total(sum_profit(session, company_id, "month", start, end))
    return replace(
        report, rest=ProfitRow(None, "", "", dict(rest), "settled"), total_lines=dict(total)
    )


def _total(sums: Sequence[Summed]) -> Mapping[str, int]:
    return {name: sum(each.lines[name] for each in sums) for name in PROFIT_LINES}
