"""The watch over thresholds: how near each one is, and when it will be crossed at this rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from datetime import timedelta
from decimal import ROUND_HALF_UP
from decimal import Decimal
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ids import next_id
from core.kernel import hooks
from core.kernel.companies import company_of
from core.ledger.models import Account
from core.ledger.models import Posting
from core.money import minor_digits
from core.months import month_text
from core.rates.finding import Rates
from core.rates.finding import rates_to
from core.tax.forms import month_after
from core.tax.limits import TaxLimit
from core.tax.models import Decision
from core.tax.models import WatchedThreshold
from core.tax.returns import decisions_of
from core.tax.sellers import registrations
from core.tax.thresholds import Threshold

MONTHS = 24
RATE_MONTHS = 3
"""The rate of sales is that of the running month and the two before it."""

FORESEEN = 730
NEAR_SHARE, NEAR_DAYS = 80, 60
"""A threshold is near from this share of it in percent, or so many days before it is crossed."""

SHOWN = frozenset({"near", "crossed", "unknown"})
"""States that want somebody to look."""


@dataclass(frozen=True, slots=True)
class Sales:
    """What counts for a threshold, by month: minor units of its currency, and how many orders."""

    amounts: Mapping[date, int]
    orders: Mapping[date, int]

    def within(self, start: date, end: date) -> tuple[int, int]:
        """Return what was sold in the months from one day to another."""
        months = [month for month in self.amounts if start <= month <= end]
        return sum(self.amounts[each] for each in months), sum(self.orders[each] for each in months)


@dataclass(frozen=True, slots=True)
class Watched:
    """How near a threshold is; `amount` is None while a rate is missing.

    States: `registered` (the answer is given), `crossed`, `near`, `below`, `unknown`.
    """

    code: str
    title: str
    jurisdiction: str
    window: str
    amount: int | None
    limit: int
    currency: str
    orders: int
    order_limit: int | None
    both: bool
    crosses_on: date | None
    state: str
    source: str
    watched_on: date

    @property
    def share(self) -> int:
        """Return how much of the amount is used up, in percent."""
        return 100 * (self.amount or 0) // self.limit if self.limit else 100


def thresholds(session: Session) -> list[Threshold]:
    """Return the thresholds of all enabled regimes."""
    return [
        each
        for addon, regime in hooks.collect(session, "tax_regimes")
        for each in hooks.ask(session, addon, "tax_regimes", partial(_thresholds_of, regime)) or ()
    ]


def _thresholds_of(regime: Any) -> Sequence[Threshold]:
    return list(regime.thresholds()) if hasattr(regime, "thresholds") else []


def watch(session: Session, company_id: int, today: date) -> list[Watched]:
    """Ask how near each threshold is that holds for a seller and for which he sold anything."""
    country = company_of(session, company_id).country
    known = [
        (each, limit)
        for each in thresholds(session)
        if each.sellers(country) and (limit := each.limit_on(today)) is not None
    ]
    rows = _rows(session, company_id, month_after(today, -MONTHS), today)
    decisions = decisions_of(session, company_id, {row.decision_id for row in rows})
    money = _Money(session, company_id, rows, {limit.currency for _, limit in known})
    held = [(row.country, row.region, row.scheme) for row in _held(session, company_id, today)]
    found = []
    for each, limit in known:
        counted = [row for row in rows if each.where(decisions[row.decision_id])]
        if counted:
            sales = money.sales(counted, limit.currency)
            met = any(each.is_met_by(*place) for place in held)
            found.append(_judge(each, limit, sales, today, met=met))
    return _with_others(found, {each.code: each.also for each, _ in known})


def keep_watch(session: Session, company_id: int, today: date) -> list[Watched]:
    """Watch, and keep what was found for pages."""
    found = watch(session, company_id, today)
    table = WatchedThreshold
    session.execute(sa.delete(table).where(table.company_id == company_id))
    names = [name for name in Watched.__dataclass_fields__ if name not in ("limit", "both")]
    session.add_all(
        WatchedThreshold(
            company_id=company_id,
            id=next_id(session),
            limit_amount=each.limit,
            both=int(each.both),
            **{name: getattr(each, name) for name in names},
        )
        for each in found
    )
    session.flush()
    return found


def watched(session: Session, company_id: int) -> list[Watched]:
    """Return what the last watch found, what wants attention first."""
    table = WatchedThreshold
    rows = session.scalars(sa.select(table).where(table.company_id == company_id))
    names = [name for name in Watched.__dataclass_fields__ if name not in ("limit", "both")]
    found = [
        Watched(
            limit=row.limit_amount,
            both=bool(row.both),
            **{name: getattr(row, name) for name in names},
        )
        for row in rows
    ]
    order = ["crossed", "unknown", "near", "below", "registered"]
    return sorted(found, key=lambda each: (order.index(each.state), -each.share, each.code))


def worries_query(company_id: int) -> sa.Select[int]:
    """Select the thresholds that want somebody to look."""
    table = WatchedThreshold
    return sa.select(table.id).where(table.company_id == company_id, table.state.in_(sorted(SHOWN)))


def _judge(
    threshold: Threshold, limit: TaxLimit, sales: Sales | None, today: date, *, met: bool
) -> Watched:
    window = threshold.window
    start = window.start(today)
    name = window.kind if not window.previous else "either_year"
    amount: int | None = None
    orders, crosses_on, state = 0, None, "unknown"
    if sales is not None:
        amount, orders = sales.within(start, today)
        if window.previous:
            before = sales.within(window.start(start - timedelta(days=1)), start - timedelta(1))
            over = [each for each in (before, (amount, orders)) if _is_over(limit, *each)]
            amount, orders = over[0] if over else (amount, orders)
        crosses_on = (
            today if _is_over(limit, amount, orders) else _crossing(threshold, limit, sales, today)
        )
        state = _state(limit, amount, crosses_on, today)
    return Watched(
        threshold.code,
        threshold.title,
        threshold.jurisdiction,
        name,
        amount,
        limit.amount,
        limit.currency,
        orders,
        limit.sales,
        limit.both,
        crosses_on,
        "registered" if met else state,
        limit.source,
        today,
    )


def _state(limit: TaxLimit, amount: int, crosses_on: date | None, today: date) -> str:
    if crosses_on is not None and crosses_on <= today:
        return "crossed"
    soon = crosses_on is not None and (crosses_on - today).days <= NEAR_DAYS
    return "near" if soon or 100 * amount >= NEAR_SHARE * limit.amount else "below"


def _is_over(limit: TaxLimit, amount: int, orders: int) -> bool:
    by_amount = amount > limit.amount
    if limit.sales is None:
        return by_amount
    by_orders = orders >= limit.sales
    return by_amount and by_orders if limit.both else by_amount or by_orders


def _crossing(threshold: Threshold, limit: TaxLimit, sales: Sales, today: date) -> date | None:
    """Return the day on which it is crossed if sales go on as in the last months."""
    first = month_after(today, 1 - RATE_MONTHS)
    days = (today - first).days + 1
    amount, orders = sales.within(first, today)
    for ahead in range(1, FORESEEN + 1):
        day = today + timedelta(days=ahead)
        start = threshold.window.start(day)
        known_amount, known_orders = sales.within(start, today)
        new = min(ahead, (day - start).days + 1)
        if _is_over(
            limit, known_amount + amount * new // days, known_orders + orders * new // days
        ):
            return day
    return None


def _with_others(found: Sequence[Watched], also: Mapping[str, str]) -> list[Watched]:
    """Let thresholds that count only together be crossed only together."""
    crossed = {each.code: each for each in found}
    done = []
    for each in found:
        other = crossed.get(also.get(each.code, ""))
        if also.get(each.code) and each.state == "crossed":
            is_over = other is not None and other.state in ("crossed", "registered")
            day = other.crosses_on if other is not None else None
            done.append(each if is_over else replace(each, state="below", crosses_on=day))
        else:
            done.append(each)
    return done


def _held(session: Session, company_id: int, today: date) -> Iterable[Any]:
    return [
        row
        for row in registrations(session, company_id)
        if row.since <= today and (row.until is None or today < row.until)
    ]


class _Money:
    """Turns what was sold in each month into the currency of a limit, at its month's last rate."""

    def __init__(
        self, session: Session, company_id: int, rows: Sequence[Any], currencies: set[str]
    ) -> None:
        wanted = {(row.currency, _last(row.month)) for row in rows}
        self._rates: dict[str, Rates] = {
            currency: rates_to(session, company_id, currency, wanted)
            for currency in sorted(currencies)
        }

    def sales(self, rows: Sequence[Any], currency: str) -> Sales | None:
        """Return the sales of some rows; None where a rate is missing."""
        amounts: defaultdict[date, Decimal] = defaultdict(Decimal)
        orders: defaultdict[date, int] = defaultdict(int)
        for row in rows:
            rate = self._rates[currency].find(row.currency, _last(row.month))
            if rate is None:
                return None
            value = Decimal(rate.value.numerator) / rate.value.denominator
            digits = minor_digits(currency) - minor_digits(row.currency)
            month = date.fromisoformat(f"{row.month}-01")
            amounts[month] += (Decimal(int(row.amount)) * value).scaleb(digits)
            orders[month] += int(row.orders)
        whole = {
            month: int(amount.quantize(Decimal(1), ROUND_HALF_UP))
            for month, amount in amounts.items()
        }
        return Sales(whole, dict(orders))


def _last(month: str) -> date:
    return month_after(date.fromisoformat(f"{month}-01"), 1) - timedelta(days=1)


def _rows(session: Session, company_id: int, since: date, until: date) -> Sequence[Any]:
    """Return what was sold under each decision, by month and currency, by one query."""
    month = month_text(Posting.booked_on)
    sold = sa.case((Posting.currency_amount < 0, Posting.order_id))
    query = (
        sa.select(
            Posting.decision_id,
            month.label("month"),
            Posting.currency,
            (-sa.func.sum(Posting.currency_amount)).label("amount"),
            sa.func.count(sold.distinct()).label("orders"),
        )
        .join(
            Account,
            (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id),
        )
        .join(
            Decision,
            (Decision.company_id == Posting.company_id) & (Decision.id == Posting.decision_id),
        )
        .where(
            Posting.company_id == company_id,
            Posting.booked_on >= since,
            Posting.booked_on <= until,
            Account.code != Decision.account,
        )
        .group_by(Posting.decision_id, month, Posting.currency)
    )
    return session.execute(query).all()
