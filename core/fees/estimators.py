"""The ways of estimating the fees of lines that leave: own rates, addons, tables, recent actuals.

Everything is looked up for a whole batch; a line is then worked out in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from typing import NamedTuple
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.models import Shop
from core.db import any_of
from core.db import rows_of
from core.fees.facts import FeeFacts
from core.fees.models import Recent
from core.fees.plans import PlanFacts
from core.fees.plans import own_rates
from core.fees.plans import schedules_offered
from core.fees.schedules import FeeSchedule
from core.fees.schedules import schedule_on
from core.kernel import hooks
from core.ledger.models import Account
from core.money import MICRO
from core.money import round_div

RECENT_VERSION = "recent 1"
LEAST_RECENT = 3
"""So many lines of a SKU must have been settled before they say what the next one costs."""


class Cost(NamedTuple):
    """What a fee of an account will cost, and which estimator says so."""

    account: str
    amount: int
    estimator: str


class Way(Protocol):
    """One way of estimating, prepared for a batch."""

    def costs(self, facts: FeeFacts) -> Iterable[Cost]:
        """Yield what it knows of a line's fees; a fee of nothing is known too."""


@dataclass(frozen=True, slots=True)
class Estimators:
    """All ways of estimating, prepared for a batch of lines."""

    plans: dict[int, PlanFacts]
    ways: dict[str, Way]

    def costs(self, facts: FeeFacts) -> list[Cost]:
        """Return the fees of a line: of each account what the best way says that knows it."""
        plan = self.plans[facts.shop_id]
        found = {name: _by_account(way.costs(facts)) for name, way in self.ways.items()}
        accounts = dict.fromkeys(account for said in found.values() for account in said)
        chosen = []
        for account in accounts:
            for name in plan.ways(account):
                if account in found[name]:
                    chosen.append(found[name][account])
                    break
        return [cost for cost in chosen if cost.amount > 0]


def _by_account(costs: Iterable[Cost]) -> dict[str, Cost]:
    """Add up what one way says of an account."""
    found: dict[str, Cost] = {}
    for cost in costs:
        before = found.get(cost.account)
        found[cost.account] = (
            cost if before is None else cost._replace(amount=cost.amount + before.amount)
        )
    return found


def prepare(
    session: Session,
    company_id: int,
    plans: dict[int, PlanFacts],
    lines: Sequence[FeeFacts],
) -> Estimators:
    """Look up all that the lines of a batch need."""
    ways: dict[str, Way] = {
        "own": OwnRates(own_rates(session, company_id)),
        "table": Tables(schedules_offered(session)),
        "recent": recent_of(session, company_id, lines),
        "addon": _ask_addons(session, lines),
    }
    return Estimators(plans, ways)


class OwnRates:
    """What the company says itself; the last word of a day holds."""

    def __init__(self, rates: Sequence[Any]) -> None:
        self._rates: defaultdict[int, list[Any]] = defaultdict(list)
        for rate in rates:
            self._rates[rate.shop_id].append(rate)
        self._held: dict[tuple[int, date], list[Any]] = {}

    def costs(self, facts: FeeFacts) -> Iterable[Cost]:
        """Yield the rates that hold on the line's day."""
        for rate in self._on(facts.shop_id, facts.day):
            if rate.basis == "price":
                amount = round_div(facts.price * rate.amount, MICRO)
            elif rate.basis == "unit":
                amount = rate.amount * facts.quantity
            else:
                amount = rate.amount if facts.first else 0
            yield Cost(rate.account, amount, f"own {rate.version}")

    def _on(self, shop_id: int, day: date) -> list[Any]:
        key = (shop_id, day)
        if key not in self._held:
            said = (rate for rate in self._rates.get(shop_id, ()) if rate.since <= day)
            latest: dict[tuple[str, str], Any] = {}
            for rate in sorted(said, key=lambda rate: (rate.since, rate.version)):
                latest[rate.account, rate.basis] = rate
            self._held[key] = list(latest.values())
        return self._held[key]


class Tables:
    """The fee schedules of platforms, each from its day on."""

    def __init__(self, schedules: Sequence[FeeSchedule]) -> None:
        self._schedules = schedules
        self._held: dict[tuple[str, str, date], FeeSchedule | None] = {}

    def on(self, platform: str, market: str, day: date) -> FeeSchedule | None:
        """Return the schedule that holds on a day."""
        key = (platform, market, day)
        if key not in self._held:
            self._held[key] = schedule_on(self._schedules, *key)
        return self._held[key]

    def costs(self, facts: FeeFacts) -> Iterable[Cost]:
        """Yield the fees of the schedule, if it is in the line's currency."""
        schedule = self.on(facts.platform, facts.market, facts.day)
        if schedule is None or schedule.currency != facts.currency:
            return
        for fee in schedule.fees:
            if fee.fulfilment in ("", facts.fulfilment):
                amount = fee.cost(facts)
                if amount is not None:
                    yield Cost(fee.account, amount, schedule.name)


class RecentActuals:
    """What the last settled lines of a SKU cost: by its price, or by unit for fulfilment."""

    def __init__(self, rows: Sequence[Any], by_unit: Collection[str]) -> None:
        self._by_unit = by_unit
        self._rows: defaultdict[tuple[int, int], list[Any]] = defaultdict(list)
        for row in rows:
            self._rows[row.shop_id, row.sku_id].append(row)

    def costs(self, facts: FeeFacts) -> Iterable[Cost]:
        """Yield the averages of the SKU in the shop."""
        for row in self._rows.get((facts.shop_id, facts.sku_id or 0), ()):
            if row.currency != facts.currency:
                continue
            if row.account in self._by_unit:
                amount = round_div(row.fee * facts.quantity, row.units)
            else:
                amount = round_div(row.fee * max(facts.price, 0), row.price)
            yield Cost(row.account, amount, RECENT_VERSION)


def recent_of(session: Session, company_id: int, lines: Sequence[FeeFacts]) -> RecentActuals:
    """Look up what recent lines of some SKUs cost."""
    skus = sorted({line.sku_id for line in lines if line.sku_id is not None})
    columns = (Recent.shop_id, Recent.sku_id, Recent.account, Recent.units, Recent.price)
    query = (
        sa.select(*columns, Recent.fee, Shop.currency)
        .join(Shop, (Shop.company_id == Recent.company_id) & (Shop.id == Recent.shop_id))
        .where(
            Recent.company_id == company_id,
            any_of(session, Recent.sku_id, skus),
            Recent.units > 0,
            Recent.price > 0,
            Recent.line_count >= LEAST_RECENT,
        )
    )
    by_unit = sa.select(Account.code).where(
        Account.company_id == company_id, Account.profit_line == "fulfilment"
    )
    codes = {row[0] for row in rows_of(session, by_unit)} if skus else set()
    return RecentActuals(rows_of(session, query) if skus else (), codes)


class Answers:
    """What addons say, asked once for the whole batch."""

    def __init__(self, costs: dict[int, list[Cost]]) -> None:
        self._costs = costs

    def costs(self, facts: FeeFacts) -> Iterable[Cost]:
        """Yield what addons said of the line."""
        return self._costs.get(facts.line_id, ())


def _ask_addons(session: Session, lines: Sequence[FeeFacts]) -> Answers:
    if not hooks.wanted(session, "collect", "fee_estimates"):
        return Answers({})
    wanted = {line.line_id for line in lines}
    said: defaultdict[int, dict[str, Cost]] = defaultdict(dict)
    for addon, answer in hooks.collect(session, "fee_estimates", lines=tuple(lines)):
        if answer.line_id in wanted and answer.amount >= 0:
            # Of two addons that know a fee the first one answers.
            cost = Cost(answer.account, answer.amount, f"addon {addon}")
            said[answer.line_id].setdefault(answer.account, cost)
    return Answers({line_id: list(costs.values()) for line_id, costs in said.items()})
