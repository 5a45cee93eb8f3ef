"""The rules: which Indian GST a sale of goods bears, and what a marketplace withholds from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from addons.tax_in.forms import FORMS
from core.api import CountryRegime
from core.api import Given
from core.api import InputError
from core.api import Levy
from core.api import SalesWindow
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import TaxRate
from core.api import Treatment

WITHHELD = "1520"
"""Taxes withheld are an asset: they count against what the seller owes."""

OPERATORS = "IN-ECO"
"""Where the rates stand at which electronic commerce operators withhold."""


class InGst(CountryRegime):
    """Indian GST on goods that are in India when they are sold, or are sent there.

    Within a state it is central and state tax, half of the rate each; between states integrated
    tax. The seller files it himself; a marketplace collects a part at source (TCS, CGST Act s. 52)
    and deducts income tax (TDS, s. 194-O).
    """

    code = "in_gst"
    home = "IN"
    currency = "INR"
    package = "addons.tax_in"
    imports_from = date(2017, 7, 1)
    forms = FORMS
    window = SalesWindow("year", first_month=4)

    def domestic(self, fact: TaxFacts) -> Given:
        """Decide a sale in India, and what is withheld from it on a marketplace."""
        between = _is_inter_state(fact)
        on_marketplace = self.on_marketplace(fact)
        # Who sells on a marketplace or to another state must be registered (s. 24).
        if not (self.is_registered(fact) or on_marketplace or between):
            return self.unregistered(fact)
        levies = self._gst(fact, between=between)
        if on_marketplace and fact.tax_class != "zero":
            levies += self._withheld(fact, between=between)
        return levies if len(levies) > 1 else levies[0].decision

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide that integrated tax on goods from abroad is due at the border."""
        decision = self.imported(fact, "import", "Integrated tax is due at the border")
        return replace(decision, tax="IGST")

    def _gst(self, fact: TaxFacts, *, between: bool) -> list[Levy]:
        rate = self.rate(fact)
        if between or not rate.rate:
            reason = f"Sale to another state: integrated tax of {rate.percent}"
            return [Levy(self.decision(fact, Treatment("domestic", reason, rate, tax="IGST")))]
        half = replace(rate, rate=rate.rate // 2)
        reason = f"Sale within the state: {half.percent} each of central and state tax"
        central, state = (
            self.decision(fact, Treatment("domestic", reason, half, tax=tax))
            for tax in ("CGST", "SGST")
        )
        return [Levy(central), Levy(state, further=True)]

    def _withheld(self, fact: TaxFacts, *, between: bool) -> list[Levy]:
        kept: list[TaxDecision] = []
        if rate := self._operator_rate("tcs", fact.taxed_on):
            kinds = ("IGST_TCS",) if between else ("CGST_TCS", "SGST_TCS")
            part = replace(rate, rate=rate.rate // len(kinds))
            kept += self._kept(fact, "TCS_sec52", part, kinds)
        if rate := self._operator_rate("tds", fact.taxed_on):
            kept += self._kept(fact, "TDS_194O", rate, ("TDS",))
        return [Levy(each, further=True) for each in kept]

    def _kept(
        self, fact: TaxFacts, scheme: str, rate: TaxRate, kinds: Sequence[str]
    ) -> list[TaxDecision]:
        reason = f"The marketplace withholds {rate.percent} of the net price"
        treatment = Treatment(scheme, reason, rate, "marketplace", role="withholding")
        treatment = replace(treatment, account=WITHHELD)
        return [self.decision(fact, replace(treatment, tax=kind)) for kind in kinds]

    def _operator_rate(self, kind: str, day: date) -> TaxRate | None:
        if day < self.rates.history(OPERATORS, kind)[0].since:
            return None
        return self.rates.on(OPERATORS, kind, day)


def _is_inter_state(fact: TaxFacts) -> bool:
    if fact.ship_from != fact.ship_to:
        return True
    if not fact.region or not fact.from_region:
        raise InputError(
            "GST within India depends on the states that goods leave and reach, and"
            f" {'the buyer' if fact.from_region else 'the warehouse'} has none.",
            hint="Give the order and the warehouse their states, such as MH or KA.",
        )
    return fact.region != fact.from_region
