"""Invoices as pages, the API and commands list them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.errors import Conflict
from core.errors import NotFound
from core.invoicing.models import Invoice
from core.invoicing.models import Issuer
from core.orders.models import Order
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice in a list."""

    NEEDS: ClassVar = {"net_amount": "money.view", "tax_amount": "money.view"}

    id: int
    code: str
    kind: str
    order_id: int
    order: str
    issued_on: date
    language: str
    currency: str
    net_amount: int
    tax_amount: int
    cancels: int

    @property
    def total(self) -> int:
        """Return what the buyer pays."""
        return self.net_amount + self.tax_amount


_COLUMNS = (
    Invoice.id,
    Invoice.code,
    Invoice.kind,
    Invoice.order_id,
    Order.external_ref,
    Invoice.issued_on,
    Invoice.language,
    Invoice.currency,
    Invoice.net_amount,
    Invoice.tax_amount,
    Invoice.cancels,
)


def list_invoices(
    session: Session,
    company_id: int,
    cursor: Cursor | None = None,
    *,
    order_id: int | None = None,
    limit: int = 50,
) -> Page[InvoiceRow]:
    """List invoices, the latest first; of one order if it is named."""
    query = (
        sa.select(*_COLUMNS)
        .join(Order, (Order.company_id == Invoice.company_id) & (Order.id == Invoice.order_id))
        .where(Invoice.company_id == company_id)
    )
    if order_id is not None:
        query = query.where(Invoice.order_id == order_id)
    page = fetch_page(session, query, [Invoice.id], cursor, descending=True, limit=limit)
    return Page([_row(each) for each in page.rows], page.next, page.previous)


def row_of(session: Session, company_id: int, invoice_id: int) -> InvoiceRow:
    """Return an invoice that is known to exist."""
    query = (
        sa.select(*_COLUMNS)
        .join(Order, (Order.company_id == Invoice.company_id) & (Order.id == Invoice.order_id))
        .where(Invoice.company_id == company_id, Invoice.id == invoice_id)
    )
    return _row(session.execute(query).one())


def issuer_of(session: Session, company_id: int) -> tuple[str, str]:
    """Return the name and address of a company on its invoices; empty if nobody said."""
    row = session.get(Issuer, company_id)
    return (row.name, row.address) if row is not None else ("", "")


def orders_without(
    session: Session, company_id: int, start: date, end: date
) -> Sequence[tuple[int, str]]:
    """Return the orders and credit notes of some days that have no invoice, sales first."""
    known = sa.select(Invoice.order_id).where(Invoice.company_id == company_id)
    query = (
        sa.select(Order.id, Order.external_ref)
        .where(
            Order.company_id == company_id,
            Order.ordered_on >= start,
            Order.ordered_on < end,
            Order.kind.in_(("sale", "credit_note")),
            Order.id.not_in(known),
        )
        .order_by(Order.kind.desc(), Order.ordered_on, Order.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def named_orders(
    session: Session, company_id: int, order_ids: Sequence[int]
) -> Sequence[tuple[int, str]]:
    """Return those of some orders that the company has, with their numbers, sales first."""
    query = (
        sa.select(Order.id, Order.external_ref)
        .where(Order.company_id == company_id, any_of(session, Order.id, sorted(order_ids)))
        .order_by(Order.kind.desc(), Order.ordered_on, Order.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def _row(row: Any) -> InvoiceRow:
    return InvoiceRow(*row)


def find_invoice(session: Session, company_id: int, code: str) -> int:
    """Return the id of an invoice by its number.

    Raises: NotFound.
    """
    query = sa.select(Invoice.id).where(Invoice.company_id == company_id, Invoice.code == code)
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"There is no invoice {code}.")
    return found


def find_order(session: Session, company_id: int, ref: str) -> int:
    """Return the id of an order by its number on the platform.

    Raises: NotFound, Conflict if several platforms have one.
    """
    query = sa.select(Order.id).where(Order.company_id == company_id, Order.external_ref == ref)
    found = session.scalars(query).all()
    if not found:
        raise NotFound(f"There is no order {ref}.")
    if len(found) > 1:
        raise Conflict(f"Several orders are numbered {ref}.", hint="Use the order's page.")
    return found[0]
