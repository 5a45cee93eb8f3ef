"""The rules: which sales tax a sale of goods bears by state, and who pays it over."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import date

from addons.tax_us.forms import FORMS
from addons.tax_us.forms import NEXUS
from addons.tax_us.forms import REGIME
from addons.tax_us.settings import NotedRates
from addons.tax_us.states import State
from addons.tax_us.states import state_of
from addons.tax_us.thresholds import thresholds
from core.api import CountryRegime
from core.api import Given
from core.api import InputError
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import TaxPlace
from core.api import TaxRate
from core.api import Threshold
from core.api import Treatment

WAYFAIR = date(2018, 6, 21)
"""South Dakota v. Wayfair: from this day states may tax sellers who have no presence there."""

CLASSES = ("standard", "zero")

Found = Mapping[TaxPlace, TaxRate]


def no_service(_places: Sequence[TaxPlace]) -> Found:
    """Answer for no place."""
    return {}


@dataclass(frozen=True)
class UsSalesTax(CountryRegime):
    """Sales tax of the states on goods that go to one of them.

    A registration names its state: `US nexus --region TX` where sales alone make the seller
    collect, `US local --region TX` where he has stock or staff. `noted` are local rates that he
    noted, `service` asks addons for those of a batch of places; the service comes first.
    """

    code = REGIME
    home = "US"
    currency = "USD"
    package = "addons.tax_us"
    tax = "sales_tax"
    account = "2350"
    imports_from = WAYFAIR
    forms = FORMS

    noted: NotedRates = ()
    service: Callable[[Sequence[TaxPlace]], Found] = field(default=no_service, compare=False)

    def thresholds(self) -> Sequence[Threshold]:
        """Return the economic nexus of the states."""
        return thresholds()

    def decide(self, facts: Sequence[TaxFacts]) -> Sequence[Given]:
        """Return one answer for each of the facts; a rate service is asked once for all."""
        places = dict.fromkeys(_place(fact) for fact in facts if fact.ship_to == self.home)
        found = self.service(tuple(places)) if places else {}
        asked = _Asked(self.noted, self.service, found)
        home = self.home
        return [
            asked.judge(fact) if home in (fact.ship_from, fact.ship_to) else None for fact in facts
        ]

    def known_class(self, fact: TaxFacts) -> None:
        """Refuse a class of goods that is neither taxable nor exempt in every state."""
        if fact.tax_class not in CLASSES:
            raise InputError(
                f"{self.code} knows no tax class {fact.tax_class!r}.",
                hint=f"Use {', '.join(CLASSES)}.",
            )


@dataclass(frozen=True)
class _Asked(UsSalesTax):
    """The regime with what a rate service said about the places of a batch."""

    found: Found = field(default_factory=dict, compare=False)

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide goods from abroad as those in the country: the states tax where goods go."""
        return self.domestic(fact)

    def domestic(self, fact: TaxFacts) -> Given:
        """Decide a sale by the state that it goes to."""
        state = state_of(fact.region)
        if state is None:
            return self._untaxed(fact, "no_sales_tax", f"{fact.region} levies no sales tax")
        if fact.taxed_on < WAYFAIR:
            raise InputError(f"Sales tax is known from {WAYFAIR} on, not on {fact.taxed_on}.")
        by_platform = self.on_marketplace(fact) and fact.taxed_on >= state.facilitator
        if not by_platform and not self._nexus(fact):
            return self._without_nexus(fact)
        if fact.tax_class == "zero":
            return self._untaxed(fact, "exempt", "The goods are exempt from sales tax")
        if fact.item == "delivery" and not state.taxes_delivery(fact.taxed_on):
            reason = f"{state.name} does not tax delivery that is stated apart"
            return self._untaxed(fact, "delivery_not_taxable", reason)
        if by_platform:
            return self._platform(fact, state)
        rate = self._local_rate(fact) or self._state_rate(fact)
        if state.local and not self._local_rate(fact):
            raise InputError(
                f"Places in {state.name} add to its sales tax, and no rate is known for"
                f" {fact.region} {fact.postcode}".rstrip()
                + ".",
                hint="Note it in the settings of tax_us, or enable an addon with a rate service.",
            )
        reason = f"The seller has nexus in {state.name} and collects {rate.percent}"
        return self._sale(fact, Treatment(self._nexus(fact), reason, rate))

    def _platform(self, fact: TaxFacts, state: State) -> TaxDecision:
        rate = self._local_rate(fact) or self._state_rate(fact)
        reason = f"Marketplace facilitator of {state.name}: the platform collects {rate.percent}"
        if state.local and not self._local_rate(fact):
            reason += ", the state's part alone since no local rate is known; its own figure counts"
        treatment = Treatment("marketplace_facilitator", reason, rate, "marketplace")
        law = f"marketplaces collect in {state.name} since {state.facilitator}"
        return self._sale(fact, replace(treatment, law=law, supply="outside_scope"))

    def _nexus(self, fact: TaxFacts) -> str:
        if fact.registered(self.home, "local", fact.region):
            return "physical_nexus"
        return "economic_nexus" if fact.registered(self.home, NEXUS, fact.region) else ""

    def _without_nexus(self, fact: TaxFacts) -> TaxDecision:
        limit = self.limits.on(f"US-{fact.region}", NEXUS, fact.taxed_on)
        law = ""
        if limit:
            count = f" {'and' if limit.both else 'or'} {limit.sales} sales" if limit.sales else ""
            law = f"nexus from USD {limit.amount // 100}{count} a year: {limit.source}"
        reason = f"The seller noted no nexus in {fact.region}: he collects nothing"
        treatment = Treatment("no_nexus", reason, None, "none", law)
        return self._sale(fact, replace(treatment, supply="outside_scope"))

    def _untaxed(self, fact: TaxFacts, scheme: str, reason: str) -> TaxDecision:
        treatment = Treatment(scheme, reason, None, "none")
        return self._sale(fact, replace(treatment, supply="outside_scope"))

    def _sale(self, fact: TaxFacts, treatment: Treatment) -> TaxDecision:
        return self.decision(fact, replace(treatment, jurisdiction=f"US-{fact.region}"))

    def _state_rate(self, fact: TaxFacts) -> TaxRate:
        day = self.tax_points.rate_day(fact)
        return self.rates.on(f"US-{fact.region}", "standard", day)

    def _local_rate(self, fact: TaxFacts) -> TaxRate | None:
        """Return the whole rate of a place: by the service, else as the seller noted it."""
        if rate := self.found.get(_place(fact)):
            return rate
        for state, postcode, rates in self.noted:
            if state == fact.region and fact.postcode.startswith(postcode):
                held = [rate for rate in rates if rate.since <= fact.taxed_on]
                return held[-1] if held else None
        return None


def _place(fact: TaxFacts) -> TaxPlace:
    return TaxPlace(fact.ship_to, fact.region, fact.postcode, fact.taxed_on)
