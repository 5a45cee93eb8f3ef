"""Booking the tax of sales anew: the old amount is undone, the entry of old stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from core.db import table_of
from core.ids import id_stream
from core.kernel.companies import company_of
from core.kernel.companies import today_in
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.posting import DEPOSITS
from core.orders.posting import RECEIVABLE
from core.orders.posting import BookableLine
from core.orders.posting import SalesEntry
from core.orders.tax_changes import TaxChange
from core.rates.finding import rates_to
from core.rows import bulk_update
from core.tax.booking import TaxBook
from core.tax.declaring import CORRECTION


def book_changes(session: Session, company_id: int, changes: Sequence[TaxChange]) -> None:
    """Give the tax back that was booked, book what the decisions of today say, and note it."""
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
    parcels: defaultdict[int, list[TaxChange]] = defaultdict(list)
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
    _change_lines(session, company_id, changes)


def _undone(change: TaxChange) -> BookableLine:
    row = change.row
    amounts = (-row.net_amount, -row.tax_amount, row.tax_account, row.decision_id)
    return BookableLine(row.account, *amounts, 0, "", _where(row))


def _anew(change: TaxChange) -> BookableLine:
    row = change.row
    amounts = (row.net_amount, change.tax, change.decision.account, change.decision_id)
    return BookableLine(row.account, *amounts, 0, "", _where(row))


def _where(row: Any) -> Dimensions:
    return Dimensions(
        row.shop_id, row.country, row.sold_order, row.id, row.sku_id, row.warehouse_id
    )


def _change_lines(session: Session, company_id: int, changes: Sequence[TaxChange]) -> None:
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
