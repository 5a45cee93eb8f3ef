"""The rules: which Australian GST a sale of goods bears, and who pays it over."""

from __future__ import annotations

from datetime import date

from addons.tax_au.forms import FORMS
from core.api import CountryRegime
from core.api import Given
from core.api import TaxFacts
from core.api import each_within


class AuGst(CountryRegime):
    """Australian GST on goods that are in Australia when they are sold, or are sent there.

    The operator of a marketplace stands in for the seller only where low-value goods come from
    abroad; of goods in Australia the seller accounts for the GST himself.
    """

    code = "au_gst"
    home = "AU"
    currency = "AUD"
    package = "addons.tax_au"
    imports_from = date(2018, 7, 1)
    forms = FORMS

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide goods from abroad: GST at the sale up to A$1,000, at the border above."""
        limit = self.limit(fact, "low_value")
        if limit is None or not fact.parcel().within(limit.amount, limit.currency):
            # Sent together they are a taxable importation (s. 84-83), whatever each is worth.
            return self._at_border(fact)
        return self.split(
            fact,
            each_within(fact, limit),
            lambda: self.low_value(fact, limit),
            lambda: self._at_border(fact),
        )

    def _at_border(self, fact: TaxFacts) -> Given:
        reason = "Goods over A$1,000: GST is due at the border from who receives them"
        return self.imported(fact, "import_high_value", reason)
