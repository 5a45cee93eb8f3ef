"""What a tax regime is: facts of a line in, a decision with its reason out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """What a regime may know of a line; countries are ISO 3166 codes, `ZZ` if unknown.

    `taxed_on` is the day whose rate holds (the tax point); `item` is what is supplied: goods or
    the delivery of goods.
    """

    taxed_on: date
    ship_from: str
    ship_to: str
    seller_country: str
    platform: str
    item: str = "goods"
    tax_class: str = "standard"
    buyer: str = "consumer"


@dataclass(frozen=True, slots=True)
class TaxDecision:
    """Who collects which tax; `rate` in hundredths of a percent, `account` of the chart.

    `collector` is seller, marketplace, customs, buyer or none; `evidence` names the facts that
    decided.
    """

    regime: str
    collector: str
    jurisdiction: str
    scheme: str
    rate: int
    account: str
    reason: str
    evidence: str


class TaxRegime(Protocol):
    """The tax law of a jurisdiction."""

    code: str

    def decide(self, facts: Sequence[TaxFacts]) -> Sequence[TaxDecision | None]:
        """Return one decision for each of the facts, None where the regime has no say.

        Raises: any error stops the posting; an untaxed sale never follows from it.
        """
