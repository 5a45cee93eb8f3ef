"""The rules: which Norwegian VAT a sale of goods bears, and who pays it over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from addons.tax_no.forms import FORMS
from core.api import CountryRegime
from core.api import Given
from core.api import Goods
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import TaxLimit
from core.api import Treatment
from core.api import each_below


class NoVat(CountryRegime):
    """Norwegian VAT on goods that are in Norway when they are sold, or are sent there.

    `voec` is the registration of a foreign seller under VAT on e-commerce; it covers goods to
    consumers, but no food.
    """

    code = "no_vat"
    home = "NO"
    currency = "NOK"
    package = "addons.tax_no"
    tax = "VAT"
    imports_from = date(2020, 4, 1)
    forms = FORMS

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide goods from abroad, each item by its own price without freight."""
        limit = self.limit(fact, "voec")
        if limit is None or fact.is_checked_business:
            return self._at_border(fact)
        cheap = each_below(fact, limit)

        def covered(goods: Goods) -> bool:
            return goods.tax_class != "food" and cheap(goods)

        return self.split(
            fact, covered, lambda: self._covered(fact, limit), lambda: self._dear(fact)
        )

    def _covered(self, fact: TaxFacts, limit: TaxLimit) -> TaxDecision:
        if self.on_marketplace(fact) or fact.registered(self.home, "voec"):
            by = "marketplace" if self.on_marketplace(fact) else "seller"
            rate = self.rate(fact)
            reason = f"VOEC: the {by} charges VAT of {rate.percent} on goods below NOK 3,000"
            supply = "outside_scope" if by == "marketplace" else "taxable"
            treatment = Treatment("low_value_goods", reason, rate, by, limit.source, supply=supply)
            return self.decision(fact, treatment)
        return self._at_border(fact)

    def _at_border(self, fact: TaxFacts) -> TaxDecision:
        relief, parcel = self.limit(fact, "import_relief"), fact.parcel()
        landed = parcel.value + parcel.delivery
        if relief and parcel.below(relief.amount, relief.currency, landed):
            reason = "A parcel worth less than NOK 350 with its freight: let in untaxed"
            treatment = Treatment("import_relief_350", reason, None, "none", relief.source)
            return self.decision(fact, replace(treatment, role="import", supply="outside_scope"))
        return self.imported(fact, "import", "VAT is due at the border from who receives the goods")

    def _dear(self, fact: TaxFacts) -> TaxDecision:
        reason = "Food, or an item of NOK 3,000 or more: VAT is due at the border"
        return self.imported(fact, "import_high_value", reason)
