"""The rules: which UK VAT a sale of goods bears."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from functools import lru_cache

from addons.tax_uk.destinations import SAME_AS
from addons.tax_uk.destinations import Place
from addons.tax_uk.destinations import member_since
from addons.tax_uk.destinations import place_of
from addons.tax_uk.rates import CLASSES
from addons.tax_uk.rates import EXPORT
from addons.tax_uk.rates import Rate
from addons.tax_uk.rates import rate_on
from addons.tax_uk.settings import Registered
from addons.tax_uk.settings import registered_abroad
from core.api import InputError
from core.api import TaxDecision
from core.api import TaxFacts

CODE = "uk_vat"
OUTPUT_VAT = "2300"

# Goods in Northern Ireland follow EU rules since 2021: stock there is not ours to judge.
STOCK = frozenset({"GB", "UK", "IM"})


class UkVat:
    """UK VAT for a seller established in the UK who sends goods from stock there.

    `settings` may name, as `registered_abroad`, the EU members whose VAT the seller's distance
    sales bore from a day on, since they passed the threshold there or he chose that member's
    rate. Until the end of 2020 this regime has no say in those sales.
    """

    code = CODE

    def __init__(self, settings: Mapping[str, object] | None = None) -> None:
        self._settings = settings or {}

    def decide(self, facts: Sequence[TaxFacts]) -> Sequence[TaxDecision | None]:
        """Return one decision for each of the facts, None where the regime has no say."""
        # Read here and not at the start: a setting that cannot be read then stops these sales
        # with its own sentence.
        registered = registered_abroad(self._settings)
        return [_decide(fact, registered) for fact in facts]


@lru_cache(maxsize=1 << 16)
def _decide(fact: TaxFacts, registered: Registered) -> TaxDecision | None:
    if fact.seller_country not in STOCK or fact.ship_from not in STOCK:
        return None
    if fact.tax_class not in CLASSES:
        raise InputError(
            f"UK VAT knows no tax class {fact.tax_class!r}.", hint=f"Use {', '.join(CLASSES)}."
        )
    place = place_of(fact.ship_to, fact.taxed_on)
    if place is Place.OUTSIDE:
        return _export(fact)
    if place is Place.MEMBER and _bears_foreign_vat(fact, registered):
        return None
    return _taxed(fact, place)


def _bears_foreign_vat(fact: TaxFacts, registered: Registered) -> bool:
    code = SAME_AS.get(fact.ship_to, fact.ship_to)
    return any(code == country and fact.taxed_on >= since for country, since in registered)


def _taxed(fact: TaxFacts, place: Place) -> TaxDecision:
    rate = rate_on(fact.tax_class, fact.taxed_on)
    case = {
        Place.DOMESTIC: "Domestic sale",
        Place.MEMBER: "Distance sale below threshold",
        Place.UNNAMED_MEMBER: "Sale to an unnamed EU member",
        Place.UNKNOWN: "Destination unknown",
    }[place]
    reason = f"{case}: UK {fact.tax_class} rate {rate.percent}"
    return _decision(fact, place, rate, fact.tax_class, "seller", "uk_vat", reason)


def _export(fact: TaxFacts) -> TaxDecision:
    rate = rate_on(EXPORT, fact.taxed_on)
    reason = f"Export to {fact.ship_to}: zero-rated"
    return _decision(fact, Place.OUTSIDE, rate, EXPORT, "none", "uk_export", reason)


def _decision(
    fact: TaxFacts, place: Place, rate: Rate, kind: str, collector: str, scheme: str, reason: str
) -> TaxDecision:
    return TaxDecision(
        regime=CODE,
        collector=collector,
        jurisdiction="GB",
        scheme=scheme,
        rate=rate.rate,
        account=OUTPUT_VAT,
        reason=reason,
        evidence=_evidence(fact, place, rate, kind),
    )


def _evidence(fact: TaxFacts, place: Place, rate: Rate, kind: str) -> str:
    """Name the facts that decided; not the day itself, so that a decision serves many days."""
    destination = {
        Place.DOMESTIC: "in the UK VAT area",
        Place.MEMBER: "an EU member",
        Place.OUTSIDE: "outside the UK VAT area and no market shared with it",
        Place.UNNAMED_MEMBER: "an EU member that is not named",
        Place.UNKNOWN: "no known country, taxed as domestic",
    }[place]
    if place is Place.MEMBER:
        destination += f" since {member_since(fact.ship_to)}"
    same_as = SAME_AS.get(fact.ship_to)
    # repr: the text may be anything, and evidence is one line.
    return (
        f"seller in {fact.seller_country}; stock in {fact.ship_from};"
        f" sent to {fact.ship_to!r}{f' (as {same_as})' if same_as else ''}, {destination};"
        f" {kind} rate from {rate.since}: {rate.source}"
    )
