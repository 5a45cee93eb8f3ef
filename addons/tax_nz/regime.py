"""The rules: which New Zealand GST a sale of goods bears, and who pays it over."""

from __future__ import annotations

from datetime import date

from addons.tax_nz.forms import FORMS
from core.api import CountryRegime
from core.api import Given
from core.api import TaxFacts
from core.api import Treatment
from core.api import each_within

ALL_GOODS = "all_goods"


class NzGst(CountryRegime):
    """New Zealand GST on goods that are there when they are sold, or are sent there.

    A seller registered as `all_goods` has elected to charge GST on dearer goods too, which the law
    allows where at least three quarters of his supplies are of low value (s. 10C).
    """

    code = "nz_gst"
    home = "NZ"
    currency = "NZD"
    package = "addons.tax_nz"
    schemes = ("local", ALL_GOODS)
    imports_from = date(2019, 12, 1)
    forms = FORMS

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide goods from abroad, each item by its own price."""
        limit = self.limit(fact, "low_value")
        if limit is None:
            return self._dearer(fact)
        return self.split(
            fact,
            each_within(fact, limit),
            lambda: self.low_value(fact, limit),
            lambda: self._dearer(fact),
        )

    def _dearer(self, fact: TaxFacts) -> Given:
        elects = fact.registered(self.home, ALL_GOODS) and not fact.is_checked_business
        if elects and not self.on_marketplace(fact):
            rate = self.rate(fact)
            reason = f"The seller elected to charge GST of {rate.percent} on dearer goods too"
            return self.decision(fact, Treatment("all_goods_election", reason, rate))
        reason = "An item over NZ$1,000: GST is due at the border from who receives it"
        return self.imported(fact, "import_high_value", reason)
