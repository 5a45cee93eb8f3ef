"""Goods that enter the Union for a sale: IOSS, marketplaces, the courier, and real imports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from addons.tax_eu.duty import duty_on
from addons.tax_eu.treatments import IOSS_VAT
from addons.tax_eu.treatments import PLATFORM_VAT
from addons.tax_eu.treatments import Treatment
from addons.tax_eu.treatments import decide_as
from addons.tax_eu.treatments import rate_for
from addons.tax_eu.treatments import rate_on
from core.api import Given
from core.api import InputError
from core.api import Levy
from core.api import TaxDecision
from core.api import TaxFacts

LOW_VALUE: Final = 150_00
IMPORTER = "importer"


def arriving(fact: TaxFacts) -> Given:
    """Decide a sale of goods that enter the Union for it."""
    if fact.registered(fact.ship_to, IMPORTER):
        return _imported_by_seller(fact)
    if not fact.parcel().within(LOW_VALUE, "EUR"):
        return _at_the_border(fact, "import_over_150", "Consignment over EUR 150", "art. 2(1)(d)")
    if fact.is_checked_business:
        return _at_the_border(fact, "import_by_business", "Bought by a business", "art. 2(1)(d)")
    if fact.is_marketplace:
        return _with_duty(fact, _through_marketplace(fact))
    if not fact.channel:
        raise InputError(
            f"Nobody said whether {fact.platform} is a marketplace or the seller's own site, on"
            " which depends who pays the VAT.",
            hint="Say it with `entrepot tax channel`.",
        )
    if fact.seller.has("EU", "ioss", fact.payment_day):
        return _with_duty(fact, _through_ioss(fact))
    case = "Consignment up to EUR 150 without IOSS"
    return _at_the_border(fact, "special_arrangements", case, "art. 369y")


def _through_marketplace(fact: TaxFacts) -> TaxDecision:
    rate = rate_for("IOSS_deemed_supplier_14a1", fact)
    treatment = Treatment(
        "IOSS_deemed_supplier_14a1",
        f"Consignment up to EUR 150 through a marketplace: it pays {fact.ship_to} {rate.percent}",
        "art. 14a(1), 66a",
        fact.ship_to,
        rate,
        "marketplace",
        PLATFORM_VAT,
        supply="outside_scope",
    )
    return decide_as(fact, treatment)


def _through_ioss(fact: TaxFacts) -> TaxDecision:
    rate = rate_for("IOSS", fact)
    treatment = Treatment(
        "IOSS",
        f"Consignment up to EUR 150: {fact.ship_to} {rate.percent} with the price, through IOSS",
        "art. 369l, 369n",
        fact.ship_to,
        rate,
        account=IOSS_VAT,
    )
    return decide_as(fact, treatment)


def _imported_by_seller(fact: TaxFacts) -> TaxDecision:
    rate = rate_on(fact.ship_to, fact, fact.taxed_on)
    reason = f"The seller imports the goods himself: a sale in {fact.ship_to}, {rate.percent}"
    return decide_as(fact, Treatment("domestic", reason, "art. 32(2)", fact.ship_to, rate))


def _at_the_border(fact: TaxFacts, scheme: str, case: str, law: str) -> Sequence[Levy]:
    """Leave the VAT to customs, who charge it on the goods and on the duty."""
    rate = rate_on(fact.ship_to, fact, fact.taxed_on)
    treatment = Treatment(
        scheme,
        f"{case}: import VAT {rate.percent} is due from who receives it",
        law,
        fact.ship_to,
        rate,
        "customs",
        role="import",
        supply="outside_scope",
    )
    decision = decide_as(fact, treatment)
    duty = _duty(fact)
    if duty is None:
        return (Levy(decision),)
    return (Levy(decision, base=(fact.net or 0) + (duty.amount or 0)), duty)


def _with_duty(fact: TaxFacts, decision: TaxDecision) -> Given:
    duty = _duty(fact)
    return decision if duty is None else (Levy(decision), duty)


def _duty(fact: TaxFacts) -> Levy | None:
    found = duty_on(fact)
    if found is None:
        return None
    duty, amount = found
    treatment = Treatment(
        "low_value_duty",
        f"Customs duty of EUR {duty.amount / 100:.2f} for heading {fact.hs6 or 'unknown'}",
        f"and since {duty.since}: {duty.source}",
        fact.ship_to,
        collector="customs",
        role="import",
        supply="outside_scope",
        tax="duty",
    )
    return Levy(decide_as(fact, treatment), base=0, amount=amount, further=True)
