"""The statement: the lines of profit with a subtotal after each step (contribution margins)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.api import REVENUE
from core.api import ProfitRow
from core.api import ReportColumn
from core.api import ReportParameters
from core.api import ReportRow
from core.api import ReportTable
from core.api import profit_report

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

TITLES = {
    "month": "Month",
    "country": "Country",
    "sku": "SKU",
    "shop": "Shop",
    "order": "Order",
}

FIGURES = (
    ReportColumn("sales", "Sales"),
    ReportColumn("shipping", "Shipping income"),
    ReportColumn("discounts", "Discounts"),
    ReportColumn("refunds", "Refunds"),
    ReportColumn("other_income", "Other income"),
    ReportColumn("net_revenue", "Net revenue", sum_of=REVENUE),
    ReportColumn("cogs", "Cost of goods", permission="costs.view"),
    ReportColumn("stock_losses", "Stock losses", permission="costs.view"),
    ReportColumn(
        "gross_margin",
        "Gross margin (CM1)",
        sum_of=("net_revenue", "cogs", "stock_losses"),
        permission="profit.view",
    ),
    ReportColumn("fees", "Fees", permission="profit.view"),
    ReportColumn("fulfilment", "Fulfilment", permission="profit.view"),
    ReportColumn(
        "after_fulfilment",
        "After fulfilment (CM2)",
        sum_of=("gross_margin", "fees", "fulfilment"),
        permission="profit.view",
    ),
    ReportColumn("marketing", "Marketing", permission="profit.view"),
    ReportColumn(
        "after_marketing",
        "After marketing (CM3)",
        sum_of=("after_fulfilment", "marketing"),
        permission="profit.view",
    ),
    ReportColumn("overhead", "Overhead", permission="profit.view"),
    ReportColumn("finance", "Finance", permission="profit.view"),
    ReportColumn(
        "net_profit",
        "Net profit",
        sum_of=("after_marketing", "overhead", "finance"),
        permission="profit.view",
    ),
)


@dataclass(frozen=True, slots=True)
class ProfitStatement:
    """The report; costs are negative, so that every subtotal is a plain sum."""

    code: str = "profit_statement"
    title: str = "Profit statement"
    dimensions: tuple[str, ...] = tuple(TITLES)
    result: str = "net_profit"

    def columns(self, by: str) -> tuple[ReportColumn, ...]:
        """Return key, name where it says more than the key, the figures, and the state."""
        key = ReportColumn("key", TITLES[by], "text")
        name = (ReportColumn("name", "Title", "text"),) if by == "sku" else ()
        return (key, *name, *FIGURES, ReportColumn("state", "State", "text"))

    def run(self, session: Session, company_id: int, parameters: ReportParameters) -> ReportTable:
        """Return the statement: months in their order, the rest by profit, the highest first.

        Raises: InputError for a dimension that is not one.
        """
        by = parameters.by
        report = profit_report(session, company_id, by, start=parameters.start, end=parameters.end)
        columns = self.columns(by)
        rows = sorted(
            report.rows, key=lambda row: row.key if by == "month" else (-row.profit, row.key)
        )
        totals = ProfitRow(None, "", "", report.total_lines, "")
        return ReportTable(
            currency=report.currency,
            columns=columns,
            rows=[_row(columns, row, row.state) for row in rows],
            rest=_row(columns, report.rest, ""),
            totals=_row(columns, totals, ""),
        )


def _row(columns: tuple[ReportColumn, ...], row: ProfitRow, state: str) -> ReportRow:
    values: dict[str, str | int] = {"key": row.key, "name": row.label, "state": state}
    values |= row.lines
    for column in FIGURES:
        if column.sum_of:
            values[column.key] = sum(int(values[part]) for part in column.sum_of)
    return ReportRow(tuple(values[column.key] for column in columns), row.id)
