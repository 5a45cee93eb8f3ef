"""Issuing the invoices of many orders: each by itself, so that one that is refused stops none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from datetime import date

from core.errors import EntrepotError
from core.invoicing.issuing import issue_invoice
from core.invoicing.queries import orders_without
from core.kernel.kernel import Kernel

REASONS = 20
"""How many reasons are told by name."""


@dataclass(slots=True)
class Issued:
    """What came of it: how many invoices, and why some orders have none."""

    issued: int = 0
    refused: int = 0
    reasons: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)


def issue_many(kernel: Kernel, company_id: int, start: date, end: date, *, by: str) -> Issued:
    """Issue the invoices of all orders of some days, `end` not among them."""
    with kernel.db.read() as session:
        orders = orders_without(session, company_id, start, end)
    done = Issued()
    for order_id, _ref in orders:
        try:
            with kernel.db.write() as session:
                issue_invoice(session, company_id, order_id, by=by)
            done.issued += 1
        except EntrepotError as error:
            done.refused += 1
            done.kinds[type(error).__name__] += 1
            if len(done.reasons) < REASONS:
                done.reasons.append(str(error))
    return done
