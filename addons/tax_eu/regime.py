"""The rules: which member state's VAT a sale of goods bears, and who pays it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

from addons.tax_eu.forms import RETURNS
from addons.tax_eu.imports import arriving
from addons.tax_eu.places import code_of
from addons.tax_eu.places import in_area
from addons.tax_eu.places import is_abroad
from addons.tax_eu.places import is_member
from addons.tax_eu.thresholds import thresholds
from addons.tax_eu.treatments import CODE
from addons.tax_eu.treatments import OSS_VAT
from addons.tax_eu.treatments import PLATFORM_VAT
from addons.tax_eu.treatments import Treatment
from addons.tax_eu.treatments import decide_as
from addons.tax_eu.treatments import rate_for
from addons.tax_eu.treatments import rate_on
from core.api import Given
from core.api import InputError
from core.api import InvoiceRules
from core.api import Levy
from core.api import ReturnForm
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import TaxPoints
from core.api import Threshold
from core.api import TurnoverTest
from core.api import invoice_rules
from core.api import tax_points

# Directives 2017/2455 and 2019/1995: distance sales, marketplaces, OSS and IOSS.
REFORM: Final = date(2021, 7, 1)

OSS = ("EU", "oss")
DISTANCE_SALES = ("EU", "distance_sales")


def _counts(fact: TaxFacts) -> bool:
    """Say whether a sale is a distance sale of a small seller, which art. 59c leaves at home."""
    day, home = fact.taxed_on, code_of(fact.ship_from)
    return (
        day >= REFORM
        and fact.item != "own_goods"
        and is_member(home, day)
        and home != code_of(fact.ship_to)
        and in_area(code_of(fact.ship_to), fact.postcode, day)
        and not fact.is_checked_business
        and _noted_reason(fact) is None
    )


def _noted_reason(fact: TaxFacts) -> str | None:
    """Return why distance sales are taxed where they arrive, whatever was sold."""
    seller = code_of(fact.seller_country)
    if not is_member(seller, fact.taxed_on):
        return "the seller is not established in the EU"
    elsewhere = [
        place
        for place in (*fact.seller.stock_in, fact.ship_from)
        if is_member(place, fact.taxed_on) and code_of(place) != seller
    ]
    if elsewhere:
        return f"stock in {elsewhere[0]} too"
    if fact.registered(*DISTANCE_SALES):
        return "over EUR 10,000, or opted"
    if fact.registered(*OSS):
        return "registered for the OSS"
    return None


DISTANCE_SALES_TEST: Final = TurnoverTest(
    "distance_sales",
    10_000_00,
    "EUR",
    CODE,
    frozenset({"origin_below_10000", "distance_sale_local", "union_OSS"}),
    _counts,
)


class EuVat:
    """VAT of the member states on goods that are in the Union when sold, or are sent there."""

    code = CODE
    currency = "EUR"
    turnover_tests = (DISTANCE_SALES_TEST,)

    def decide(self, facts: Sequence[TaxFacts]) -> Sequence[Given]:
        """Return an answer for each of the facts, None where the regime has no say."""
        return [_decide(fact) if _concerns(fact) else None for fact in facts]

    @property
    def tax_points(self) -> TaxPoints:
        """Return on which day each scheme taxes a sale."""
        return tax_points("addons.tax_eu")

    def returns(self) -> Sequence[ReturnForm]:
        """Return the one-stop-shop returns and those of member states."""
        return RETURNS

    def invoices(self) -> InvoiceRules:
        """Return what the law wants on invoices."""
        return invoice_rules("addons.tax_eu")

    def thresholds(self) -> Sequence[Threshold]:
        """Return the EUR 10,000 of distance sales, and that others have no threshold."""
        return thresholds()


def _concerns(fact: TaxFacts) -> bool:
    return is_member(fact.ship_from, fact.taxed_on) or is_member(fact.ship_to, fact.taxed_on)


@lru_cache(maxsize=1 << 16)
def _decide(fact: TaxFacts) -> Given:
    day = fact.taxed_on
    if is_member(fact.ship_from, day):
        return _from_inside(fact)
    if day >= REFORM and is_abroad(fact.ship_from) and in_area(fact.ship_to, fact.postcode, day):
        return None if fact.item == "own_goods" else arriving(fact)
    return None


def _from_inside(fact: TaxFacts) -> Given:
    home, there = code_of(fact.ship_from), code_of(fact.ship_to)
    if fact.item == "own_goods":
        return _own_goods(fact) if is_member(there, fact.taxed_on) and home != there else None
    if not in_area(there, fact.postcode, fact.taxed_on):
        return _outside(fact)
    if fact.taxed_on < REFORM:
        return _domestic(fact) if home == there else None
    if fact.is_checked_business and home != there:
        return _to_business(fact)
    if not is_member(fact.seller_country, fact.taxed_on) and not fact.is_checked_business:
        if fact.is_marketplace:
            return _deemed_supplier(fact)
        if not fact.channel:
            raise InputError(
                f"Nobody said whether {fact.platform} is a marketplace or the seller's own site,"
                " on which depends who pays the VAT.",
                hint="Say it with `entrepot tax channel`.",
            )
    return _domestic(fact) if home == there else _distance_sale(fact)


def _outside(fact: TaxFacts) -> TaxDecision:
    # A member state's own code with a postcode beyond the VAT area is an export too.
    if not is_abroad(fact.ship_to):
        return _domestic(fact, "Destination unknown")
    rate_on(fact.ship_from, fact, fact.taxed_on)
    treatment = Treatment(
        "export",
        f"Export to {fact.ship_to}: exempt",
        "art. 146",
        fact.ship_from,
        collector="none",
        role="export",
        supply="exempt_with_credit",
    )
    return decide_as(fact, treatment)


def _domestic(fact: TaxFacts, case: str = "Domestic sale") -> TaxDecision:
    rate = rate_on(fact.ship_from, fact, fact.taxed_on)
    reason = f"{case}: {code_of(fact.ship_from)} {fact.tax_class} rate {rate.percent}"
    treatment = Treatment("domestic", reason, "art. 31, 32", fact.ship_from, rate)
    return decide_as(fact, treatment)


def _to_business(fact: TaxFacts) -> TaxDecision:
    treatment = Treatment(
        "intra_EU_supply_exempt",
        f"To a business in {fact.ship_to} whose number was valid: exempt, reverse charge",
        "art. 138(1)",
        fact.ship_to,
        collector="buyer",
        supply="exempt_intra_EU",
    )
    return decide_as(fact, treatment)


def _deemed_supplier(fact: TaxFacts) -> TaxDecision:
    """Decide a sale by a seller from outside the Union through a marketplace."""
    rate = rate_for("deemed_supplier_14a2", fact)
    treatment = Treatment(
        "deemed_supplier_14a2",
        f"Seller outside the EU: the marketplace is the supplier, {fact.ship_to} {rate.percent};"
        " the seller's supply to it is exempt",
        "art. 14a(2), 66a, 136a",
        fact.ship_to,
        rate,
        "marketplace",
        PLATFORM_VAT,
        supply="exempt_with_credit",
    )
    return decide_as(fact, treatment)


def _distance_sale(fact: TaxFacts) -> TaxDecision:
    why = _taxed_at_destination(fact)
    if why is None:
        rate = rate_on(fact.ship_from, fact, fact.taxed_on)
        reason = f"Distance sales up to EUR 10,000 a year: {fact.ship_from} rate {rate.percent}"
        return decide_as(
            fact, Treatment("origin_below_10000", reason, "art. 59c", fact.ship_from, rate)
        )
    rate = rate_on(fact.ship_to, fact, fact.taxed_on)
    treatment = Treatment(
        "union_OSS",
        f"Distance sale to {fact.ship_to}, rate {rate.percent}: {why}; through the OSS",
        "art. 33(a), 369a",
        fact.ship_to,
        rate,
        account=OSS_VAT,
    )
    if fact.registered(*OSS):
        return decide_as(fact, treatment)
    local = fact.registered(code_of(fact.ship_to), "local")
    state = "in its own return" if local else "no OSS and no registration there is noted"
    reason = f"Distance sale to {fact.ship_to}, rate {rate.percent}: {why}; {state}"
    at_home = Treatment("distance_sale_local", reason, "art. 33(a)", fact.ship_to, rate)
    return decide_as(fact, replace(at_home))


def _taxed_at_destination(fact: TaxFacts) -> str | None:
    """Return why distance sales are taxed where they arrive, None below the threshold."""
    if why := _noted_reason(fact):
        return why
    return "over EUR 10,000 of them this year or last" if fact.exceeded else None


def _own_goods(fact: TaxFacts) -> Sequence[Levy]:
    """Decide a transfer to another member state: exempt there, acquired here, at cost."""
    rate = rate_on(fact.ship_to, fact, fact.taxed_on)
    left = Treatment(
        "own_goods_dispatch",
        f"Own goods moved to {fact.ship_to}: exempt as an intra-EU supply to oneself",
        "art. 17, 138(2)(c)",
        fact.ship_from,
        collector="none",
        supply="exempt_intra_EU",
    )
    came = Treatment(
        "own_goods_acquisition",
        f"Own goods moved from {fact.ship_from}: acquisition, {fact.ship_to} {rate.percent}",
        "art. 21",
        fact.ship_to,
        rate,
        "buyer",
        role="acquisition",
        supply="acquisition",
    )
    return [Levy(decide_as(fact, left)), Levy(decide_as(fact, came), further=True)]
