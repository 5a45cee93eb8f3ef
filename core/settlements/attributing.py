"""Saying which order a settled amount concerns, where the platform names none.

Nothing is edited: what was booked without an order is taken from there and booked with it, by an
entry of its own. What disposing of a return costs then stands beside removals on 6050, as the
return's own cost; the disposal of one's own stock stays on 6051. Source: DOMAIN §2.3 rules 7, 11.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.errors import Conflict
from core.errors import NotFound
from core.identity.deeds import say
from core.ids import next_id
from core.kernel.companies import company_of
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.ledger.models import Account
from core.ledger.models import Posting
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.orders.models import Order
from core.orders.models import OrderLine
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.settlements.queries import find_statement

OF_A_RETURN = MappingProxyType({"6051": "6050"})
"""Accounts of costs that stand elsewhere once they belong to a return."""


def attribute_row(
    session: Session, company_id: int, settlement: str, line_number: int, order: str
) -> Booking:
    """Book an amount that names no order with the order that it concerns.

    Raises: NotFound for a settlement, line or order, Conflict for an amount that has an order, is
    not booked yet, or is neither income nor cost.
    """
    statement = find_statement(session, company_id, settlement)
    row, booking = _row(session, statement, line_number)
    _require_free(booking, row, settlement)
    found, line = _order(session, statement, order, booking.sku_id)
    company = company_of(session, company_id)
    journal = Journal(session, company_id, company.currency)
    day = open_day(row.posted_on, closed_months(session, company_id))
    entry = journal.entry(
        next_id(session),
        f"attributed:{statement.key}/{line_number}/{booking.row_version + 1}",
        "settlement_again",
        day,
        happened_on=row.posted_on,
        order_id=found.id,
        narration=f"Settlement {settlement}: {row.name} concerns order {order}",
    )
    account = OF_A_RETURN.get(booking.account, booking.account)
    moved = 0
    for posting, code in _postings(session, company_id, booking):
        own = Original(posting.currency, posting.currency_amount)
        original = own if posting.currency != company.currency else None
        back = Original(own.currency, -own.amount) if original else None
        before = Dimensions(*(getattr(posting, name) for name in Dimensions._fields))
        line_id, sku_id = (line.id, line.sku_id) if line else (None, before.sku_id)
        after = before._replace(
            shop_id=found.shop_id, country=found.country, order_id=found.id,
            line_id=line_id, sku_id=sku_id,
        )  # fmt: skip
        entry.add(code, -posting.amount, before, tag=posting.tag, original=back)
        entry.add(account, posting.amount, after, tag=posting.tag, original=original)
        moved += 1
    if not moved:
        raise Conflict(f"Nothing of line {line_number} of {settlement} is an income or a cost.")
    journal.post()
    booking.entry_id, booking.account, booking.order_id = entry.id, account, found.id
    booking.line_id = line.id if line else None
    booking.row_version += 1
    session.flush()
    after_it = {"line": line_number, "order": order, "account": account}
    say(session, company_id, "settlement.attributed", f"settlement:{statement.key}", after=after_it)
    return booking


def _row(session: Session, statement: Statement, line_number: int) -> tuple[StatementRow, Booking]:
    query = (
        sa.select(StatementRow, Booking)
        .join(
            Booking,
            (Booking.company_id == StatementRow.company_id) & (Booking.id == StatementRow.id),
        )
        .where(
            StatementRow.company_id == statement.company_id,
            StatementRow.statement_id == statement.id,
            StatementRow.line_number == line_number,
        )
        .with_for_update(of=Booking)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound(
            f"Line {line_number} of {statement.external_ref} is no booked amount.",
            hint="Name the line of the file on which the amount stands.",
        )
    return found[0], found[1]


def _require_free(booking: Booking, row: StatementRow, settlement: str) -> None:
    if booking.order_id is not None or row.order_ref:
        raise Conflict(
            f"Line {row.line_number} of {settlement} belongs to an order already.",
            hint="What the platform says of its orders is not changed.",
        )
    if booking.outcome != "applied" or booking.entry_id is None:
        raise Conflict(
            f"Line {row.line_number} of {settlement} is not booked on an account yet.",
            hint="Say first what its code means: `entrepot settlement map`.",
        )


def _order(session: Session, statement: Statement, ref: str, sku_id: int | None) -> tuple[Any, Any]:
    """Return an order of the statement's account, and its line of a SKU if there is one."""
    query = sa.select(Order.id, Order.shop_id, Order.country).where(
        Order.company_id == statement.company_id,
        Order.platform == statement.order_platform,
        Order.account == statement.order_account,
        Order.external_ref == ref,
    )
    order = session.execute(query).one_or_none()
    if order is None:
        raise NotFound(
            f"There is no order {ref!r} of {statement.platform} {statement.account}.",
            hint="Import the orders of that account first.",
        )
    lines = sa.select(OrderLine.id, OrderLine.sku_id).where(
        OrderLine.company_id == statement.company_id,
        OrderLine.order_id == order.id,
        OrderLine.sku_id.is_not(None),
    )
    found = rows_of(session, lines.order_by(OrderLine.id))
    of_sku = [line for line in found if sku_id in (None, line.sku_id)]
    return order, of_sku[0] if of_sku and (sku_id or len(found) == 1) else None


def _postings(session: Session, company_id: int, booking: Booking) -> list[tuple[Posting, str]]:
    query = (
        sa.select(Posting, Account.code)
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(
            Posting.company_id == company_id,
            Posting.entry_id == booking.entry_id,
            Account.code == booking.account,
            Account.profit_line.is_not(None),
            Posting.item_id.is_(None),
        )
        .order_by(Posting.seq)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
