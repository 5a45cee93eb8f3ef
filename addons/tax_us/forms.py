"""A return for each state: gross sales, what marketplaces collected, and what is taxable."""

from __future__ import annotations

from collections.abc import Callable

from addons.tax_us.states import State
from addons.tax_us.states import states
from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision

REGIME = "us_sales_tax"
NEXUS = "nexus"


def _form(code: str, state: State) -> ReturnForm:
    place = f"US-{code}"

    def sold(where: Callable[[TaxDecision], bool]) -> Callable[[TaxDecision], bool]:
        return lambda each: each.role == "sale" and each.jurisdiction == place and where(each)

    ours = sold(lambda each: each.collector == "seller")
    boxes = (
        BoxRule("gross", "Gross sales", "base", sold(lambda _: True)),
        BoxRule(
            "marketplace",
            "Less: sales on which marketplaces collected",
            "base",
            sold(lambda each: each.collector == "marketplace"),
        ),
        BoxRule(
            "exempt",
            "Less: sales that are not taxable",
            "base",
            sold(lambda each: each.collector == "none"),
        ),
        BoxRule("taxable", "Taxable sales", "base", ours),
        BoxRule("tax", "Tax collected", "tax", ours),
        BoxRule("places", "Tax collected, by rate", "tax", ours, by=("rate",)),
    )
    title = f"{state.name}, sales tax return"
    schemes = ("local", NEXUS)
    return ReturnForm(f"us_{code.lower()}", title, REGIME, place, "USD", 3, boxes, schemes=schemes)


FORMS = tuple(_form(code, state) for code, state in sorted(states().items()))
