"""The profit waterfall: the lines from sales to net profit, and where a subtotal is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Step(NamedTuple):
    """A subtotal: the one before it and these lines; costs are negative, so it is a plain sum."""

    key: str
    title: str
    lines: tuple[str, ...]


STEPS = (
    Step(
        "net_revenue",
        "Net revenue",
        ("sales", "shipping", "charges", "discounts", "subsidies", "refunds", "goodwill")
        + ("reimbursements", "liquidation", "other_income"),
    ),
    Step("gross_margin", "Gross margin (CM1)", ("cogs", "late_cost", "stock_losses")),
    Step(
        "after_fulfilment",
        "After fulfilment (CM2)",
        ("fees", "payment_fees", "fulfilment", "duty", "returns"),
    ),
    Step(
        "after_marketing",
        "After marketing (CM3)",
        ("ads", "affiliate", "promotions", "marketing"),
    ),
    Step(
        "net_profit",
        "Net profit",
        ("storage", "inbound", "subscriptions", "overhead", "fx", "finance"),
    ),
)

PROFIT_LINES = tuple(line for step in STEPS for line in step.lines)

REVENUE = STEPS[0].lines
"""The lines that add up to net revenue."""


def subtotals(lines: Mapping[str, int]) -> dict[str, int]:
    """Return what is left after each step."""
    found, left = {}, 0
    for step in STEPS:
        left += sum(lines[line] for line in step.lines)
        found[step.key] = left
    return found
