"""The rules: which Japanese consumption tax a sale of goods bears, and who pays it over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from addons.tax_jp.forms import FORMS
from core.api import CALENDAR_YEAR
from core.api import CountryRegime
from core.api import Given
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import Treatment
from core.api import each_within

# From this day large platforms account for the tax of goods that are sold on them.
PLATFORMS = date(2028, 4, 1)
PLATFORM_LAW = "tax reform 2026: platform taxation of goods, platforms above 5 billion yen"


class JpJct(CountryRegime):
    """Consumption tax on goods that are in Japan when they are sold, or are sent there.

    Platforms are taken to be above the five billion yen from which the rule of 2028 binds them.
    """

    code = "jp_jct"
    home = "JP"
    currency = "JPY"
    package = "addons.tax_jp"
    tax = "JCT"
    imports_from = date(2019, 10, 1)
    forms = FORMS
    window = CALENDAR_YEAR

    def domestic(self, fact: TaxFacts) -> Given:
        """Decide a sale in Japan; from 2028 the platform pays for sellers from abroad."""
        from_abroad = fact.seller_country != self.home
        if from_abroad and fact.taxed_on >= PLATFORMS and self.on_marketplace(fact):
            return self._by_platform(fact)
        return super().domestic(fact)

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide goods from abroad: untaxed up to 10,000 yen at first, at the sale from 2028."""
        limit = self.limit(fact, "low_value")
        if limit is not None:
            return self.split(
                fact,
                each_within(fact, limit),
                lambda: self._small(fact),
                lambda: self._at_border(fact),
            )
        relief = self.limit(fact, "import_exempt")
        if relief and fact.parcel().within(relief.amount, relief.currency):
            reason = "A consignment of at most 10,000 yen is let in untaxed"
            treatment = Treatment("import_exempt_10000", reason, None, "none", relief.source)
            return self.decision(fact, replace(treatment, role="import", supply="outside_scope"))
        return self._at_border(fact)

    def _small(self, fact: TaxFacts) -> TaxDecision:
        if self.on_marketplace(fact):
            return self._by_platform(fact)
        if not self.is_registered(fact):
            return self._at_border(fact)
        rate = self.rate(fact)
        reason = f"Low-value goods: the registered seller charges {rate.percent} at the sale"
        return self.decision(fact, Treatment("low_value_goods", reason, rate))

    def _by_platform(self, fact: TaxFacts) -> TaxDecision:
        rate = self.rate(fact)
        reason = f"Platform taxation: who runs it accounts for the tax of {rate.percent}"
        treatment = Treatment("platform_2028", reason, rate, "marketplace", PLATFORM_LAW)
        return self.decision(fact, replace(treatment, supply="outside_scope"))

    def _at_border(self, fact: TaxFacts) -> TaxDecision:
        reason = "The tax is due at the border from who receives the goods"
        return self.imported(fact, "import", reason)
