"""Booking whatever waited, batch by batch: each is a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.identity.audit import audit
from core.kernel.kernel import Kernel
from core.orders.waiting import post_waiting


@dataclass(frozen=True, slots=True)
class Cleared:
    """How many parcels were booked, how many still wait, and why."""

    posted: int
    waiting: int
    reasons: Sequence[str]


def post_all_waiting(kernel: Kernel, company_id: int) -> Cleared:
    """Book a company's parcels that waited for a tax regime, a rate or an open period."""
    posted, waiting, last_id = 0, 0, 0
    reasons: set[str] = set()
    while True:
        with kernel.db.write() as session:
            result = post_waiting(session, company_id, after=last_id)
            if result.posted:
                after = {"parcels": result.posted}
                audit(session, "orders.posted", "orders", after=after, company_id=company_id)
        if not result.looked_at:
            return Cleared(posted, waiting, sorted(reasons))
        posted += result.posted
        waiting += result.looked_at - result.posted
        reasons.update(result.reasons)
        last_id = result.last_id
