"""Runs: all costs without an order of some months, shared by the rules of their last day.

A run is worked out while others go on booking, written in parts, and counts from the moment at
which its own row stands. It replaces the runs of the months that it covers; these stay readable.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.allocation.costs import Cost
from core.allocation.costs import costs_of
from core.allocation.drivers import Drivers
from core.allocation.models import Pool
from core.allocation.models import Run
from core.allocation.models import Share
from core.allocation.queries import counting_runs
from core.allocation.rules import Rule
from core.allocation.rules import rules_on
from core.allocation.sharing import NONE
from core.allocation.sharing import Part
from core.allocation.sharing import Step
from core.allocation.sharing import nobody
from core.allocation.sharing import plan_for
from core.allocation.summing import sum_moves
from core.db import table_of
from core.errors import Conflict
from core.errors import InputError
from core.identity.deeds import say
from core.ids import next_id
from core.kernel.kernel import Kernel
from core.ledger.periods import last_day
from core.ledger.periods import month_of
from core.rows import bulk_insert

SHARES_AT_ONCE = 20_000
SETTLED_LATER = 6

NO_RULE = "no rule holds for it"
NO_WEIGHTS = "no driver has weights: {tried}"
STAYS = "it stays with its SKU"
UNKNOWN_CODES = "the report names codes that are no SKU"


@dataclass(frozen=True, slots=True)
class Shared:
    """What became of one pool: its parts by month, by which drivers, and why not if nowhere."""

    cost: Cost
    months: Sequence[tuple[date, Sequence[Part]]]
    sku_driver: str = ""
    order_driver: str = ""
    reason: str = ""

    @property
    def not_allocated(self) -> int:
        """Return what nobody bears."""
        parts = [part for _, found in self.months for part in found]
        return sum(part.amount for part in parts if part.target.level == NONE)

    @property
    def total_weight(self) -> int:
        """Return what the weights of its parts come to."""
        return sum(part.weight for part in self.months[0][1]) if self.months else 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do, without having done it."""

    first_month: date
    last_month: date
    rules: Sequence[Rule]
    pools: Sequence[Shared]


def preview_allocation(session: Session, company_id: int, first: date, last: date) -> Preview:
    """Work out a run of some months, from the month of one day to that of another.

    Raises: InputError for months in a wrong order.
    """
    first_month, last_month = month_of(first), month_of(last)
    if first_month > last_month:
        raise InputError("the first month comes after the last one.", where="months")
    end = last_day(last_month)
    rules = rules_on(session, company_id, end)
    drivers = Drivers(session, company_id)
    pools = [
        _share(drivers, cost, first_month, end)
        for cost in costs_of(session, company_id, first_month, end, rules)
    ]
    return Preview(first_month, last_month, rules, pools)


def run_allocation(kernel: Kernel, company_id: int, first: date, last: date, *, by: str) -> int:
    """Share the costs of some months and return the run's number; the newest of a month counts.

    Raises: Conflict if it covers a part of an earlier run only, InputError as for a preview.
    """
    with kernel.db.read() as session:
        made = preview_allocation(session, company_id, first, last)
        _require_whole(session, company_id, made)
    with kernel.db.write() as session:
        run_id = next_id(session)
        pools = [
            _pool_row(company_id, run_id, place, shared) for place, shared in enumerate(made.pools)
        ]
        bulk_insert(session, table_of(Pool), _POOL_COLUMNS, pools)
    for rows in _share_rows(company_id, run_id, made.pools):
        with kernel.db.write() as session:
            bulk_insert(session, table_of(Share), _SHARE_COLUMNS, rows)
    with kernel.db.write() as session:
        sum_moves(session, company_id, run_id)
    with kernel.db.write() as session:
        return _finish(session, company_id, run_id, made, by)


def _finish(session: Session, company_id: int, run_id: int, made: Preview, by: str) -> int:
    _require_whole(session, company_id, made)
    newest = sa.select(sa.func.max(Run.number)).where(Run.company_id == company_id)
    number = (session.scalar(newest) or 0) + 1
    session.add(
        Run(
            company_id=company_id,
            id=run_id,
            number=number,
            first_month=made.first_month,
            last_month=made.last_month,
            rules=[rule.as_json() for rule in made.rules],
            made_at=clock.now(),
            made_by=by,
        )
    )
    session.flush()
    after = {
        "first_month": f"{made.first_month:%Y-%m}",
        "last_month": f"{made.last_month:%Y-%m}",
        "not_allocated": sum(shared.not_allocated for shared in made.pools),
    }
    say(session, company_id, "allocation.run", f"allocation:{number}", after=after)
    return number


def _require_whole(session: Session, company_id: int, made: Preview) -> None:
    for run in counting_runs(session, company_id):
        meets = run.first_month <= made.last_month and made.first_month <= run.last_month
        whole = made.first_month <= run.first_month and run.last_month <= made.last_month
        if meets and not whole:
            raise Conflict(
                f"Run {run.number} shares {run.first_month:%Y-%m} to {run.last_month:%Y-%m}"
                " as one.",
                hint="Share the same months again, or more; a part of them cannot be replaced.",
            )


def _share(drivers: Drivers, cost: Cost, first: date, last: date) -> Shared:
    rule, key = cost.rule, cost.key
    months = sorted(cost.by_month)
    amounts = [cost.by_month[month] for month in months]
    if rule is None:
        plan = plan_for(key.sku_id, None, None) if key.sku_id is not None else nobody()
        parts = plan.split_months(amounts)
        reason = STAYS if key.sku_id is not None else NO_RULE
        return Shared(cost, list(zip(months, parts, strict=True)), reason=reason)
    finder = _Finder(drivers, cost, rule, first, last)
    goods = finder.goods() if rule.to_sku and key.sku_id is None else None
    if not finder.found_nothing(goods):
        plan = plan_for(key.sku_id, goods, finder.orders if rule.to_order else None)
        if plan.skus or plan.orders[None].weights:
            parts = plan.split_months(amounts)
            reason = "" if all(p.target.level != NONE for p in parts[0]) else UNKNOWN_CODES
            drivers_used = (goods.driver if goods else "", finder.order_driver)
            return Shared(cost, list(zip(months, parts, strict=True)), *drivers_used, reason)
    parts = nobody().split_months(amounts)
    tried = "; ".join(finder.tried) or "none"
    return Shared(
        cost, list(zip(months, parts, strict=True)), reason=NO_WEIGHTS.format(tried=tried)
    )


class _Finder:
    """Finds for one cost the first driver of each step that has weights."""

    def __init__(self, drivers: Drivers, cost: Cost, rule: Rule, first: date, last: date) -> None:
        self._drivers = drivers
        self._where = cost.where
        self._rule = rule
        # The orders of a settlement were sold before it, months before where money was held back.
        lag = SETTLED_LATER if cost.where.statement_id is not None else rule.lag_months
        self._first = months_before(first, lag)
        self._last = last_day(months_before(month_of(last), rule.lag_months))
        self.order_driver = ""
        self.tried: list[str] = []

    def goods(self) -> Step:
        """Return the weights of goods."""
        return self._first_of(self._rule.to_sku, None, orders=False)

    def orders(self, sku_id: int | None) -> Step:
        """Return the weights of orders, of one SKU or of all."""
        step = self._first_of(self._rule.to_order, sku_id, orders=True)
        self.order_driver = self.order_driver or step.driver
        return step

    def found_nothing(self, goods: Step | None) -> bool:
        """Say whether goods were asked for and none had weights."""
        return goods is not None and not goods.weights

    def _first_of(self, names: Sequence[str], sku_id: int | None, *, orders: bool) -> Step:
        for name in names:
            found = self._drivers.weights(name, self._first, self._last, self._where, sku_id)
            weights = {
                target: weight
                for target, weight in found.weights.items()
                if not orders or target.order_id is not None
            }
            if found.problem:
                self._note(f"{name} ({found.problem})")
            elif weights:
                return Step(name, weights)
            else:
                self._note(name)
        return Step()

    def _note(self, tried: str) -> None:
        if tried not in self.tried:
            self.tried.append(tried)


def months_before(month: date, number: int) -> date:
    """Return the first day of the month that is some months before another's."""
    count = month.year * 12 + month.month - 1 - number
    return date(count // 12, count % 12 + 1, 1)


def _pool_row(company_id: int, run_id: int, place: int, shared: Shared) -> tuple[object, ...]:
    cost, key, rule = shared.cost, shared.cost.key, shared.cost.rule
    return (
        (company_id, run_id, place, rule.code if rule else "", rule.version if rule else 0)
        + (cost.account_id, key.shop_id, key.country, key.sku_id, key.settlement)
        + (cost.amount, shared.not_allocated, shared.sku_driver, shared.order_driver)
        + (shared.total_weight, shared.reason)
    )


def _share_rows(
    company_id: int, run_id: int, pools: Sequence[Shared]
) -> Iterator[list[tuple[object, ...]]]:
    rows: list[tuple[object, ...]] = []
    for place, shared in enumerate(pools):
        cost = shared.cost
        for month, parts in shared.months:
            for seq, (target, weight, amount) in enumerate(parts):
                if not amount:
                    continue
                # Who bears a share keeps where the cost came from, unless the order says it.
                shop = target.shop_id or cost.key.shop_id
                country = target.country or cost.key.country
                rows.append(
                    (company_id, run_id, place, seq, month.isoformat(), cost.account_id)
                    + (target.level, shop, country, target.order_id, target.line_id)
                    + (target.sku_id, weight, amount)
                )
        if len(rows) >= SHARES_AT_ONCE:
            yield rows
            rows = []
    if rows:
        yield rows


_POOL_COLUMNS = (
    "company_id run_id id rule version account_id shop_id country sku_id settlement amount"
    " not_allocated sku_driver order_driver total_weight reason"
).split()
_SHARE_COLUMNS = (
    "company_id run_id pool_id seq month account_id level shop_id country order_id line_id sku_id"
    " weight amount"
).split()
