"""The UK VAT return: its nine boxes as questions to the decisions of sales."""

from __future__ import annotations

from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision
from core.api import postponed_imports


def _is_output(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.account == "2300"


def _is_turnover(decision: TaxDecision) -> bool:
    return decision.role in ("sale", "export") and decision.supply != "outside_scope"


_ONE = (("1.sales", 1), ("1.imports", 1))
_FIVE = (("3", 1), ("4", -1))

RETURNS = (
    ReturnForm(
        code="uk_vat100",
        title="UK VAT return (VAT 100)",
        regime="uk_vat",
        jurisdiction="GB",
        currency="GBP",
        months=3,
        due=(2, 7),
        boxes=(
            BoxRule("1.sales", "VAT due on sales", "tax", _is_output),
            postponed_imports(
                "1.imports",
                "VAT due on imports that is accounted for here (postponed accounting)",
            ),
            BoxRule("1", "VAT due on sales and other outputs", "sum", of=_ONE),
            BoxRule("2", "VAT due on acquisitions in Northern Ireland from the EU", "manual"),
            BoxRule("3", "Total VAT due", "sum", of=(("1", 1), ("2", 1))),
            BoxRule("4", "VAT reclaimed on purchases", "accounts", accounts=("1500", "1510")),
            BoxRule("5", "Net VAT to pay, or to reclaim if negative", "sum", of=_FIVE),
            BoxRule("6", "Total value of sales without VAT", "base", _is_turnover, whole=True),
            BoxRule("7", "Total value of purchases without VAT", "manual"),
            BoxRule("8", "Goods supplied from Northern Ireland to the EU", "manual"),
            BoxRule("9", "Goods acquired in Northern Ireland from the EU", "manual"),
        ),
    ),
)
