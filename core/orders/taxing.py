"""What tax regimes are told of the lines of documents, whichever way these come."""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from core.channels.connector import LineKind
from core.kernel import hooks
from core.rates.finding import rates_to
from core.tax.facts import TaxFacts
from core.tax.profile import TaxProfile
from core.tax.sale import DELIVERY
from core.tax.sale import Sale
from core.tax.sale import SaleLine


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
    """Lines that leave or come together; `left_on` is the day of the supply."""

    left_on: date
    paid_on: date
    ship_from: str
    ship_to: str
    platform: str
    currency: str
    lines: Sequence[AskedLine]


def facts_of(
    session: Session, company_id: int, profile: TaxProfile, parcels: Iterable[AskedParcel]
) -> dict[Hashable, TaxFacts]:
    """Return the facts of every line by its key; rates are looked up once for all parcels."""
    asked = list(parcels)
    rates = _limits(session, company_id, [p for p in asked if p.ship_from != p.ship_to])
    facts: dict[Hashable, TaxFacts] = {}
    for parcel in asked:
        sale = _sale(profile, parcel, rates.get((parcel.currency, parcel.left_on), ()))
        for line, fact in zip(parcel.lines, sale.facts(), strict=True):
            facts[line.key] = fact
    return facts


def _sale(profile: TaxProfile, parcel: AskedParcel, rates: tuple[tuple[str, Decimal], ...]) -> Sale:
    lines = []
    for line in parcel.lines:
        goods = profile.of(line.sku_id)
        item = DELIVERY if line.kind == LineKind.POSTAGE else "goods"
        lines.append(SaleLine(line.net, abs(line.quantity), item, goods.hs6, goods.tax_class))
    return Sale(
        taxed_on=parcel.left_on,
        ship_from=parcel.ship_from,
        ship_to=parcel.ship_to,
        seller_country=profile.country,
        platform=parcel.platform,
        currency=parcel.currency,
        lines=lines,
        channel=profile.channel(parcel.platform),
        paid_on=parcel.paid_on if parcel.paid_on != parcel.left_on else None,
        seller=profile.seller,
        rates=rates,
    )


def _limits(
    session: Session, company_id: int, parcels: Sequence[AskedParcel]
) -> dict[tuple[str, date], tuple[tuple[str, Decimal], ...]]:
    """Return the rates from the parcels' currencies to those in which laws set their limits."""
    if not parcels:
        return {}
    regimes = hooks.collect(session, "tax_regimes")
    moneys = sorted({regime.currency for _, regime in regimes if hasattr(regime, "currency")})
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
