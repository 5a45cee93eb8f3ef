"""The rules: which UK VAT a sale of goods bears, and who pays it over."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

from addons.tax_uk.destinations import SAME_AS
from addons.tax_uk.destinations import Place
from addons.tax_uk.destinations import member_since
from addons.tax_uk.destinations import place_of
from addons.tax_uk.forms import RETURNS
from addons.tax_uk.rates import CLASSES
from addons.tax_uk.rates import EXPORT
from addons.tax_uk.rates import rate_on
from addons.tax_uk.settings import Registered
from addons.tax_uk.settings import registered_abroad
from addons.tax_uk.thresholds import thresholds
from core.api import InputError
from core.api import InvoiceRules
from core.api import ReturnForm
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import TaxPoints
from core.api import TaxRate
from core.api import Threshold
from core.api import invoice_rules
from core.api import tax_points

CODE = "uk_vat"
OUTPUT_VAT = "2300"
PLATFORM_VAT = "2310"

_BY_PLATFORM = {"collector": "marketplace", "account": PLATFORM_VAT}

# Goods in Northern Ireland follow EU rules since 2021: stock there is not ours to judge.
STOCK = frozenset({"GB", "UK", "IM"})
ESTABLISHED = STOCK | {"XI"}

# Taxation (Post-transition Period) Act 2020: consignments and marketplaces.
REFORM = date(2021, 1, 1)
LOW_VALUE: Final = 135_00
IMPORTER = "importer"


class UkVat:
    """UK VAT on goods that are in the UK when they are sold, or are sent there.

    `settings` may name, as `registered_abroad`, the EU members whose VAT the seller's distance
    sales bore from a day on, since they passed the threshold there or he chose that member's
    rate. Until the end of 2020 this regime has no say in those sales.
    """

    code = CODE
    currency = "GBP"

    def __init__(self, settings: Mapping[str, object] | None = None) -> None:
        self._settings = settings or {}

    def decide(self, facts: Sequence[TaxFacts]) -> Sequence[TaxDecision | None]:
        """Return one decision for each of the facts, None where the regime has no say."""
        # Read here and not at the start: a setting that cannot be read then stops these sales
        # with its own sentence.
        registered = registered_abroad(self._settings)
        return [_decide(fact, registered) if _concerns(fact) else None for fact in facts]

    @property
    def tax_points(self) -> TaxPoints:
        """Return on which day a supply is taxed."""
        return tax_points("addons.tax_uk")

    def returns(self) -> Sequence[ReturnForm]:
        """Return the VAT return."""
        return RETURNS

    def invoices(self) -> InvoiceRules:
        """Return what the law wants on invoices."""
        return invoice_rules("addons.tax_uk")

    def thresholds(self) -> Sequence[Threshold]:
        """Return the threshold of sellers established here, and that others have none."""
        return thresholds()


def _concerns(fact: TaxFacts) -> bool:
    return fact.ship_from in STOCK or SAME_AS.get(fact.ship_to, fact.ship_to) == "GB"


@lru_cache(maxsize=1 << 16)
def _decide(fact: TaxFacts, registered: Registered) -> TaxDecision | None:
    place = place_of(fact.ship_to, fact.taxed_on)
    if fact.ship_from in STOCK:
        return _from_stock_here(fact, place, registered)
    if place is Place.DOMESTIC and _comes_from_abroad(fact):
        return _arriving(fact)
    return None


def _from_stock_here(fact: TaxFacts, place: Place, registered: Registered) -> TaxDecision | None:
    if fact.seller_country not in ESTABLISHED and fact.taxed_on < REFORM:
        return None
    _known_class(fact)
    if fact.item == "own_goods":
        return None
    if place is Place.OUTSIDE:
        return _export(fact)
    if place is Place.MEMBER and _bears_foreign_vat(fact, registered):
        return None
    if place is Place.DOMESTIC and fact.seller_country not in ESTABLISHED:
        return _overseas_seller(fact)
    return _domestic(fact, place)


def _known_class(fact: TaxFacts) -> None:
    if fact.tax_class not in CLASSES:
        raise InputError(
            f"UK VAT knows no tax class {fact.tax_class!r}.", hint=f"Use {', '.join(CLASSES)}."
        )


def _bears_foreign_vat(fact: TaxFacts, registered: Registered) -> bool:
    code = SAME_AS.get(fact.ship_to, fact.ship_to)
    return any(code == country and fact.taxed_on >= since for country, since in registered)


def _comes_from_abroad(fact: TaxFacts) -> bool:
    """Say whether goods that are sent here enter the UK; EU goods enter NI under EU rules."""
    if fact.taxed_on < REFORM or fact.item == "own_goods":
        return False
    origin = place_of(fact.ship_from, fact.taxed_on)
    from_union = place_of(fact.ship_from, date(2020, 12, 31)) is Place.MEMBER
    return origin is Place.OUTSIDE and not (fact.ship_to == "XI" and from_union)


def _overseas_seller(fact: TaxFacts) -> TaxDecision:
    """Decide a sale of goods in the UK by a seller from abroad (VAT Act 1994, s. 5A)."""
    if not _through_marketplace(fact) or fact.is_checked_business:
        return _domestic(fact, Place.DOMESTIC)
    reason = "Goods in the UK of an overseas seller: the marketplace is the supplier"
    treatment = _Treatment("OMP_goods_in_UK", reason, _rate(fact))
    return _decision(fact, replace(treatment, supply="zero_rated", **_BY_PLATFORM))


def _arriving(fact: TaxFacts) -> TaxDecision:
    """Decide a sale of goods that enter the UK for it."""
    _known_class(fact)
    if not fact.parcel().within(LOW_VALUE, "GBP"):
        return _import(fact)
    if fact.is_checked_business:
        reason = "Consignment up to £135 to a business with a VAT number: reverse charge"
        treatment = _Treatment("VRN_reverse_charge", reason, None)
        return _decision(fact, replace(treatment, collector="buyer", supply="outside_scope"))
    by = "marketplace" if _through_marketplace(fact) else "seller"
    reason = f"Consignment up to £135: the {by} charges UK VAT with the price"
    treatment = _Treatment("supply_VAT_135", reason, _rate(fact))
    if by == "marketplace":
        treatment = replace(treatment, supply="outside_scope", **_BY_PLATFORM)
    return _decision(fact, treatment)


def _import(fact: TaxFacts) -> TaxDecision:
    if fact.registered("GB", IMPORTER):
        reason = "The seller imports the goods himself and sells them in the UK"
        return _decision(fact, _Treatment("domestic", reason, _rate(fact)))
    reason = "Consignment over £135: import VAT is due from who receives it"
    rate = rate_on(fact.tax_class, fact.taxed_on)
    treatment = _Treatment("import_over_135", reason, rate, "customs", role="import")
    return _decision(fact, replace(treatment, supply="outside_scope"))


def _through_marketplace(fact: TaxFacts) -> bool:
    if not fact.channel:
        raise InputError(
            f"Nobody said whether {fact.platform} is a marketplace or the seller's own site, on"
            " which depends who pays the UK VAT.",
            hint="Say it with `entrepot tax channel`.",
        )
    return fact.is_marketplace


def _domestic(fact: TaxFacts, place: Place) -> TaxDecision:
    rate = _rate(fact)
    reason = f"{_CASES[place]}: UK {fact.tax_class} rate {rate.percent}"
    return _decision(fact, _Treatment("domestic", reason, rate, place=place))


def _rate(fact: TaxFacts) -> TaxRate:
    return rate_on(fact.tax_class, tax_points("addons.tax_uk").rate_day(fact))


def _export(fact: TaxFacts) -> TaxDecision:
    reason = f"Export to {fact.ship_to}: zero-rated"
    rate = rate_on(EXPORT, fact.taxed_on)
    treatment = _Treatment("uk_export", reason, rate, "none", role="export", supply="zero_rated")
    return _decision(fact, replace(treatment, place=Place.OUTSIDE))


@dataclass(frozen=True, slots=True)
class _Treatment:
    """How the law treats a sale; by default the seller pays its VAT."""

    scheme: str
    reason: str
    rate: TaxRate | None
    collector: str = "seller"
    account: str = OUTPUT_VAT
    role: str = "sale"
    supply: str = "taxable"
    place: Place = Place.DOMESTIC


def _decision(fact: TaxFacts, treatment: _Treatment) -> TaxDecision:
    rate = treatment.rate
    return TaxDecision(
        regime=CODE,
        collector=treatment.collector,
        jurisdiction="GB",
        scheme=treatment.scheme,
        rate=rate.rate if rate else 0,
        account=treatment.account,
        reason=treatment.reason,
        evidence=_evidence(fact, treatment),
        role=treatment.role,
        supply=treatment.supply,
        origin=SAME_AS.get(fact.ship_from, fact.ship_from),
    )


def _evidence(fact: TaxFacts, treatment: _Treatment) -> str:
    """Name the facts that decided; not the day itself, so that a decision serves many days."""
    place, rate = treatment.place, treatment.rate
    destination = _DESTINATIONS[place]
    if place is Place.MEMBER:
        destination += f" since {member_since(fact.ship_to)}"
    same_as = SAME_AS.get(fact.ship_to)
    kind = EXPORT if treatment.role == "export" else fact.tax_class
    law = f"{kind} rate from {rate.since}: {rate.source}" if rate else "no rate: reverse charge"
    who = f"; {fact.channel} sale to a {fact.buyer}" if fact.channel else ""
    number = f" with a {fact.buyer_number} number" if fact.buyer == "business" else ""
    # repr: the text may be anything, and evidence is one line.
    return (
        f"seller in {fact.seller_country}; stock in {fact.ship_from};"
        f" sent to {fact.ship_to!r}{f' (as {same_as})' if same_as else ''}, {destination}"
        f"{who}{number}; {law}"
    )


_CASES = {
    Place.DOMESTIC: "Domestic sale",
    Place.MEMBER: "Distance sale below threshold",
    Place.UNNAMED_MEMBER: "Sale to an unnamed EU member",
    Place.UNKNOWN: "Destination unknown",
}

_DESTINATIONS = {
    Place.DOMESTIC: "in the UK VAT area",
    Place.MEMBER: "an EU member",
    Place.OUTSIDE: "outside the UK VAT area and no market shared with it",
    Place.UNNAMED_MEMBER: "an EU member that is not named",
    Place.UNKNOWN: "no known country, taxed as domestic",
}
