"""The statement: the lines of profit with a subtotal after each step (contribution margins)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.api import STEPS
from core.api import ProfitRow
from core.api import ReportColumn
from core.api import ReportParameters
from core.api import ReportRow
from core.api import ReportTable
from core.api import profit_report
from core.api import shared_profit_report

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

TITLES = {
    "month": "Month",
    "country": "Country",
    "sku": "SKU",
    "shop": "Shop",
    "order": "Order",
    "platform": "Platform",
    "brand": "Brand",
    "owner": "Owner",
}

_LINES = {
    "sales": "Sales",
    "shipping": "Shipping income",
    "charges": "Other charges",
    "discounts": "Discounts",
    "subsidies": "Platform subsidies",
    "refunds": "Refunds",
    "goodwill": "Goodwill",
    "reimbursements": "Reimbursements",
    "liquidation": "Liquidation",
    "other_income": "Other income",
    "cogs": "Cost of goods",
    "late_cost": "Late landed cost",
    "stock_losses": "Stock losses",
    "fees": "Fees",
    "payment_fees": "Payment fees",
    "fulfilment": "Fulfilment",
    "duty": "Duty on parcels",
    "returns": "Returns and removals",
    "ads": "Advertising",
    "affiliate": "Affiliates",
    "promotions": "Coupons and deals",
    "marketing": "Other marketing",
    "storage": "Storage",
    "inbound": "Inbound services",
    "subscriptions": "Subscriptions",
    "overhead": "Overhead",
    "fx": "Currency differences",
    "finance": "Finance",
}


def _figures() -> Iterator[ReportColumn]:
    """Yield the lines of each step and its subtotal, with who may see them."""
    before: tuple[str, ...] = ()
    permission = ""
    for step in STEPS:
        if step.key == "gross_margin":
            permission = "costs.view"
        for line in step.lines:
            yield ReportColumn(line, _LINES[line], permission=permission)
        if step.key != "net_revenue":
            permission = "profit.view"
        yield ReportColumn(
            step.key, step.title, sum_of=(*before, *step.lines), permission=permission
        )
        before = (step.key,)


FIGURES = tuple(_figures())


SHARED = (
    ReportColumn("direct", "Direct profit", permission="profit.view"),
    ReportColumn("allocated", "Shared out", permission="profit.view"),
)
"""What net profit was before costs without an order were shared out, and what that changed."""


@dataclass(frozen=True, slots=True)
class ProfitStatement:
    """The report; costs are negative, so that every subtotal is a plain sum.

    `shared` says that costs without an order are shared out; the lines are what that makes them.
    """

    shared: bool = False
    code: str = "profit_statement"
    title: str = "Profit statement"
    dimensions: tuple[str, ...] = tuple(TITLES)
    result: str = "net_profit"

    def columns(self, by: str) -> tuple[ReportColumn, ...]:
        """Return key, name where it says more than the key, the figures, and the state."""
        key = ReportColumn("key", TITLES[by], "text")
        name = (ReportColumn("name", "Title", "text"),) if by == "sku" else ()
        moved = SHARED if self.shared else ()
        return (key, *name, *FIGURES, *moved, ReportColumn("state", "State", "text"))

    def run(self, session: Session, company_id: int, parameters: ReportParameters) -> ReportTable:
        """Return the statement: months in their order, the rest by profit, the highest first.

        Raises: InputError for a dimension that is not one.
        """
        by = parameters.by
        ask = shared_profit_report if self.shared else profit_report
        report = ask(session, company_id, by, start=parameters.start, end=parameters.end)
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


STATEMENT = ProfitStatement()
SHARED_STATEMENT = ProfitStatement(
    True, "profit_statement_shared", "Profit statement after sharing"
)


def _row(columns: tuple[ReportColumn, ...], row: ProfitRow, state: str) -> ReportRow:
    values: dict[str, str | int] = {"key": row.key, "name": row.label, "state": state}
    values |= row.lines | {"direct": row.direct, "allocated": row.allocated}
    for column in FIGURES:
        if column.sum_of:
            values[column.key] = sum(int(values[part]) for part in column.sum_of)
    return ReportRow(tuple(values[column.key] for column in columns), row.id)
