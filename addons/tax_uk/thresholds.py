"""From which turnover on a seller must be registered for UK VAT."""

from __future__ import annotations

from collections.abc import Sequence

from core.api import TaxDecision
from core.api import Threshold
from core.api import limit_table
from core.api import taxed_by

CODE = "uk_vat"
HOME = frozenset({"GB", "IM", "XI"})


def thresholds() -> Sequence[Threshold]:
    """Return the threshold of who is established here, and that of all others."""
    limits = limit_table("addons.tax_uk")
    return [
        Threshold(
            "gb_registration",
            "Registration for UK VAT",
            "GB",
            limits.history("GB", "registration"),
            taxed_by(CODE),
            sellers=lambda country: country in HOME,
        ),
        Threshold(
            "gb_overseas",
            "Registration for UK VAT of a seller from abroad",
            "GB",
            limits.history("GB", "overseas"),
            _is_charged,
            sellers=lambda country: country not in HOME,
        ),
    ]


def _is_charged(decision: TaxDecision) -> bool:
    return decision.regime == CODE and decision.is_charged and decision.collector == "seller"
