"""The rules: which Singapore GST a sale of goods bears, and who pays it over."""

from __future__ import annotations

from datetime import date

from addons.tax_sg.forms import FORMS
from core.api import CountryRegime
from core.api import Given
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import TaxLimit
from core.api import each_within


class SgGst(CountryRegime):
    """Singapore GST on goods that are there when they are sold, or are sent there.

    Goods from abroad are taken to come by air or post, as those of online shops do: only they can
    be low-value goods. `ovr` is the registration of an overseas vendor.
    """

    code = "sg_gst"
    home = "SG"
    currency = "SGD"
    package = "addons.tax_sg"
    schemes = ("local", "ovr")
    imports_from = date(2023, 1, 1)
    forms = FORMS

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide goods from abroad, each item by its own price without freight."""
        limit = self.limit(fact, "low_value")
        if limit is None:
            return self._at_border(fact)
        return self.split(
            fact,
            each_within(fact, limit),
            lambda: self._low_value(fact, limit),
            lambda: self._at_border(fact),
        )

    def _low_value(self, fact: TaxFacts, limit: TaxLimit) -> TaxDecision:
        charged = fact.is_checked_business or self.on_marketplace(fact) or self.is_registered(fact)
        relief = self.limit(fact, "import_relief")
        parcel = fact.parcel()
        landed = parcel.value + parcel.delivery
        if not charged and not (relief and parcel.within(relief.amount, relief.currency, landed)):
            return self._at_border(fact)
        return self.low_value(fact, limit)

    def _at_border(self, fact: TaxFacts) -> TaxDecision:
        reason = "Goods over S$400: GST is due at the border from who receives them"
        return self.imported(fact, "import_high_value", reason)
