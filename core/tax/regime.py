"""The contract of a tax regime: facts of lines in, decisions with their reasons out.

A regime is the law of one jurisdiction. Its addon offers it through the hook `tax_regimes`; the
core asks every enabled regime about every line and lets exactly one decide (see `deciding`).
docs/how-to/write-a-tax-regime.md goes through an example.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.tax.decision import Given
from core.tax.facts import TaxFacts


class TaxRegime(Protocol):
    """The tax law of a jurisdiction.

    A regime may also have `currency`, the ISO code of the money in which its law sets limits (then
    `facts.consignment` has a rate to it), and `returns()`, the forms of its returns
    (`core.api.ReturnForm`), which are read whether or not the regime still decides anything;
    `thresholds()`, from which sales its law obliges to register (`core.api.Threshold`);
    `invoices()`, what its law wants on invoices (`core.api.InvoiceRules`);
    `tax_points`, on which day its schemes tax a sale (`core.api.TaxPoints`), without which it is
    declared in the period of the day on which the parcel left; and
    `turnover_tests`, the limits on a year's sales (`core.api.TurnoverTest`) on which it depends.
    """

    code: str

    def decide(self, facts: Sequence[TaxFacts]) -> Sequence[Given]:
        """Return one answer for each of the facts, None where the regime has no say.

        An answer is a `TaxDecision` for the whole line, or a sequence of `Levy` where the law has
        more than one tax or treats parts of the line differently. The answer depends on the facts
        alone. Claim what your law taxes: the supply where the goods are, and the arrival of goods
        from abroad. Where goods only leave your jurisdiction answer with the role `export`.

        Raises: any error stops the posting; an untaxed sale never follows from it.
        """
