"""The New Zealand GST return (GST101A)."""

from __future__ import annotations

from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision


def _is_ours(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller"


def _is_zero(decision: TaxDecision) -> bool:
    return decision.role == "export" or (_is_ours(decision) and not decision.rate)


_FIVE = (("5.net", 1), ("5.gst", 1), ("5.export", 1))

FORMS = (
    ReturnForm(
        code="nz_gst101",
        title="GST return (GST101A)",
        regime="nz_gst",
        jurisdiction="NZ",
        currency="NZD",
        months=2,
        schemes=("local", "importer", "all_goods"),
        due=(1, 28),
        due_after=((3, (2, 7)), (11, (2, 15))),
        boxes=(
            BoxRule("5.net", "Sales without GST", "base", _is_ours),
            BoxRule("5.gst", "GST on those sales", "tax", _is_ours),
            BoxRule("5.export", "Exports", "base", lambda each: each.role == "export"),
            BoxRule("5", "Total sales and income, GST included", "sum", of=_FIVE),
            BoxRule("6", "Zero-rated supplies in box 5", "base", _is_zero),
            BoxRule("7", "Box 5 less box 6", "sum", of=(("5", 1), ("6", -1))),
            BoxRule("8", "GST collected on sales", "tax", _is_ours),
            BoxRule("9", "Adjustments from your calculation sheet", "manual"),
            BoxRule("10", "Total GST collected", "sum", of=(("8", 1), ("9", 1))),
            BoxRule("11", "Total purchases and expenses, GST included", "manual"),
            BoxRule("12", "GST credit on them", "accounts", accounts=("1500", "1510")),
            BoxRule("13", "Credit adjustments", "manual"),
            BoxRule("14", "Total GST credit", "sum", of=(("12", 1), ("13", 1))),
            BoxRule("15", "To pay, or refund if negative", "sum", of=(("10", 1), ("14", -1))),
        ),
    ),
)
