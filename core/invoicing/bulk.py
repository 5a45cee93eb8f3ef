"""Issuing the invoices of many orders: each by itself, so that one that is refused stops none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from typing import Any

from core.errors import EntrepotError
from core.invoicing.issuing import issue_invoice
from core.invoicing.queries import named_orders
from core.invoicing.queries import orders_without
from core.kernel.kernel import Kernel

MOST = 200
"""How many orders may be invoiced while somebody waits; more are a worker's."""

REASONS = 20
"""How many reasons are told by name."""


@dataclass(slots=True)
class Issued:
    """What came of it: how many invoices, and why some orders have none."""

    issued: int = 0
    refused: int = 0
    reasons: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class OneIssued:
    """What came of one order: its invoice, or why it has none."""

    order_id: int
    order: str
    invoice_id: int | None = None
    code: str = ""
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as the API and commands tell it."""
        return asdict(self)


def issue_some(
    kernel: Kernel, company_id: int, order_ids: Sequence[int], *, by: str
) -> list[OneIssued]:
    """Issue the invoices of some orders in the order given, each in a transaction of its own.

    Sales come first, since a credit note needs the invoice of its sale. What is refused says why
    and stops none of the others; orders of another company are not found.
    """
    wanted = list(dict.fromkeys(order_ids))
    with kernel.db.read() as session:
        known = named_orders(session, company_id, wanted)
    found = {each: OneIssued(each, "", problem="There is no such order.") for each in wanted}
    for order_id, ref in known:
        try:
            with kernel.db.write() as session:
                made = issue_invoice(session, company_id, order_id, by=by)
                found[order_id] = OneIssued(order_id, ref, made.id, made.code)
        except EntrepotError as error:
            why = f"{error.message} {error.hint}".strip()
            found[order_id] = OneIssued(order_id, ref, problem=why)
    return [found[each] for each in wanted]


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
