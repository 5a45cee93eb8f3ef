"""The Norwegian returns: VOEC by the quarter, and the ordinary VAT return."""

from __future__ import annotations

from collections.abc import Callable

from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision
from core.api import postponed_imports

VOEC = "low_value_goods"

_RATES = {"3": ("25 %", 250_000), "31": ("15 %", 150_000)}


def _is_voec(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller" and decision.scheme == VOEC


def _is_ours(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller" and decision.scheme != VOEC


def _at(rate: int) -> Callable[[TaxDecision], bool]:
    return lambda decision: _is_ours(decision) and decision.rate == rate


_DUE = (("3.tax", 1), ("31.tax", 1), ("81.tax", 1), ("81.input", -1), ("1", -1))

FORMS = (
    ReturnForm(
        code="no_voec",
        title="VOEC return",
        regime="no_vat",
        jurisdiction="NO",
        currency="NOK",
        months=3,
        schemes=("voec",),
        due=(1, 20),
        boxes=(
            BoxRule("base", "Low-value goods supplied, by rate", "base", _is_voec, by=("rate",)),
            BoxRule("tax", "VAT on them, by rate", "tax", _is_voec, by=("rate",)),
            BoxRule("total", "VAT to pay", "tax", _is_voec),
        ),
    ),
    ReturnForm(
        code="no_mva",
        title="VAT return (mva-melding), by the codes of SAF-T",
        regime="no_vat",
        jurisdiction="NO",
        currency="NOK",
        months=2,
        due=(2, 10),
        due_after=((6, (2, 0)),),
        boxes=(
            *(
                BoxRule(f"{code}.{part}", f"{name}, {percent}", part, _at(rate))
                for code, (percent, rate) in _RATES.items()
                for part, name in (("base", "Domestic sales"), ("tax", "Output VAT"))
            ),
            BoxRule("5", "Domestic sales at the zero rate", "base", _at(0)),
            BoxRule("52", "Exports at the zero rate", "base", lambda each: each.role == "export"),
            postponed_imports("81.tax", "VAT on goods imported, which the importer works out"),
            BoxRule("81.input", "The same, deducted", "accounts", accounts=("1510",)),
            BoxRule("1", "Input VAT", "accounts", accounts=("1500",)),
            BoxRule("19", "VAT to pay, or to be refunded if negative", "sum", of=_DUE),
        ),
    ),
)
