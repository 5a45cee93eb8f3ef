"""Orders taxed before a register could say that the buyer's number was valid.

The sale was booked as to a consumer, since nobody could prove otherwise. Once the register answers,
the order waits for somebody to decide: the correction gives the tax back to the buyer and books
the sale anew under what the law says of a business. The old decision and its entry stay.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from typing import Any
from typing import cast

import sqlalchemy as sa
from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.errors import Conflict
from core.orders.deeds import deed_of_orders
from core.orders.exceptions import open_exceptions
from core.orders.models import Order
from core.orders.models import OrderTax
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.record import Record
from core.orders.states import State
from core.orders.tax_changes import TaxChange
from core.orders.tax_changes import tax_changes
from core.orders.tax_corrections import book_changes
from core.tax.buyers import FRESH
from core.tax.buyers import STATED
from core.tax.models import BuyerNumber

LATE_NUMBER = "late_number"

UNSENT = frozenset(State) - {State.SHIPPED, State.DELIVERED, State.COMPLETED, State.CANCELLED}
"""States in which some of an order is still to leave, so that its tax is not decided yet."""


def raise_late_numbers(
    session: Session, company_id: int, number_ids: Collection[int], actor: str
) -> list[int]:
    """Put orders into their queue whose tax these numbers, valid now, contradict; return them."""
    if not number_ids:
        return []
    query = sa.select(OrderTax.id).where(
        OrderTax.company_id == company_id, any_of(session, OrderTax.number_id, sorted(number_ids))
    )
    changes = tax_changes(session, company_id, session.scalars(query).all())
    orders = sorted({each.row.sold_order for each in changes})
    record = Record(session, company_id, Actor(actor))
    for order_id in orders:
        record.raise_exception(order_id, LATE_NUMBER, reason=_reason(changes, order_id))
    record.write()
    return orders


def renew_answers(session: Session, company_id: int) -> int:
    """Let registers be asked again about the buyers of orders that are still to leave.

    What counts is the day on which the goods leave, and an answer says what holds on its own day.
    Return how many numbers are due again.
    """
    waits = sa.exists().where(
        OrderTax.company_id == BuyerNumber.company_id,
        OrderTax.number_id == BuyerNumber.id,
        Order.company_id == OrderTax.company_id,
        Order.id == OrderTax.id,
        Order.state.in_(sorted(UNSENT)),
    )
    done = session.execute(
        sa.update(BuyerNumber)
        .where(
            BuyerNumber.company_id == company_id,
            BuyerNumber.due_at.is_(None),
            BuyerNumber.checked_at < clock.now() - FRESH,
            BuyerNumber.source != STATED,
            waits,
        )
        .values(due_at=clock.now(), row_version=BuyerNumber.row_version + 1)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount


@deed_of_orders("tax_corrected")
def correct_tax(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Give the tax back that a late answer showed to be wrong, and book the sale as it should be.

    Goods that came back of it are corrected with it. Raises: Conflict where nothing is to correct.
    """
    changes = tax_changes(session, company_id, sorted(order_ids))
    done = {each.row.sold_order for each in changes}
    if missing := sorted(set(order_ids) - done):
        raise Conflict(
            f"The tax of order {missing[0]} is what the law says of its buyer.",
            hint="Nothing is to correct.",
        )
    book_changes(session, company_id, changes)
    record = Record(session, company_id, actor)
    for order_id in sorted(done):
        record.event(order_id, "tax_corrected", reason=_reason(changes, order_id))
        record.solve(order_id, LATE_NUMBER)
    record.write()
    return _outcomes(session, company_id, order_ids, actor)


@deed_of_orders("tax_kept")
def keep_tax(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Leave the tax of orders as it was charged: a number that came too late obliges to nothing.

    Raises: Conflict for an order that is not in the queue.
    """
    found = open_exceptions(session, company_id, order_ids)
    for order_id in sorted(order_ids):
        if LATE_NUMBER not in found.get(order_id, ()):
            raise Conflict(f"Nothing asks for a correction of the tax of order {order_id}.")
    record = Record(session, company_id, actor)
    for order_id in sorted(order_ids):
        record.event(order_id, "solved", exception=LATE_NUMBER)
        record.solve(order_id, LATE_NUMBER)
    record.write()
    return _outcomes(session, company_id, order_ids, actor)


def _outcomes(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    work = Work(session, company_id, actor)
    work.open(order_ids)
    return outcomes(work.orders.values())


def _reason(changes: Sequence[TaxChange], order_id: int) -> str:
    return next(each.decision.reason for each in changes if each.row.sold_order == order_id)
