"""The return of consumption tax: the national tax by rate, and the local share of it."""

from __future__ import annotations

from collections.abc import Callable

from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision


def _is_ours(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller"


def _at(rate: int) -> Callable[[TaxDecision], bool]:
    return lambda decision: _is_ours(decision) and decision.rate == rate


# 7.8 of 10 and 6.24 of 8 are national: both are 78 of 100, and the rest is local.
_NATIONAL = (78, 100)
_LOCAL = (22, 100)

FORMS = (
    ReturnForm(
        code="jp_jct",
        title="Consumption tax return",
        regime="jp_jct",
        jurisdiction="JP",
        currency="JPY",
        months=12,
        due=(2, 0),
        boxes=(
            BoxRule("base.10", "Taxable sales at 10 %, without tax", "base", _at(100_000)),
            BoxRule("base.8", "Taxable sales at 8 %, without tax", "base", _at(80_000)),
            BoxRule("export", "Exports", "base", lambda each: each.role == "export"),
            BoxRule("national.7.8", "National tax at 7.8 %", "tax", _at(100_000), part=_NATIONAL),
            BoxRule("national.6.24", "National tax at 6.24 %", "tax", _at(80_000), part=_NATIONAL),
            BoxRule("local", "Local consumption tax, 22 of 78", "tax", _is_ours, part=_LOCAL),
            BoxRule("charged", "Tax charged, national and local", "tax", _is_ours),
            BoxRule("input", "Input tax", "accounts", accounts=("1500", "1510")),
            BoxRule(
                "due",
                "To pay, or to be refunded if negative",
                "sum",
                of=(("charged", 1), ("input", -1)),
            ),
        ),
    ),
)
