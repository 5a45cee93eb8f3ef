"""Estimates: what fees will cost is booked with the parcel, and stays on record for good.

Rules 4 and 5: the fee is a cost of the day on which the goods leave, and stands as accrued until
the platform, or the carrier, charges it. Rule 9: a refund before that takes back what the platform
gives back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.channels.connector import LineKind
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.fees.estimators import Cost
from core.fees.estimators import Estimators
from core.fees.estimators import prepare
from core.fees.facts import FeeFacts
from core.fees.finality import PARTLY
from core.fees.finality import begin
from core.fees.finality import states_of
from core.fees.finality import unsettle
from core.fees.models import Estimate
from core.fees.plans import PlanFacts
from core.fees.plans import categories_of
from core.fees.plans import plans_of
from core.fees.reversing import ReturnedLine
from core.fees.reversing import reverse
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.money import allocate
from core.rates.rate import Rate
from core.rates.rate import converted
from core.rows import bulk_insert

ACCRUED_FULFILMENT = "2130"
ACCRUED_FEES = "2150"
SUBSIDY = "4300"
LAST_MILE = "6130"


BOUGHT = "bought label"
"""The estimator of what a shipping label cost that the platform of the order sold, and charges."""
BOUGHT_ELSEWHERE = "label bought elsewhere"
"""The estimator of what a label cost that somebody else sold, who is paid by his own bill."""


def accrual_of(account: str, estimator: str = "") -> str:
    """Return where an estimated cost stands until it comes.

    Who sends the goods is paid apart, unless it is the platform itself that sold the label.
    """
    apart = account.startswith("61") and estimator != BOUGHT
    return ACCRUED_FULFILMENT if apart else ACCRUED_FEES


class ParcelLine(NamedTuple):
    """A line of a parcel as it is booked."""

    id: int
    kind: str
    account: str
    sku_id: int | None
    country: str
    quantity: int
    net: int
    tax: int


class SentParcel(NamedTuple):
    """A parcel of a sale whose entry is being written; `profit_order_id` bears its costs.

    `rate` converts its amounts where they are not in the company's currency.
    """

    entry: EntryDraft
    key: str
    order_id: int
    profit_order_id: int
    shop_id: int
    country: str
    currency: str
    day: date
    lines: Sequence[ParcelLine]
    rate: Rate | None = None


class _Ready(NamedTuple):
    """The parcels whose fees are to be estimated, and all that it takes.

    `known` are the fees of lines that are on record already.
    """

    new_orders: set[int]
    parcels: Sequence[SentParcel]
    facts: Sequence[Sequence[FeeFacts]]
    estimators: Estimators
    known: set[tuple[int, str]]


class ParcelFees:
    """The fees of the parcels of one batch; `write` adds them to the entries before they post."""

    def __init__(
        self, session: Session, company_id: int, currency: str, journal: Journal, ids: Iterator[int]
    ) -> None:
        self.session = session
        self.company_id = company_id
        self.currency = currency
        self.journal = journal
        self.ids = ids
        self._sent: list[SentParcel] = []
        self._returned: list[ReturnedLine] = []
        self._plans: dict[int, PlanFacts] | None = None
        self._ready: _Ready | None = None

    def sent(self, parcel: SentParcel) -> None:
        """Note a parcel of a sale."""
        self._sent.append(parcel)

    def returned(self, line: ReturnedLine) -> None:
        """Note a line that undoes a sale."""
        self._returned.append(line)

    def look_up(self) -> None:
        """Ask for all that the estimates need, best before the batch begins to write."""
        if not (self._sent or self._returned):
            return
        self._plans = plans_of(self.session, self.company_id)
        if self._sent:
            self._ready = self._prepare(self._plans)

    def write(self) -> None:
        """Estimate the fees, add them to the parcels' entries, and keep the estimates."""
        if not (self._sent or self._returned):
            return
        if self._plans is None:
            self.look_up()
        if self._ready is not None:
            begin(self.session, self.company_id, self._ready.new_orders)
            self._keep(self._estimate(self._ready))
        if self._returned:
            came_back = {x.original_order_id for x in self._returned if x.refund > 0}
            unsettle(self.session, self.company_id, came_back)
            # After the estimates are kept: what leaves and comes back at once is taken back too.
            self._keep(
                reverse(
                    self.session,
                    self.company_id,
                    self.journal,
                    self.ids,
                    self._plans or {},
                    self._returned,
                )
            )

    def _keep(self, rows: Sequence[tuple[object, ...]]) -> None:
        bulk_insert(self.session, table_of(Estimate), ESTIMATE_COLUMNS, rows)

    def _prepare(self, plans: dict[int, PlanFacts]) -> _Ready:
        states = states_of(self.session, self.company_id, [p.order_id for p in self._sent])
        new = {p.order_id for p in self._sent} - states.keys()
        # An order that its platform settled before it left has its fees already.
        wanted = [
            parcel
            for parcel in self._sent
            if parcel.shop_id in plans and states.get(parcel.order_id, 0) < PARTLY
        ]
        if not wanted:
            return _Ready(new, (), (), Estimators(plans, {}), set())
        facts = facts_of_parcels(self.session, self.company_id, plans, wanted, states.keys())
        every = [each for found in facts for each in found]
        estimators = prepare(self.session, self.company_id, plans, every)
        known = self._known(wanted)
        self._know_items(wanted, states.keys(), estimators, facts)
        return _Ready(new, wanted, facts, estimators, known)

    def _estimate(self, ready: _Ready) -> list[tuple[object, ...]]:
        return [
            row
            for parcel, found in zip(ready.parcels, ready.facts, strict=True)
            for row in self._post(parcel, found, ready.estimators, ready.known)
        ]

    def _known(self, parcels: Sequence[SentParcel]) -> set[tuple[int, str]]:
        """Return which fees of lines are on record: one may have come before its parcel left.

        A label that was bought is for all lines of its order, also for those it is divided into.
        """
        order_ids = [parcel.order_id for parcel in parcels]
        query = sa.select(
            Estimate.order_id, Estimate.line_id, Estimate.account, Estimate.estimator
        ).where(
            Estimate.company_id == self.company_id,
            any_of(self.session, Estimate.order_id, order_ids),
        )
        rows = rows_of(self.session, query)
        carried = {row[0] for row in rows if row[3] in (BOUGHT, BOUGHT_ELSEWHERE)}
        known = {(line_id, account) for _, line_id, account, _ in rows}
        return known | {
            (line.id, LAST_MILE)
            for parcel in parcels
            if parcel.order_id in carried
            for line in parcel.lines
        }

    def _know_items(
        self,
        parcels: Sequence[SentParcel],
        begun: Iterable[int],
        estimators: Estimators,
        facts: Sequence[Sequence[FeeFacts]],
    ) -> None:
        """Load what is accrued already for orders of which a parcel left before."""
        old = set(begun)
        keys: defaultdict[str, set[str]] = defaultdict(set)
        for parcel, found in zip(parcels, facts, strict=True):
            if parcel.order_id in old:
                for each in found:
                    for cost in estimators.costs(each):
                        keys[accrual_of(cost.account)].add(f"{parcel.key}/{cost.account}")
        for account, wanted in sorted(keys.items()):
            self.journal.know_items(account, wanted)

    def _post(
        self,
        parcel: SentParcel,
        lines: Sequence[FeeFacts],
        estimators: Estimators,
        known: set[tuple[int, str]],
    ) -> Iterator[tuple[object, ...]]:
        accrued: dict[str, tuple[int, int]] = {}
        of_order = Dimensions(parcel.shop_id, parcel.country, parcel.profit_order_id)
        countries = {line.id: line.country for line in parcel.lines}
        for line in lines:
            where = Dimensions(
                parcel.shop_id,
                countries[line.line_id],
                parcel.profit_order_id,
                line.line_id,
                line.sku_id,
            )
            for cost in estimators.costs(line):
                if (line.line_id, cost.account) in known:
                    continue
                value, original = converted(parcel.rate, cost.amount)
                parcel.entry.add(cost.account, value, where, tag="estimate", original=original)
                sums = accrued.get(cost.account, (0, 0))
                accrued[cost.account] = (sums[0] + value, sums[1] + cost.amount)
                yield estimate_row(self.company_id, next(self.ids), parcel.order_id, line, cost)
        for account, (value, amount) in accrued.items():
            held, rate = accrual_of(account), parcel.rate
            key = f"{parcel.key}/{account}"
            original = rate.original(-amount) if rate is not None else None
            item = self.journal.owe(held, key, next(self.ids), -value, None, original=original)
            parcel.entry.add(held, -value, of_order, item_id=item, original=original)


def facts_of_parcels(
    session: Session,
    company_id: int,
    plans: dict[int, PlanFacts],
    parcels: Sequence[SentParcel],
    begun: Iterable[int],
) -> list[list[FeeFacts]]:
    """Return what estimators may know of the goods in each parcel.

    `begun` are the orders of which a parcel left before.
    """
    skus = sorted({line.sku_id for p in parcels for line in p.lines if line.sku_id})
    goods = _measures(session, company_id, skus)
    categories = categories_of(session, company_id, skus)
    met = set(begun)
    found = []
    for parcel in parcels:
        plan, first = plans[parcel.shop_id], parcel.order_id not in met
        found.append(list(_facts_of(parcel, plan, goods, categories, first)))
        met.add(parcel.order_id)
    return found


def estimate_row(
    company_id: int, new_id: int, order_id: int, line: FeeFacts, cost: Cost
) -> tuple[object, ...]:
    """Return the row of a fresh estimate."""
    return (company_id, new_id, order_id, line.line_id, cost.account) + (
        cost.amount,
        cost.amount,
        0,
        cost.estimator,
    )


def _measures(session: Session, company_id: int, sku_ids: Sequence[int]) -> dict[int, Any]:
    query = sa.select(
        Sku.id, Sku.code, Sku.weight_grams, Sku.length_mm, Sku.width_mm, Sku.height_mm
    ).where(Sku.company_id == company_id, any_of(session, Sku.id, sku_ids))
    return {row.id: row for row in rows_of(session, query)}


def _facts_of(
    parcel: SentParcel,
    plan: PlanFacts,
    goods: dict[int, Any],
    categories: dict[tuple[str, int], str],
    first: bool,
) -> Iterator[FeeFacts]:
    """Yield what estimators may know of the goods of a parcel, charges shared out by price."""
    sold = [line for line in parcel.lines if line.kind == LineKind.SALE and line.quantity > 0]
    weights = [max(line.net + line.tax, 0) for line in sold]
    beside: dict[str, int] = {"charges": 0, "discounts": 0, "subsidy": 0}
    tax = 0
    for line in parcel.lines:
        if name := _part_of(line):
            beside[name] += line.net + line.tax
            tax += line.tax
    shares = {name: allocate(amount, weights) for name, amount in beside.items()}
    taxes = allocate(tax, weights)
    total = sum(line.net + line.tax for line in sold) + sum(beside.values())
    for place, line in enumerate(sold):
        sku = goods.get(line.sku_id or 0)
        yield FeeFacts(
            line_id=line.id,
            shop_id=parcel.shop_id,
            platform=plan.platform,
            market=plan.market,
            fulfilment=plan.fulfilment,
            category=categories.get((plan.platform, line.sku_id or 0), plan.category),
            sku_id=line.sku_id,
            sku=sku.code if sku else "",
            day=parcel.day,
            currency=parcel.currency,
            quantity=line.quantity,
            goods=line.net + line.tax,
            charges=shares["charges"][place],
            discounts=shares["discounts"][place],
            subsidy=shares["subsidy"][place],
            tax=line.tax + taxes[place],
            first=first and place == 0,
            order_price=total,
            weight_grams=sku.weight_grams if sku else None,
            sides_mm=_sides(sku),
        )


def _part_of(line: ParcelLine) -> str:
    """Return which part of the price a line beside the goods is, nothing if of none."""
    if line.account == SUBSIDY:
        return "subsidy"
    if line.kind in (LineKind.POSTAGE, LineKind.ADJUSTMENT):
        return "charges"
    return "discounts" if line.kind == LineKind.DISCOUNT else ""


def _sides(sku: Any) -> tuple[int, int, int] | None:
    if sku is None or None in (sku.length_mm, sku.width_mm, sku.height_mm):
        return None
    return sku.length_mm, sku.width_mm, sku.height_mm


ESTIMATE_COLUMNS = (
    "company_id id order_id line_id account estimated_amount open_amount actual_amount estimator"
).split()
