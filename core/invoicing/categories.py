"""Which category of VAT a line has in electronic invoices of EN 16931 (UNTDID 5305)."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from core.tax.decision import TaxDecision
from core.tax.models import BookedLevy

STANDARD, ZERO, EXEMPT, REVERSE = "S", "Z", "E", "AE"
INTRA_UNION, EXPORT, OUTSIDE = "K", "G", "O"

REASONS = {REVERSE: "VATEX-EU-AE", INTRA_UNION: "VATEX-EU-IC", EXPORT: "VATEX-EU-G"}
"""The codes of the reasons why there is no VAT, for categories that have just one."""


def category_of(
    decision: TaxDecision,
    levies: Sequence[BookedLevy] = (),
    decisions: Mapping[int, TaxDecision] | None = None,
) -> str:
    """Return the category of a line; empty where its tax is no VAT, or there are several."""
    own = [row for row in levies if not row.further]
    if len(own) > 1:
        return ""
    if own and decisions is not None:
        decision = decisions[own[0].decision_id]
    if decision.tax != "VAT":
        return ""
    return _category(decision)


def _category(decision: TaxDecision) -> str:
    cases = (
        (bool(decision.charged_rate), STANDARD),
        (decision.supply == "exempt_intra_EU", INTRA_UNION),
        (decision.role == "export", EXPORT),
        (decision.role == "sale" and decision.collector == "buyer", REVERSE),
        (decision.supply == "zero_rated", ZERO),
        (decision.role != "sale" or decision.supply == "outside_scope", OUTSIDE),
    )
    return next((category for holds, category in cases if holds), EXEMPT)
