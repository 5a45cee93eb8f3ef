"""Why profit is not final: what is still to come or to be said, for orders, a SKU or a month."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.allocation.models import Pool
from core.allocation.models import Run
from core.allocation.queries import counts
from core.catalog.models import Sku
from core.costing.models import Charge
from core.costing.models import Share
from core.db import rows_of
from core.fees.finality import SETTLED
from core.fees.models import Estimate
from core.fees.models import Finality
from core.kernel.companies import company_of
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Profit
from core.ledger.waterfall import PROFIT_LINES
from core.ledger.waterfall import REVENUE
from core.months import month_text
from core.orders.models import Order
from core.orders.models import OrderException
from core.orders.models import OrderLine
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.stock.models import Document
from core.stock.models import Level
from core.stock.models import Short

UNPAID_AFTER = timedelta(days=45)
"""An order that its platform has not paid by then is a question to the platform."""

ACCRUED_AFTER = timedelta(days=60)
"""A fee that has not come by then will hardly come."""

EXAMPLES = 5
MOST = 10_000
"""A cause is counted no further: that there are so many is all that is of use."""

NOTHING: Any = sa.null()


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose profit is asked about; what is empty does not narrow it."""

    order_id: int | None = None
    sku_id: int | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that keeps profit from being final, how often, and what to do next.

    `amounts` is what it is about, by currency.
    """

    code: str
    count: int
    more: bool
    amounts: Mapping[str, int]
    examples: Sequence[str]

    @property
    def action(self) -> str:
        """Return what to do next."""
        return ACTIONS[self.code]


ACTIONS = {
    "unmapped": "Say which SKU the code stands for: entrepot listings map.",
    "waiting": "Give the rate or the tax that is missing, then: entrepot order post.",
    "short": "Receive or import the goods that left short: their cost is provisional until then.",
    "no_cost": "Say what the goods cost: they were received for nothing.",
    "cost_estimated": "Enter the invoice of the landed cost: entrepot cost settle.",
    "no_estimate": "Give the shop a plan, then: entrepot fees plan, entrepot fees estimate.",
    "unsettled": "Wait for the platform's settlement, and import it.",
    "unpaid": "Ask the platform why it has not paid: the order is older than 45 days.",
    "suspense": "Say what the codes mean: entrepot settlement unmapped, entrepot settlement map.",
    "deferred": "Wait until the platform releases the money; it comes by a later settlement.",
    "accrued": "Nothing came for an estimate of more than 60 days ago: look at its estimator.",
    "held": "Import a settlement that adds up in place of the one that was kept aside.",
    "not_allocated": "Costs without an order or SKU: they are shared out by the allocation.",
}
"""The causes in the order in which they are best dealt with."""


def missing(session: Session, company_id: int, scope: Scope, today: date) -> list[Cause]:
    """Return why the profit of a scope is not final, in the order in which to deal with it."""
    found = []
    currency = company_of(session, company_id).currency
    for code in ACTIONS:
        query = _QUERIES[code](company_id, today)
        cause = _cause(session, code, _within(company_id, query, scope), currency)
        if cause is not None:
            found.append(cause)
    return found


def _cause(session: Session, code: str, query: Any, currency: str) -> Cause | None:
    rows = query.limit(MOST + 1).subquery()
    sums = rows_of(
        session,
        sa.select(
            rows.c.currency, sa.func.count(), sa.cast(sa.func.sum(rows.c.amount), sa.BigInteger)
        ).group_by(rows.c.currency),
    )
    if not (count := sum(row[1] for row in sums)):
        return None
    amounts: dict[str, int] = {}
    for own, _, amount in sums:
        amounts[own or currency] = amounts.get(own or currency, 0) + (amount or 0)
    first = query.subquery()
    refs = rows_of(session, sa.select(first.c.ref).limit(EXAMPLES))
    examples = tuple(dict.fromkeys(row[0] for row in refs if row[0]))
    return Cause(code, min(count, MOST), count > MOST, amounts, examples)


def _within(company_id: int, query: Any, scope: Scope) -> Any:
    """Narrow the query for a cause; all have the same columns."""
    rows = query.subquery()
    narrowed = sa.select(rows)
    if scope.order_id is not None:
        narrowed = narrowed.where(rows.c.order_id == scope.order_id)
    if scope.sku_id is not None:
        sold = sa.select(OrderLine.order_id).where(
            OrderLine.company_id == company_id, OrderLine.sku_id == scope.sku_id
        )
        of_order = rows.c.sku_id.is_(None) & rows.c.order_id.in_(sold)
        narrowed = narrowed.where((rows.c.sku_id == scope.sku_id) | of_order)
    if scope.start is not None:
        narrowed = narrowed.where(rows.c.day >= scope.start)
    if scope.end is not None:
        narrowed = narrowed.where(rows.c.day <= scope.end)
    return narrowed


def _columns(
    ref: Any, order_id: Any, sku_id: Any, day: Any, amount: Any, currency: Any = NOTHING
) -> tuple[sa.Label[Any], ...]:
    return (
        ref.label("ref"),
        sa.cast(order_id, sa.BigInteger).label("order_id"),
        sa.cast(sku_id, sa.BigInteger).label("sku_id"),
        day.label("day"),
        sa.cast(amount, sa.BigInteger).label("amount"),
        sa.cast(currency, sa.Text).label("currency"),
    )


def _order(alias: Any, order_id: Any) -> Any:
    return (Order.company_id == alias.company_id) & (Order.id == order_id)


def _unmapped(company_id: int, _today: date) -> Any:
    return (
        sa.select(
            *_columns(
                Order.external_ref,
                Order.id,
                NOTHING,
                Order.ordered_on,
                Order.net_amount,
                Order.currency,
            )
        )
        .join(OrderException, _order(OrderException, OrderException.order_id))
        .where(
            OrderException.company_id == company_id,
            OrderException.kind == "unmapped",
            OrderException.solved_at.is_(None),
        )
    )


def _waiting(company_id: int, _today: date) -> Any:
    return (
        sa.select(
            *_columns(
                Order.external_ref,
                Order.id,
                NOTHING,
                Document.booked_on,
                Order.net_amount,
                Order.currency,
            )
        )
        .join(Document, _order(Document, Document.order_id))
        .where(Document.company_id == company_id, Document.posting_state == "waiting")
    )


def _short(company_id: int, _today: date) -> Any:
    return (
        sa.select(
            *_columns(Sku.code, Short.order_id, Level.sku_id, Short.booked_on, Short.open_value)
        )
        .join(Level, (Level.company_id == Short.company_id) & (Level.id == Short.level_id))
        .join(Sku, (Sku.company_id == Level.company_id) & (Sku.id == Level.sku_id))
        .where(Short.company_id == company_id, Short.open_quantity > 0)
    )


def _no_cost(company_id: int, _today: date) -> Any:
    return (
        sa.select(
            *_columns(
                OrderLine.code, OrderLine.order_id, OrderLine.sku_id, OrderLine.occurred_on,
                OrderLine.net_amount, Order.currency,
            )
        )
        .join(Document, (Document.company_id == OrderLine.company_id)
              & (Document.id == OrderLine.document_id))
        .join(Order, _order(OrderLine, OrderLine.order_id))
        .where(
            OrderLine.company_id == company_id,
            OrderLine.kind == "sale",
            OrderLine.sku_id.is_not(None),
            OrderLine.cost_amount == 0,
            OrderLine.flag.is_(None),
            Document.posting_state == "posted",
        )
    )  # fmt: skip


def _cost_estimated(company_id: int, _today: date) -> Any:
    return (
        sa.select(
            *_columns(Charge.reference, NOTHING, Share.sku_id, Charge.booked_on, Share.estimated)
        )
        .join(Share, (Share.company_id == Charge.company_id) & (Share.charge_id == Charge.id))
        .where(Charge.company_id == company_id, Charge.state == "estimated")
    )


def _unfinished(company_id: int) -> Any:
    return (
        sa.select(
            *_columns(
                Order.external_ref, Order.id, NOTHING, Order.ordered_on,
                Order.net_amount + Order.tax_amount, Order.currency,
            )
        )
        .join(Finality, _order(Finality, Finality.id))
        .where(Finality.company_id == company_id, Finality.state < SETTLED)
    )  # fmt: skip


def _no_estimate(company_id: int, _today: date) -> Any:
    estimated = sa.select(Estimate.id).where(
        Estimate.company_id == Order.company_id, Estimate.order_id == Order.id
    )
    return _unfinished(company_id).where(Finality.state == 0, ~estimated.exists())


def _unsettled(company_id: int, today: date) -> Any:
    return _unfinished(company_id).where(Order.ordered_on >= today - UNPAID_AFTER)


def unpaid_query(company_id: int, today: date) -> Any:
    """Return the query for orders that their platform should have paid."""
    return _unfinished(company_id).where(Order.ordered_on < today - UNPAID_AFTER)


def _rows_booked(company_id: int, outcome: str) -> Any:
    row = (StatementRow.company_id == Booking.company_id) & (StatementRow.id == Booking.id)
    return (
        sa.select(
            *_columns(
                StatementRow.name, Booking.order_id, Booking.sku_id, StatementRow.posted_on,
                StatementRow.amount, Statement.currency,
            )
        )
        .join(StatementRow, row)
        .join(Statement, (Statement.company_id == Booking.company_id)
              & (Statement.id == Booking.statement_id))
        .where(Booking.company_id == company_id, Booking.outcome == outcome)
    )  # fmt: skip


def _suspense(company_id: int, _today: date) -> Any:
    return _rows_booked(company_id, "suspense")


def _deferred(company_id: int, _today: date) -> Any:
    return _rows_booked(company_id, "deferred")


def accrued_query(company_id: int, today: date) -> Any:
    """Return the query for estimates for which nothing came."""
    return (
        sa.select(
            *_columns(
                Order.external_ref, Order.id, OrderLine.sku_id, Order.ordered_on,
                Estimate.open_amount, Order.currency,
            )
        )
        .join(Finality, _order(Finality, Finality.id))
        .join(Estimate, (Estimate.company_id == Order.company_id) & (Estimate.order_id == Order.id))
        .join(OrderLine, (OrderLine.company_id == Estimate.company_id)
              & (OrderLine.id == Estimate.line_id))
        .where(
            Finality.company_id == company_id,
            Finality.state < SETTLED,
            Estimate.open_amount > 0,
            Order.ordered_on < today - ACCRUED_AFTER,
        )
    )  # fmt: skip


def _held(company_id: int, _today: date) -> Any:
    return sa.select(
        *_columns(
            Statement.external_ref,
            NOTHING,
            NOTHING,
            Statement.matched_on,
            Statement.total_amount,
            Statement.currency,
        )
    ).where(
        Statement.company_id == company_id,
        Statement.state.in_(("quarantined", "waiting")),
        ~_corrected().exists(),
    )


def _corrected() -> Any:
    counts = aliased(Statement)
    return sa.select(counts.id).where(
        counts.company_id == Statement.company_id,
        counts.platform == Statement.platform,
        counts.account == Statement.account,
        counts.external_ref == Statement.external_ref,
        counts.state == "booked",
    )


def _not_allocated(company_id: int, _today: date) -> Any:
    """Return what no run of the allocation has shared, and what runs could not share."""
    costs = [getattr(Profit, name) for name in PROFIT_LINES if name not in REVENUE]
    total, month = sum(costs[1:], costs[0]), month_text(Profit.booked_on)
    shared = sa.exists().where(
        Run.company_id == Profit.company_id,
        month_text(Run.first_month) <= month,
        month_text(Run.last_month) >= month,
    )
    unshared = sa.select(
        *_columns(Entry.natural_key, NOTHING, NOTHING, Profit.booked_on, -total)
    ).join(Entry, (Entry.company_id == Profit.company_id) & (Entry.id == Profit.entry_id))
    left = (
        sa.select(*_columns(Account.code, NOTHING, NOTHING, Run.last_month, Pool.not_allocated))
        .join(Run, (Run.company_id == Pool.company_id) & (Run.id == Pool.run_id))
        .join(Account, (Account.company_id == Pool.company_id) & (Account.id == Pool.account_id))
        .where(Pool.company_id == company_id, counts(), Pool.not_allocated != 0)
    )
    return sa.union_all(
        unshared.where(
            Profit.company_id == company_id,
            Profit.order_id.is_(None),
            Profit.sku_id.is_(None),
            total != 0,
            ~shared,
        ),
        left,
    )


_QUERIES: dict[str, Callable[[int, date], Any]] = {
    "unmapped": _unmapped,
    "waiting": _waiting,
    "short": _short,
    "no_cost": _no_cost,
    "cost_estimated": _cost_estimated,
    "no_estimate": _no_estimate,
    "unsettled": _unsettled,
    "unpaid": unpaid_query,
    "suspense": _suspense,
    "deferred": _deferred,
    "accrued": accrued_query,
    "held": _held,
    "not_allocated": _not_allocated,
}
