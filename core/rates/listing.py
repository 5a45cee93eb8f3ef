"""Rates by pair and day, each with where it comes from; and what waits for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.errors import InputError
from core.money import minor_digits
from core.orders.models import Order
from core.rates.finding import rates_to
from core.rates.rate import Rate
from core.settlements.models import Statement
from core.stock.models import Document

MOST_DAYS = 366
MOST_WAITING = 10_000
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Missing:
    """A rate that documents wait for: how many, and some of them."""

    currency: str
    day: date
    number: int
    examples: Sequence[str]


def rates_by_day(
    session: Session, company_id: int, base: str, quote: str, first: date, last: date
) -> list[Rate]:
    """Return the rates of a pair that hold in a range of days, each once, the latest first.

    Raises: InputError for a currency that is none, or too long a range.
    """
    for code, where in ((base, "base"), (quote, "quote")):
        _require_currency(code, where)
    if not first <= last or (last - first).days > MOST_DAYS:
        raise InputError(
            f"from {first} until {last} is no range of at most {MOST_DAYS} days.", where="from"
        )
    rates = rates_to(session, company_id, quote, {(base, first), (base, last)})
    days = (last - timedelta(days=back) for back in range((last - first).days + 1))
    found = (rates.find(base, day) for day in days)
    return list(dict.fromkeys(rate for rate in found if rate is not None))


def missing_rates(session: Session, company_id: int, currency: str) -> list[Missing]:
    """Return the rates into the company's currency that documents wait for, the oldest first."""
    waiting: defaultdict[tuple[str, date], list[str]] = defaultdict(list)
    for query in (_parcels(company_id, currency), _statements(company_id, currency)):
        for code, day, name in rows_of(session, query):
            waiting[code, day].append(name)
    rates = rates_to(session, company_id, currency, waiting)
    return [
        Missing(code, day, len(names), names[:EXAMPLES])
        for (code, day), names in sorted(waiting.items(), key=lambda each: each[0][::-1])
        if rates.find(code, day) is None
    ]


def missing_document(missing: Missing) -> dict[str, Any]:
    """Return a rate that is missing as commands and the API show it."""
    return {
        "base": missing.currency,
        "day": missing.day,
        "documents": missing.number,
        "examples": list(missing.examples),
    }


def day_document(rate: Rate) -> dict[str, Any]:
    """Return a rate that holds as commands and the API show it."""
    return {
        "base": rate.base,
        "quote": rate.quote,
        "day": rate.day,
        "rate": rate.shown,
        "source": rate.source,
        "of": rate.told,
    }


def _require_currency(code: str, where: str) -> None:
    try:
        minor_digits(code)
    except InputError as error:
        raise InputError(error.message, where=where, hint=error.hint) from None


def _parcels(company_id: int, currency: str) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Order.currency, Document.booked_on, Order.external_ref)
        .join(Order, (Order.company_id == Document.company_id) & (Order.id == Document.order_id))
        .where(
            Document.company_id == company_id,
            Document.posting_state == "waiting",
            Order.currency != currency,
        )
        .order_by(Document.id)
        .limit(MOST_WAITING)
    )


def _statements(company_id: int, currency: str) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Statement.currency, Statement.matched_on, Statement.external_ref)
        .where(
            Statement.company_id == company_id,
            Statement.state == "waiting",
            Statement.currency != currency,
        )
        .order_by(Statement.id)
        .limit(MOST_WAITING)
    )
