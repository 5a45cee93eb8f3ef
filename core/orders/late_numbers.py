"""Orders taxed before a register could say that the buyer's number was valid.

The sale was booked as to a consumer, since nobody could prove otherwise. Once the register answers,
the order waits for somebody to decide: the correction gives the tax back to the buyer and books
the sale anew under what the law says of a business. The old decision and its entry stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from typing import cast

import sqlalchemy as sa
from sqlalchemy import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core import clock
from core.db import any_of
from core.db import bulk_update
from core.db import id_stream
from core.db import table_of
from core.errors import Conflict
from core.kernel.companies import company_of
from core.kernel.companies import today_in
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.orders.deeds import deed_of_orders
from core.orders.exceptions import open_exceptions
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.models import OrderTax
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.posting import DEPOSITS
from core.orders.posting import MARKETPLACE_TAX
from core.orders.posting import RECEIVABLE
from core.orders.posting import BookableLine
from core.orders.posting import SalesEntry
from core.orders.record import Actor
from core.orders.record import Record
from core.orders.states import State
from core.orders.taxing import AskedLine
from core.orders.taxing import AskedParcel
from core.orders.taxing import facts_of
from core.orders.told_taxes import NOTHING_TOLD
from core.orders.told_taxes import told_taxes
from core.rates.finding import rates_to
from core.stock.models import Document
from core.stock.warehouses import warehouses_of
from core.tax.booking import TaxBook
from core.tax.buyers import FRESH
from core.tax.buyers import STATED
from core.tax.buyers import VALID
from core.tax.deciding import decide
from core.tax.decision import TaxDecision
from core.tax.decision import tax_amount
from core.tax.declaring import CORRECTION
from core.tax.models import BookedLevy
from core.tax.models import BuyerNumber
from core.tax.models import Decision
from core.tax.profile import load_profile

LATE_NUMBER = "late_number"

UNSENT = frozenset(State) - {State.SHIPPED, State.DELIVERED, State.COMPLETED, State.CANCELLED}
"""States in which some of an order is still to leave, so that its tax is not decided yet."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A line that bears another tax now: `row` as it stands, `decision` as it should be."""

    row: Any
    decision_id: int
    decision: TaxDecision
    tax: int


def raise_late_numbers(
    session: Session, company_id: int, number_ids: Collection[int], actor: str
) -> list[int]:
    """Put orders into their queue whose tax these numbers, valid now, contradict; return them."""
    if not number_ids:
        return []
    query = sa.select(OrderTax.id).where(
        OrderTax.company_id == company_id, any_of(session, OrderTax.number_id, sorted(number_ids))
    )
    changes = _changes(session, company_id, session.scalars(query).all())
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
    changes = _changes(session, company_id, sorted(order_ids))
    done = {each.row.sold_order for each in changes}
    if missing := sorted(set(order_ids) - done):
        raise Conflict(
            f"The tax of order {missing[0]} is what the law says of its buyer.",
            hint="Nothing is to correct.",
        )
    _book(session, company_id, changes)
    _change_lines(session, company_id, changes)
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


def _reason(changes: Sequence[_Change], order_id: int) -> str:
    return next(each.decision.reason for each in changes if each.row.sold_order == order_id)


def _changes(session: Session, company_id: int, told: Sequence[int]) -> list[_Change]:
    """Return the lines of orders that would bear another tax if they were decided today.

    Lines with several taxes, and those whose tax a platform pays over, are not among them.
    """
    rows = _rows(session, company_id, told)
    sold = [row for row in rows if row.original_line_id is None]
    if not sold:
        return []
    decided = _decide_again(session, company_id, sold)
    again = {line_id: one for line_id, one in decided.items() if one[1].collector == "buyer"}
    return [
        _Change(row, decision_id, decision, tax_amount(row.net_amount, decision.charged_rate))
        for row in rows
        for decision_id, decision in [again.get(row.original_line_id or row.id, (0, None))]
        if decision is not None and decision_id != row.decision_id
    ]


def _decide_again(
    session: Session, company_id: int, rows: Sequence[Any]
) -> dict[int, tuple[int, TaxDecision]]:
    company = company_of(session, company_id)
    warehouses = warehouses_of(session, company_id)
    told = told_taxes(session, company_id, {row.order_id for row in rows})
    parcels: defaultdict[tuple[int, date], list[Any]] = defaultdict(list)
    for row in rows:
        parcels[row.document_id, max(row.booked_on, row.occurred_on)].append(row)
    asked = [
        AskedParcel(
            left_on=left_on,
            paid_on=lines[0].occurred_on,
            ship_from=warehouses[lines[0].warehouse_id].country,
            ship_to=lines[0].country,
            platform=lines[0].platform,
            currency=lines[0].currency or company.currency,
            lines=[
                AskedLine(each.id, each.kind, each.sku_id, each.net_amount, each.quantity)
                for each in lines
            ],
            from_region=warehouses[lines[0].warehouse_id].region,
            told=told.get(lines[0].order_id, NOTHING_TOLD),
        )
        for (_, left_on), lines in parcels.items()
    ]
    countries = {warehouse.country for warehouse in warehouses.values()}
    skus = {row.sku_id for row in rows if row.sku_id}
    profile = load_profile(session, company_id, company.country, countries, skus)
    facts = facts_of(session, company_id, profile, asked)
    found = decide(session, company_id, facts.values())
    return {
        row.id: found.decisions[facts[row.id]]
        for row in rows
        if facts[row.id] in found.decisions and facts[row.id] not in found.levies
    }


def _rows(session: Session, company_id: int, told: Sequence[int]) -> Sequence[Any]:
    """Return the taxed lines of orders whose buyer's number is valid, and what undoes them."""
    original = aliased(OrderLine)
    head = sa.func.coalesce(original.order_id, OrderLine.order_id)
    sale = aliased(Order)
    levied = sa.exists().where(
        BookedLevy.company_id == OrderLine.company_id, BookedLevy.line_id == OrderLine.id
    )
    query = (
        sa.select(
            *(getattr(OrderLine, name) for name in _LINE),
            Document.booked_on,
            Document.warehouse_id,
            Document.natural_key,
            Document.currency,
            Order.platform,
            Order.account.label("seller_account"),
            Order.external_ref,
            Order.shop_id,
            Order.country.label("to"),
            head.label("sold_order"),
            Decision.account.label("tax_account"),
        )
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .join(
            Document,
            (Document.company_id == OrderLine.company_id) & (Document.id == OrderLine.document_id),
        )
        .join(
            Decision,
            (Decision.company_id == OrderLine.company_id) & (Decision.id == OrderLine.decision_id),
        )
        .outerjoin(
            original,
            (original.company_id == OrderLine.company_id)
            & (original.id == OrderLine.original_line_id),
        )
        .join(sale, (sale.company_id == OrderLine.company_id) & (sale.id == head))
        .join(
            OrderTax,
            (OrderTax.company_id == sale.company_id)
            & (OrderTax.id.in_((sale.id, sa.func.coalesce(sale.origin_id, sale.id)))),
        )
        .join(
            BuyerNumber,
            (BuyerNumber.company_id == OrderTax.company_id)
            & (BuyerNumber.id == OrderTax.number_id),
        )
        .where(
            OrderLine.company_id == company_id,
            sa.or_(
                any_of(session, OrderTax.id, sorted(told)), any_of(session, sale.id, sorted(told))
            ),
            BuyerNumber.status == VALID,
            Document.posting_state == "posted",
            Decision.collector == "seller",
            Decision.role == "sale",
            Decision.rate > 0,
            Decision.account != MARKETPLACE_TAX,
            sa.not_(levied),
        )
        .order_by(OrderLine.id)
    )
    return session.execute(query).all()


def _book(session: Session, company_id: int, changes: Sequence[_Change]) -> None:
    company = company_of(session, company_id)
    journal, ids = Journal(session, company_id, company.currency), id_stream(session)
    taxes = TaxBook(session, company_id, ids)
    keys = {_key(each.row) for each in changes}
    journal.know_items(RECEIVABLE, keys)
    journal.know_items(DEPOSITS, keys, locked=True)
    foreign = {each.row.currency for each in changes} - {None, company.currency}
    days = {(e.row.currency, e.row.booked_on) for e in changes if e.row.currency in foreign}
    rates = rates_to(session, company_id, company.currency, days)
    today, closed = today_in(company.timezone), closed_months(session, company_id)
    parcels: defaultdict[int, list[_Change]] = defaultdict(list)
    for each in changes:
        parcels[each.row.document_id].append(each)
    for document_id, lines in parcels.items():
        row = lines[0].row
        rate = rates.require(row.currency, row.booked_on) if row.currency in foreign else None
        entry = journal.entry(
            next(ids), f"{CORRECTION}:{row.natural_key}:{lines[0].decision_id}", CORRECTION,
            open_day(today, closed), happened_on=today, order_id=row.order_id,
            document_id=document_id, narration=f"Tax of {row.external_ref} corrected",
        )  # fmt: skip
        sale = SalesEntry(journal, ids, entry, _key(row), rate)
        currency = row.currency or company.currency
        for each in lines:
            for line in (_undone(each), _anew(each)):
                sale.add(line)
                taxes.sold(entry.booked_on, currency, line.parts())
        sale.finish(Dimensions(row.shop_id, row.to, row.order_id))
    taxes.write()
    journal.post()


def _undone(change: _Change) -> BookableLine:
    row = change.row
    amounts = (-row.net_amount, -row.tax_amount, row.tax_account, row.decision_id)
    return BookableLine(row.account, *amounts, 0, "", _where(row))


def _anew(change: _Change) -> BookableLine:
    row = change.row
    amounts = (row.net_amount, change.tax, change.decision.account, change.decision_id)
    return BookableLine(row.account, *amounts, 0, "", _where(row))


def _where(row: Any) -> Dimensions:
    return Dimensions(
        row.shop_id, row.country, row.sold_order, row.id, row.sku_id, row.warehouse_id
    )


def _change_lines(session: Session, company_id: int, changes: Sequence[_Change]) -> None:
    bulk_update(
        session,
        table_of(OrderLine),
        ["company_id", "id", "tax", "decision"],
        [(company_id, each.row.id, each.tax, each.decision_id) for each in changes],
        assign="tax_amount = {tax}, decision_id = {decision}",
    )
    sums: defaultdict[int, int] = defaultdict(int)
    for each in changes:
        sums[each.row.order_id] += each.tax - each.row.tax_amount
    bulk_update(
        session,
        table_of(Order),
        ["company_id", "id", "tax"],
        [(company_id, order_id, amount) for order_id, amount in sorted(sums.items())],
        assign="tax_amount = tax_amount + {tax}, row_version = row_version + 1",
    )


def _key(row: Any) -> str:
    return f"{row.platform}/{row.seller_account}/{row.external_ref}"


_LINE = (
    "id order_id document_id kind sku_id occurred_on country net_amount tax_amount account quantity"
    " original_line_id decision_id"
).split()
