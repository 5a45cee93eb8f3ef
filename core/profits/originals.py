"""Profit in the currencies of the documents: what was sold, charged and paid, each in its own.

Amounts of different currencies are not added up. Beside each row stands what it is in the books,
and these add up to the profit report. Costs of goods are in the currency of the books.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.kernel.companies import company_of
from core.ledger.models import Account
from core.ledger.models import Posting
from core.ledger.profit import dimension_of
from core.ledger.profit import names_of
from core.ledger.waterfall import PROFIT_LINES
from core.months import month_text


@dataclass(slots=True)
class OriginalRow:
    """What one row of the report earned in one currency, in its minor units, and in the books."""

    id: int | None
    key: str
    label: str
    currency: str
    booked: int = 0
    lines: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PROFIT_LINES, 0))

    @property
    def profit(self) -> int:
        """Return what is left, in the row's currency."""
        return sum(self.lines.values())


@dataclass(frozen=True, slots=True)
class OriginalReport:
    """Rows by key and currency, an empty key being the rest, and the totals of each currency."""

    currency: str
    by: str
    rows: Sequence[OriginalRow]
    totals: Sequence[OriginalRow]

    @property
    def booked(self) -> int:
        """Return the profit of the whole in the currency of the books."""
        return sum(row.booked for row in self.totals)


def original_report(
    session: Session,
    company_id: int,
    by: str,
    *,
    start: date | None = None,
    end: date | None = None,
) -> OriginalReport:
    """Return what was booked from one day to another by key and currency of the document.

    Raises: InputError for a dimension that the report does not know.
    """
    dimension = dimension_of(by)
    names = names_of(session, company_id, dimension)
    rows: dict[tuple[Any, str], OriginalRow] = {}
    totals: dict[str, OriginalRow] = {}
    for value, currency, line, amount, booked in _sums(session, company_id, by, start, end):
        key, label = names.get(value, (value, value)) if value else ("", "")
        group = (value if dimension.own else key) if key else ""
        own = value if key and dimension.names and dimension.own else None
        row = rows.setdefault(
            (group, currency), OriginalRow(own, str(key or ""), str(label or ""), currency)
        )
        for each in (row, totals.setdefault(currency, OriginalRow(None, "", "", currency))):
            each.lines[line] += amount
            each.booked += booked
    return OriginalReport(
        company_of(session, company_id).currency,
        by,
        sorted(rows.values(), key=lambda row: (not row.key, row.key, row.currency)),
        [totals[currency] for currency in sorted(totals)],
    )


def document(report: OriginalReport) -> Mapping[str, Any]:
    """Return the report as the API shows it, amounts in minor units."""

    def row(each: OriginalRow) -> dict[str, Any]:
        lines = {name: amount for name, amount in each.lines.items() if amount}
        return {
            "id": each.id,
            "key": each.key,
            "label": each.label,
            "currency": each.currency,
            "lines": lines,
            "profit": each.profit,
            "booked": each.booked,
        }

    return {
        "currency": report.currency,
        "by": report.by,
        "rows": [row(each) for each in report.rows],
        "totals": [row(each) for each in report.totals],
        "booked": report.booked,
    }


def _sums(
    session: Session, company_id: int, by: str, start: date | None, end: date | None
) -> Sequence[Any]:
    column = dimension_of(by).column
    key = month_text(Posting.booked_on) if column == "month" else getattr(Posting, column)
    amounts = [
        sa.cast(sa.func.sum(-each), sa.BigInteger)
        for each in (Posting.currency_amount, Posting.amount)
    ]
    query = (
        sa.select(key, Posting.currency, Account.profit_line, *amounts)
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(Posting.company_id == company_id, Account.profit_line.is_not(None))
        .group_by(key, Posting.currency, Account.profit_line)
    )
    if start is not None:
        query = query.where(Posting.booked_on >= start)
    if end is not None:
        query = query.where(Posting.booked_on <= end)
    return rows_of(session, query)
