"""How the directive treats a supply, and the decision that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from addons.tax_eu.places import code_of
from addons.tax_eu.places import region_of
from core.api import TaxDecision
from core.api import TaxFacts
from core.api import TaxRate
from core.api import rate_table
from core.api import tax_points

CODE = "eu_vat"

OUTPUT_VAT = "2300"
PLATFORM_VAT = "2310"
OSS_VAT = "2320"
IOSS_VAT = "2330"


@dataclass(frozen=True, slots=True)
class Treatment:
    """One rule of the directive; by default the seller pays the VAT at the rate of a state."""

    scheme: str
    reason: str
    law: str
    jurisdiction: str
    rate: TaxRate | None = None
    collector: str = "seller"
    account: str = OUTPUT_VAT
    role: str = "sale"
    supply: str = "taxable"
    tax: str = "VAT"


def rate_for(scheme: str, fact: TaxFacts) -> TaxRate:
    """Return the rate of the state that goods reach on the day on which a scheme taxes them."""
    day = tax_points(__package__ or "").rate_day(fact, scheme)
    return rate_on(fact.ship_to, fact, day)


def rate_on(state: str, fact: TaxFacts, day: date) -> TaxRate:
    """Return a member state's rate for what is supplied, or that of its part where goods arrive.

    Raises: InputError for a class that the state does not have on that day.
    """
    package = __package__ or ""
    if code_of(state) == code_of(fact.ship_to):
        region = region_of(state, fact.postcode)
        own = rate_table(package, "tables/regional_rates.toml")
        history = own.history(region, fact.tax_class) if region else ()
        if history and history[0].since <= day:
            return own.on(region, fact.tax_class, day)
    return rate_table(package).on(code_of(state), fact.tax_class, day)


def decide_as(fact: TaxFacts, treatment: Treatment) -> TaxDecision:
    """Return the decision of a treatment, with the facts that led to it."""
    rate = treatment.rate
    who = f"; {fact.channel} sale" if fact.channel else ""
    number = f" with a {fact.buyer_number} number" if fact.buyer == "business" else ""
    held = f"; {fact.tax_class} rate from {rate.since}: {rate.source}" if rate else ""
    return TaxDecision(
        regime=CODE,
        collector=treatment.collector,
        jurisdiction=code_of(treatment.jurisdiction),
        scheme=treatment.scheme,
        rate=rate.rate if rate else 0,
        account=treatment.account,
        reason=treatment.reason,
        # repr: the text may be anything, and evidence is one line.
        evidence=(
            f"seller in {fact.seller_country!r}; goods in {fact.ship_from!r};"
            f" sent to {fact.ship_to!r}{who}; {fact.buyer}{number};"
            f" directive 2006/112/EC {treatment.law}{held}"
        ),
        role=treatment.role,
        tax=treatment.tax,
        supply=treatment.supply,
        origin=code_of(fact.ship_from) or "ZZ",
    )
