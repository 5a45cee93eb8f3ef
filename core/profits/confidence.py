"""How sure the sales of some days are: settled, estimated, or without the cost of their goods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from core.ledger.months import NET_SALES
from core.ledger.settledness import has_settled
from core.ledger.summing import sum_marked

NAMES = ("settled", "estimated", "incomplete")

_SHORT = (
    "SELECT DISTINCT order_id FROM stock_short"
    " WHERE company_id = :c AND open_quantity > 0 AND order_id IS NOT NULL"
)
_INCOMPLETE = f"SELECT order_id, 1 FROM ({_SHORT}) s"  # noqa: S608
_OPEN = (
    "SELECT id, 0 FROM fees_finality WHERE company_id = :c AND state < 2"  # noqa: S608
    f" AND id NOT IN ({_SHORT}) UNION ALL {_INCOMPLETE}"
)


@dataclass(frozen=True, slots=True)
class Confidence:
    """Net sales in minor units of the company, by how sure what they earned is.

    Settled: the platform has paid. Estimated: fees are estimates still. Incomplete: goods left
    that were never received, so that what they cost is not known.
    """

    settled: int
    estimated: int
    incomplete: int

    @property
    def shares(self) -> dict[str, int]:
        """Return the share of each in whole per cent, together 100; none where nothing was sold."""
        parts = {name: max(getattr(self, name), 0) for name in NAMES}
        total = sum(parts.values())
        if not total:
            return {}
        found = {name: part * 100 // total for name, part in parts.items()}
        # What is not there has no share, and what is there is never rounded away.
        found = {name: max(found[name], 1) if parts[name] else 0 for name in NAMES}
        largest = max(NAMES, key=lambda name: found[name])
        found[largest] += 100 - sum(found.values())
        return found


def confidence(
    session: Session, company_id: int, start: date | None, end: date | None, net_sales: int
) -> Confidence:
    """Return how sure the net sales are that were booked from one day to another, both included.

    What is open is little and known by an index, so that what is settled need not be added up.
    """
    settles = has_settled(session, company_id)
    orders = _OPEN if settles else _INCOMPLETE
    open_sales, incomplete = sum_marked(session, company_id, NET_SALES, start, end, orders)
    if not settles:
        return Confidence(0, net_sales - incomplete, incomplete)
    return Confidence(net_sales - open_sales, open_sales - incomplete, incomplete)
