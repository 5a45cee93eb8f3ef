"""The rules: which Canadian taxes a sale of goods bears, and who pays each of them over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from addons.tax_ca.forms import FORMS
from addons.tax_ca.provinces import PROVINCES
from addons.tax_ca.provinces import Province
from core.api import CountryRegime
from core.api import Given
from core.api import InputError
from core.api import Levy
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import Treatment

# The digital economy rules: platforms account for the tax of vendors who are not registered.
PLATFORMS = date(2021, 7, 1)

CLASSES = ("standard", "zero")


class CaGst(CountryRegime):
    """GST, HST, QST and provincial sales taxes on goods in Canada, by the province they go to.

    `CA local` is a registration for GST/HST. A registration for QST, PST or RST names its province:
    `CA local --region QC`.
    """

    code = "ca_gst"
    home = "CA"
    currency = "CAD"
    package = "addons.tax_ca"
    account = "2360"
    imports_from = PLATFORMS
    forms = FORMS

    def known_class(self, fact: TaxFacts) -> None:
        """Refuse a class of goods that is neither taxable nor zero-rated everywhere."""
        if fact.tax_class not in CLASSES:
            raise InputError(
                f"{self.code} knows no tax class {fact.tax_class!r}.",
                hint=f"Use {', '.join(CLASSES)}.",
            )

    def domestic(self, fact: TaxFacts) -> Given:
        """Decide a sale of goods in Canada: the federal tax, and the province's own beside it."""
        province = _province(fact)
        levies = [self._federal(fact, province)]
        if province.own_tax and fact.tax_class != "zero":
            levies += self._provincial(fact, province)
        return levies if len(levies) > 1 else levies[0].decision

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide goods from abroad: they bear the taxes of the province at the border."""
        province = _province(fact)
        limit = self.limit(fact, "import_remission")
        if limit and fact.parcel().within(limit.amount, limit.currency):
            reason = "A consignment of at most C$20 is let in untaxed"
            treatment = Treatment("import_remission_20", reason, None, "none", limit.source)
            return self.decision(fact, replace(treatment, role="import", supply="outside_scope"))
        reason = "The taxes of the province are due at the border from who receives the goods"
        treatment = Treatment("import", reason, None, "customs", role="import")
        levies = [Levy(self._taxed(fact, province, _federal_tax(province), treatment))]
        if province.own_tax and fact.tax_class != "zero":
            decision = self._taxed(fact, province, province.own_tax, treatment)
            levies.append(Levy(decision, further=True))
        return levies if len(levies) > 1 else levies[0].decision

    def _federal(self, fact: TaxFacts, province: Province) -> Levy:
        tax = _federal_tax(province)
        if self.is_registered(fact):
            treatment = Treatment(_scheme(fact), f"The registered seller charges {tax}")
        elif fact.taxed_on >= PLATFORMS and self.on_marketplace(fact):
            reason = f"The seller is not registered: the platform accounts for the {tax}"
            treatment = Treatment("qualifying_goods", reason, None, "marketplace")
            treatment = replace(treatment, supply="outside_scope")
        else:
            decision = self.unregistered(fact)
            return Levy(replace(decision, jurisdiction=_jurisdiction(fact), tax=tax))
        return Levy(self._taxed(fact, province, tax, treatment))

    def _provincial(self, fact: TaxFacts, province: Province) -> Sequence[Levy]:
        tax, scheme = province.own_tax, _scheme(fact)
        if scheme == "qualifying_goods" and self._platform_pays(fact, province):
            reason = f"The platform accounts for the {tax} of the province"
            treatment = Treatment(scheme, reason, None, "marketplace", province.law)
        elif fact.registered(self.home, "local", fact.region):
            treatment = Treatment(scheme, f"The seller is registered for {tax} and charges it")
        else:
            return ()
        return (Levy(self._taxed(fact, province, tax, treatment), further=True),)

    def _platform_pays(self, fact: TaxFacts, province: Province) -> bool:
        if province.own_tax == "QST":
            # As for GST, a vendor who is registered accounts for it himself.
            return fact.taxed_on >= PLATFORMS and not fact.registered(self.home, "local", "QC")
        return fact.taxed_on >= province.platforms_from

    def _taxed(
        self, fact: TaxFacts, province: Province, tax: str, treatment: Treatment
    ) -> TaxDecision:
        # GST has one rate in all of Canada, the others are the province's.
        place = self.home if tax == "GST" else _jurisdiction(fact)
        kind = "zero" if fact.tax_class == "zero" else tax.lower()
        imported = treatment.role == "import"
        day = fact.taxed_on if imported else self.tax_points.rate_day(fact)
        rate = self.rates.on(self.home if kind == "zero" else place, kind, day)
        reason = f"{treatment.reason}: {tax} of {rate.percent}"
        if imported:
            treatment = replace(treatment, supply="outside_scope")
        treatment = replace(treatment, reason=reason, rate=rate, tax=tax)
        return self.decision(fact, replace(treatment, jurisdiction=_jurisdiction(fact)))


def _scheme(fact: TaxFacts) -> str:
    """Return what a sale of goods in Canada is: `qualifying_goods` are sold on a platform."""
    return "qualifying_goods" if fact.is_marketplace else "domestic"


def _federal_tax(province: Province) -> str:
    return "HST" if province.harmonised else "GST"


def _jurisdiction(fact: TaxFacts) -> str:
    return f"CA-{fact.region}"


def _province(fact: TaxFacts) -> Province:
    province = PROVINCES.get(fact.region)
    if province is None:
        raise InputError(
            f"A sale in Canada goes to {fact.region or 'no province'!r}, on which its tax depends.",
            hint=f"Give the order a province: {', '.join(sorted(PROVINCES))}.",
        )
    return province
