"""What tax a sale would bear: decided as an order would be, and added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.errors import Unresolved
from core.tax.deciding import decide
from core.tax.decision import Levy
from core.tax.decision import TaxDecision
from core.tax.sale import Sale


@dataclass(frozen=True, slots=True)
class QuotedTax:
    """What lines of a sale bear by one decision; amounts in minor units of the sale's currency."""

    decision: TaxDecision
    base: int
    amount: int
    further: bool


def quote(session: Session, company_id: int, sale: Sale) -> list[QuotedTax]:
    """Return the taxes of a sale, one for each decision, those that account for it first.

    Raises: Unresolved with the reasons, if a line has not exactly one sound answer.
    """
    facts = sale.facts()
    decided = decide(session, company_id, facts)
    if reasons := list(dict.fromkeys(decided.unresolved.values())):
        raise Unresolved(" ".join(reasons))
    sums: dict[tuple[TaxDecision, bool], list[int]] = {}
    for line, fact in zip(sale.lines, facts, strict=True):
        levies = decided.levies.get(fact) or ((0, Levy(decided.decisions[fact][1])),)
        for _, levy in levies:
            base, amount = levy.taxed(line.net)
            total = sums.setdefault((levy.decision, levy.further), [0, 0])
            total[0] += base
            total[1] += amount
    quoted = [QuotedTax(key[0], base, tax, key[1]) for key, (base, tax) in sums.items()]
    return sorted(quoted, key=lambda each: each.further)


def charged(taxes: Iterable[QuotedTax]) -> int:
    """Return what the buyer pays with the price."""
    return sum(each.amount for each in taxes if each.decision.is_charged)
