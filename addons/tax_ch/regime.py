"""The rules: which Swiss VAT a sale of goods bears, and who pays it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from addons.tax_ch.forms import FORMS
from core.api import CALENDAR_YEAR
from core.api import IMPORTER
from core.api import CountryRegime
from core.api import Given
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import Threshold
from core.api import Treatment
from core.api import tax_amount

# From this day who runs a platform is the supplier of what is sold there (MWSTG Art. 20a).
PLATFORMS = date(2025, 1, 1)

MAIL_ORDER = "mail_order"
SMALL_TAX = "import_tax_not_over_CHF5"


class ChVat(CountryRegime):
    """Swiss VAT on goods that are in Switzerland when they are sold, or are sent there.

    A seller registered as `mail_order` sold parcels for CHF 100,000 a year whose import tax is too
    small to be collected: from then on all his parcels count as sold in Switzerland.
    """

    code = "ch_vat"
    home = "CH"
    currency = "CHF"
    package = "addons.tax_ch"
    tax = "VAT"
    schemes = ("local", MAIL_ORDER)
    imports_from = date(2019, 1, 1)
    forms = FORMS

    def thresholds(self) -> Sequence[Threshold]:
        """Count turnover in all the world, and small parcels by themselves."""
        mail = self.limits.history(self.home, "mail_order")
        world = self.limits.history(self.home, "registration")
        schemes = (*self.schemes, IMPORTER)
        return [
            Threshold(
                "ch_mail_order",
                "Mail order: parcels whose import tax is not collected",
                self.home,
                mail,
                lambda each: each.scheme == SMALL_TAX,
                CALENDAR_YEAR,
                schemes,
            ),
            Threshold(
                "ch_registration",
                "Turnover in all the world of who supplies goods in Switzerland",
                self.home,
                world,
                lambda each: each.role in ("sale", "export"),
                CALENDAR_YEAR,
                schemes,
            ),
        ]

    def domestic(self, fact: TaxFacts) -> Given:
        """Decide a sale in Switzerland; on a platform its operator is the supplier."""
        return self._by_platform(fact) or super().domestic(fact)

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide goods from abroad: by the platform, the mail-order seller, or the border."""
        if decision := self._by_platform(fact):
            return decision
        if fact.registered(self.home, MAIL_ORDER):
            rate = self.rate(fact)
            reason = f"Mail-order seller: every parcel bears Swiss VAT of {rate.percent}"
            return self.decision(fact, Treatment("mail_order_100k", reason, rate))
        limit = self.limit(fact, "small_tax")
        if limit and fact.parcel().within(limit.amount, limit.currency, self._import_tax(fact)):
            reason = "Import tax of not more than CHF 5 for the parcel is not collected"
            treatment = Treatment(SMALL_TAX, reason, None, "none", limit.source)
            return self.decision(fact, replace(treatment, role="import", supply="outside_scope"))
        return self.imported(fact, "import", "Import tax is due from who receives the parcel")

    def _by_platform(self, fact: TaxFacts) -> TaxDecision | None:
        if fact.taxed_on < PLATFORMS or not self.on_marketplace(fact):
            return None
        rate = self.rate(fact)
        reason = f"Sold on a platform: its operator is the supplier, at {rate.percent}"
        treatment = Treatment("platform_20a", reason, rate, "marketplace", "MWSTG Art. 20a")
        here = fact.ship_from == self.home
        supply = "zero_rated" if here and self.is_registered(fact) else "outside_scope"
        return self.decision(fact, replace(treatment, supply=supply))

    def _import_tax(self, fact: TaxFacts) -> int:
        """Return the import tax of a parcel; its freight bears the highest rate of its goods."""
        parcel = fact.parcel()
        rates = [
            self.rates.on(self.home, goods.tax_class, fact.taxed_on).rate for goods in parcel.goods
        ]
        nets = [goods.net for goods in parcel.goods]
        tax = sum(tax_amount(net, rate) for net, rate in zip(nets, rates, strict=True))
        return tax + tax_amount(parcel.delivery, max(rates, default=0))
