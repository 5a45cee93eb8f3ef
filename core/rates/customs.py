"""Rates of exchange by which customs value goods: for a month, not for a day.

An authority publishes them (the United Kingdom, Switzerland and others), and a company says them;
in the euro area they follow from the ECB's rates by law.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import InputError
from core.errors import Unresolved
from core.identity.audit import audit
from core.ids import next_id
from core.money import minor_digits
from core.rates.finding import rates_to
from core.rates.models import CustomsRate
from core.rates.rate import Rate
from core.rates.rate import check_value
from core.rates.rate import quoted
from core.rates.rate import same

WEDNESDAY = 2


@dataclass(frozen=True, slots=True)
class Area:
    """Countries in which the customs rate follows from a published one by law."""

    quote: str
    rule: str
    countries: Sequence[str]
    since: date


@cache
def areas() -> Sequence[Area]:
    """Return the areas of the file."""
    text = files("core.rates").joinpath("customs.toml").read_text(encoding="utf-8")
    return tuple(Area(**raw) for raw in tomllib.loads(text)["area"])


def say_customs_rate(
    session: Session,
    company_id: int,
    base: str,
    quote: str,
    month: date,
    value: str,
    *,
    actor: str,
) -> CustomsRate:
    """Keep what one unit of `base` is worth in `quote` for customs in a month.

    Raises: InputError for a code that is no currency, or a rate that is none.
    """
    for code, where in ((base, "base"), (quote, "quote")):
        try:
            minor_digits(code)
        except InputError as error:
            raise InputError(error.message, where=where, hint=error.hint) from None
    if base == quote:
        raise InputError(f"{base} is always worth one {quote}.", where="quote")
    first, text = month.replace(day=1), check_value(value)
    found: CustomsRate | None = session.scalar(_of_month(company_id, first).where(
        CustomsRate.base == base, CustomsRate.quote == quote
    ))  # fmt: skip
    if found is None:
        found = CustomsRate(
            company_id=company_id, id=next_id(session), base=base, quote=quote, month=first
        )
        session.add(found)
    found.value, found.made_by, found.made_at = text, actor, clock.now()
    session.flush()
    after = {f"{base}/{quote} {first:%Y-%m}": text}
    audit(session, "rates.customs_said", "rates:customs", after=after, company_id=company_id)
    return found


def customs_rate(
    session: Session, company_id: int, country: str, base: str, quote: str, day: date
) -> Rate:
    """Return the rate by which customs of a country value goods that are declared on a day.

    Raises: Unresolved saying which rate is missing.
    """
    if base == quote:
        return same(base, day)
    found = _said(session, company_id, base, quote, day) or _published(
        session, company_id, country, base, quote, day
    )
    if found is None:
        raise Unresolved(
            f"There is no customs rate from {base} to {quote} for {day:%Y-%m}.",
            hint=f"Say what {country} publishes:"
            f" entrepot rates customs {base} {quote} RATE --month {day:%Y-%m}.",
        )
    return found


def list_customs_rates(session: Session, company_id: int, limit: int = 60) -> Sequence[CustomsRate]:
    """Return the rates that a company says customs publish, the latest month first."""
    query = sa.select(CustomsRate).where(CustomsRate.company_id == company_id)
    latest = query.order_by(CustomsRate.month.desc(), CustomsRate.base, CustomsRate.quote)
    return session.scalars(latest.limit(limit)).all()


def customs_document(rate: CustomsRate) -> dict[str, str]:
    """Return a customs rate as commands and the API show it."""
    return {
        "base": rate.base,
        "quote": rate.quote,
        "month": f"{rate.month:%Y-%m}",
        "rate": rate.value,
        "made_by": rate.made_by,
    }


def read_month(text: str) -> date:
    """Return the first day of a month.

    Raises: InputError for what is no month.
    """
    try:
        return date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        raise InputError(f"{text!r} is no month, such as 2026-09.", where="month") from None


def recorded_on(day: date) -> date:
    """Return the last Wednesday but one of the month before a day."""
    last = day.replace(day=1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - WEDNESDAY) % 7 + 7)


def _said(session: Session, company_id: int, base: str, quote: str, day: date) -> Rate | None:
    pair = CustomsRate.base.in_((base, quote)) & CustomsRate.quote.in_((base, quote))
    first = day.replace(day=1)
    rates = {each.base: each for each in session.scalars(_of_month(company_id, first).where(pair))}
    if base in rates:
        return _told(quoted(base, quote, rates[base].value, first, "customs"), day)
    if quote in rates:
        turned = quoted(quote, base, rates[quote].value, first, "customs").inverse()
        return _told(turned, day)
    return None


def _published(
    session: Session, company_id: int, country: str, base: str, quote: str, day: date
) -> Rate | None:
    if not any(
        country in area.countries and quote == area.quote and day >= area.since for area in areas()
    ):
        return None
    wanted = (base, recorded_on(day))
    found = rates_to(session, company_id, quote, {wanted}).published(*wanted)
    return _told(found, day) if found is not None else None


def _told(rate: Rate, day: date) -> Rate:
    return replace(rate, told=f"{rate.told}, for customs in {day:%Y-%m}")


def _of_month(company_id: int, first: date) -> sa.Select[Any]:
    return sa.select(CustomsRate).where(
        CustomsRate.company_id == company_id, CustomsRate.month == first
    )
