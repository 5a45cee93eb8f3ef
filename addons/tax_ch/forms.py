"""The Swiss VAT return by its figures (Ziffern)."""

from __future__ import annotations

from collections.abc import Callable

from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision

_RATES = {
    "302": ("7.7 %", 77_000),
    "303": ("8.1 %", 81_000),
    "312": ("2.5 %", 25_000),
    "313": ("2.6 %", 26_000),
}


def _is_ours(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller"


def _is_free(decision: TaxDecision) -> bool:
    """Select exports, and supplies to a platform that is liable (Art. 23 Abs. 2)."""
    return decision.role == "export" or decision.supply == "zero_rated"


def _is_turnover(decision: TaxDecision) -> bool:
    return _is_ours(decision) or _is_free(decision)


def _at(rate: int) -> Callable[[TaxDecision], bool]:
    return lambda decision: _is_ours(decision) and decision.rate == rate


_TAXED = tuple((f"{code}.tax", 1) for code in _RATES)

FORMS = (
    ReturnForm(
        code="ch_mwst",
        title="Swiss VAT return",
        regime="ch_vat",
        jurisdiction="CH",
        currency="CHF",
        months=3,
        schemes=("local", "importer", "mail_order"),
        due=(2, 0),
        boxes=(
            BoxRule("200", "Total of agreed considerations", "base", _is_turnover),
            BoxRule("220", "Supplies freed from the tax, such as exports", "base", _is_free),
            BoxRule("289", "Total of deductions", "sum", of=(("220", 1),)),
            BoxRule("299", "Taxable turnover", "sum", of=(("200", 1), ("289", -1))),
            *(
                BoxRule(f"{code}.{part}", f"{name} at {percent}", part, _at(rate))
                for code, (percent, rate) in _RATES.items()
                for part, name in (("base", "Supplies"), ("tax", "Tax"))
            ),
            BoxRule("399", "Total tax due", "sum", of=_TAXED),
            BoxRule("400", "Input tax on purchases", "accounts", accounts=("1500", "1510")),
            BoxRule("405", "Input tax on investments and other costs", "manual"),
            BoxRule(
                "500",
                "To pay, or in credit if negative",
                "sum",
                of=(("399", 1), ("400", -1), ("405", -1)),
            ),
        ),
    ),
)
