"""The rules: which Singapore GST a sale of goods bears, and who pays it over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from addons.tax_sg.forms import FORMS
from core.api import CALENDAR_YEAR
from core.api import CountryRegime
from core.api import Given
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import TaxLimit
from core.api import Threshold
from core.api import each_within
from core.api import taxed_by


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
    window = CALENDAR_YEAR

    def thresholds(self) -> Sequence[Threshold]:
        """Add that of overseas vendors: so much here, and so much in all the world."""
        own = self.limits.history("SG", "registration")
        vendor = ("ovr", "local")
        return [
            Threshold("sg_registration", "Registration for GST", "SG", own, _is_local, self.window),
            Threshold(
                "sg_ovr",
                "Low-value goods to consumers in Singapore",
                "SG",
                self.limits.history("SG", "ovr"),
                _is_low_value,
                self.window,
                vendor,
                also="sg_global",
            ),
            Threshold(
                "sg_global",
                "Turnover in all the world, for overseas vendors",
                "SG",
                own,
                _is_sale,
                self.window,
                vendor,
            ),
        ]

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


def _is_sale(decision: TaxDecision) -> bool:
    return decision.role in ("sale", "export")


def _is_local(decision: TaxDecision) -> bool:
    return taxed_by("sg_gst")(decision) and decision.origin == "SG"


def _is_low_value(decision: TaxDecision) -> bool:
    return taxed_by("sg_gst")(decision) and decision.origin != "SG"
