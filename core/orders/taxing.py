"""What tax regimes are told of the lines of documents, whichever way these come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from core.channels.connector import LineKind
from core.kernel import hooks
from core.orders.told_taxes import NOTHING_TOLD
from core.orders.told_taxes import ToldTax
from core.rates.finding import rates_to
from core.tax.facts import TaxFacts
from core.tax.profile import TaxProfile
from core.tax.regime import TaxRegime
from core.tax.sale import DELIVERY
from core.tax.sale import Sale
from core.tax.sale import SaleLine
from core.tax.turnover import Turnover


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A line whose tax is asked for, under a key of the caller's."""

    key: Hashable
    kind: LineKind
    sku_id: int | None
    net: int
    quantity: int


@dataclass(frozen=True, slots=True)
class AskedParcel:
    """Lines that leave or come together; `left_on` is the day of the supply.

    `ship_from` and `from_region` are those of our warehouse; what was `told` of the order counts
    more. `paid_on` is when it was ordered, unless it is told when it was paid: who buys online pays
    with the order. An invoice of which nothing is told is issued when the goods leave.
    """

    left_on: date
    paid_on: date
    ship_from: str
    ship_to: str
    platform: str
    currency: str
    lines: Sequence[AskedLine]
    from_region: str = ""
    told: ToldTax = NOTHING_TOLD


def facts_of(
    session: Session, company_id: int, profile: TaxProfile, parcels: Iterable[AskedParcel]
) -> dict[Hashable, TaxFacts]:
    """Return the facts of every line by its key; rates are looked up once for all parcels."""
    asked = [_from_where_told(parcel) for parcel in parcels]
    across = [parcel for parcel in asked if parcel.ship_from != parcel.ship_to]
    regimes = [each for _, each in hooks.collect(session, "tax_regimes")] if across else []
    rates = _limits(session, company_id, regimes, across)
    sales = [
        (parcel, _sale(profile, parcel, rates.get((parcel.currency, parcel.left_on), ())).facts())
        for parcel in asked
    ]
    exceeded = _exceeded(session, company_id, regimes, sales)
    return {
        line.key: replace(fact, exceeded=over) if over else fact
        for place, (parcel, facts) in enumerate(sales)
        for over in [exceeded.get(place, ())]
        for line, fact in zip(parcel.lines, facts, strict=True)
    }


def _exceeded(
    session: Session,
    company_id: int,
    regimes: Sequence[TaxRegime],
    sales: Sequence[tuple[AskedParcel, Sequence[TaxFacts]]],
) -> dict[int, tuple[str, ...]]:
    """Return which limits on a year's turnover each sale has passed, by its place."""
    across = [(place, facts[0]) for place, (_, facts) in enumerate(sales) if facts[0].consignment]
    if not across:
        return {}
    found: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for regime in regimes:
        for test in getattr(regime, "turnover_tests", ()):
            counted = [(place, fact) for place, fact in across if test.counts(fact)]
            if not counted:
                continue
            years = {fact.taxed_on.year for _, fact in counted}
            turnover = Turnover(session, company_id, test, years)
            for place, fact in sorted(counted, key=lambda each: (each[1].taxed_on, each[0])):
                if turnover.add(fact.taxed_on, fact.parcel().in_money(test.currency)):
                    found[place] += (test.name,)
    return found


def _from_where_told(parcel: AskedParcel) -> AskedParcel:
    told = parcel.told
    if not told.ship_from:
        return parcel
    return replace(parcel, ship_from=told.ship_from, from_region=told.from_region)


def _sale(profile: TaxProfile, parcel: AskedParcel, rates: tuple[tuple[str, Decimal], ...]) -> Sale:
    lines = []
    for line in parcel.lines:
        goods = profile.of(line.sku_id)
        item = DELIVERY if line.kind == LineKind.POSTAGE else "goods"
        lines.append(SaleLine(line.net, abs(line.quantity), item, goods.hs6, goods.tax_class))
    told = parcel.told
    paid_on = told.paid_on or parcel.paid_on
    invoiced_on = told.invoiced_on or parcel.left_on
    return Sale(
        taxed_on=parcel.left_on,
        ship_from=parcel.ship_from,
        ship_to=parcel.ship_to,
        seller_country=profile.country,
        platform=parcel.platform,
        currency=parcel.currency,
        lines=lines,
        channel=profile.channel(parcel.platform),
        buyer=told.kind,
        buyer_number=told.number_status,
        region=told.region,
        from_region=parcel.from_region,
        postcode=told.postcode,
        paid_on=paid_on if paid_on != parcel.left_on else None,
        seller=profile.seller,
        rates=rates,
        declared=told.consignment_value,
        invoiced_on=invoiced_on if invoiced_on != parcel.left_on else None,
    )


def _limits(
    session: Session,
    company_id: int,
    regimes: Sequence[TaxRegime],
    parcels: Sequence[AskedParcel],
) -> dict[tuple[str, date], tuple[tuple[str, Decimal], ...]]:
    """Return the rates from the parcels' currencies to those in which laws set their limits."""
    if not parcels:
        return {}
    moneys = sorted({regime.currency for regime in regimes if hasattr(regime, "currency")})
    days = {(parcel.currency, parcel.left_on) for parcel in parcels}
    found: dict[tuple[str, date], list[tuple[str, Decimal]]] = {day: [] for day in days}
    for money in moneys:
        needed = {day for day in days if day[0] != money}
        if not needed:
            continue
        rates = rates_to(session, company_id, money, needed)
        for currency, day in needed:
            if (rate := rates.find(currency, day)) is not None:
                value = Decimal(rate.value.numerator) / rate.value.denominator
                found[currency, day].append((money, value))
    return {day: tuple(pairs) for day, pairs in found.items()}
