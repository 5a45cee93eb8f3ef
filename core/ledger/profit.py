"""Profit by order, SKU, country, shop or month, read from the profit read model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from typing import Any
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import month_text
from core.errors import InputError
from core.kernel.models import Company
from core.ledger.chart import PROFIT_LINES
from core.ledger.models import Item
from core.ledger.models import Profit

By = Literal["order", "sku", "country", "shop", "month"]

REVENUE = ("sales", "shipping", "discounts", "refunds", "other_income")
"""The profit lines that add up to net revenue."""


@dataclass(frozen=True, slots=True)
class ProfitRow:
    """What one order, SKU, country, shop or month earned, in minor units; costs are negative.

    `id` is the database's id of the order, SKU or shop. `state` is estimated while nothing was
    settled, then partly settled, then settled.
    """

    id: int | None
    key: str
    label: str
    lines: dict[str, int]
    state: str

    @property
    def net_revenue(self) -> int:
        """Return income less discounts and refunds, without tax."""
        return sum(self.lines[name] for name in REVENUE)

    @property
    def profit(self) -> int:
        """Return what is left."""
        return sum(self.lines.values())


@dataclass(frozen=True, slots=True)
class ProfitReport:
    """A report whose rows and `rest`, what belongs to no row, add up to the ledger."""

    currency: str
    by: str
    rows: Sequence[ProfitRow]
    rest: ProfitRow
    total_lines: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return the profit of the whole."""
        return sum(self.total_lines.values())

    @property
    def not_allocated(self) -> int:
        """Return the profit that belongs to no row."""
        return self.rest.profit


def profit_report(
    session: Session,
    company_id: int,
    by: str,
    *,
    start: date | None = None,
    end: date | None = None,
) -> ProfitReport:
    """Return what was earned from one booking day to another, both included.

    Raises: InputError for a dimension that the report does not know.
    """
    keys = _KEYS.get(by)
    if keys is None:
        raise InputError(f"Profit by {by!r} is not known.", hint=f"Choose of {', '.join(_KEYS)}.")
    currency = session.scalars(sa.select(Company.currency).where(Company.id == company_id)).one()
    key = month_text(Profit.booked_on) if by == "month" else getattr(Profit, keys.column)
    sums = _sums(session, company_id, key, start, end)
    names = _names(session, company_id, keys) if keys.names else {}
    rows = [
        ProfitRow(
            value if keys.names else None,
            *names.get(value, (str(value), str(value))),
            lines,
            state,
        )
        for value, lines, state in sums
        if value is not None
    ]
    rows.sort(key=lambda row: row.key)
    rest = next((lines for value, lines, _ in sums if value is None), _nothing())
    total = {name: sum(lines[name] for _, lines, _ in sums) for name in PROFIT_LINES}
    return ProfitReport(currency, by, rows, ProfitRow(None, "", "", rest, "settled"), total)


@dataclass(frozen=True, slots=True)
class _Key:
    """A dimension: its column, and the table, key and label column that name its values."""

    column: str
    names: str = ""


_KEYS = {
    "order": _Key("order_id", "SELECT id, external_ref, external_ref FROM orders_order"),
    "sku": _Key("sku_id", "SELECT id, code, title FROM catalog_sku"),
    "country": _Key("country"),
    "shop": _Key("shop_id", "SELECT id, name, name FROM channels_shop"),
    "month": _Key("booked_on"),
}


def _sums(
    session: Session, company_id: int, key: Any, start: date | None, end: date | None
) -> list[tuple[Any, dict[str, int], str]]:
    query = (
        sa.select(
            key,
            *[sa.cast(sa.func.sum(getattr(Profit, name)), sa.BigInteger) for name in PROFIT_LINES],
            _count_orders(company_id, Item.open_functional == 0),
            _count_orders(company_id, Item.open_functional != 0),
        )
        .where(Profit.company_id == company_id)
        .group_by(key)
    )
    if start is not None:
        query = query.where(Profit.booked_on >= start)
    if end is not None:
        query = query.where(Profit.booked_on <= end)
    return [
        (row[0], dict(zip(PROFIT_LINES, row[1:-2], strict=True)), _state(row[-2], row[-1]))
        for row in session.execute(query)
    ]


def _count_orders(company_id: int, condition: sa.ColumnElement[bool]) -> Any:
    """Return how many rows of a group belong to orders whose open item is so."""
    orders = sa.select(Item.order_id).where(Item.company_id == company_id, condition)
    return sa.func.sum(sa.case((Profit.order_id.in_(orders), 1), else_=0))


def _state(settled: int, unsettled: int) -> str:
    if not unsettled:
        return "settled"
    return "partly settled" if settled else "estimated"


def _names(session: Session, company_id: int, keys: _Key) -> dict[Any, tuple[str, str]]:
    rows = session.execute(
        sa.text(f"{keys.names} WHERE company_id = :company_id"), {"company_id": company_id}
    )
    return {value: (key, label) for value, key, label in rows}


def _nothing() -> dict[str, int]:
    return dict.fromkeys(PROFIT_LINES, 0)
