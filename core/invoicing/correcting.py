"""Correcting the tax of a sale with its invoice: an invoice that charges it must not stay."""

from __future__ import annotations

from collections.abc import Collection
from functools import wraps

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.invoicing.buyers import read_buyer
from core.invoicing.issuing import Request
from core.invoicing.issuing import cancel_invoice
from core.invoicing.issuing import issue_invoice
from core.invoicing.issuing import live_invoices
from core.invoicing.models import Invoice
from core.orders.late_numbers import correct_tax
from core.orders.outcome import Outcome
from core.orders.record import Actor


@wraps(correct_tax)
def correct_tax_and_invoices(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Correct the tax of orders; their invoices are taken back, and issued as they should be.

    An invoice of which a return was credited already stays: what is left of it is for a person to
    say. Raises: what `correct_tax` and `issue_invoice` raise; then nothing is changed.
    """
    found = correct_tax(session, company_id, order_ids, actor)
    for order_id in sorted(order_ids):
        for invoice_id in live_invoices(session, company_id, order_id):
            if not _is_credited(session, company_id, invoice_id):
                _replace(session, company_id, invoice_id, actor)
    return found


def _replace(session: Session, company_id: int, invoice_id: int, actor: Actor) -> None:
    buyer = read_buyer(session, company_id, invoice_id)
    old = session.get_one(Invoice, (company_id, invoice_id))
    cancel_invoice(session, company_id, invoice_id, by=actor.name)
    asked = Request(buyer.address, buyer.number, old.language)
    issue_invoice(session, company_id, old.order_id, by=actor.name, request=asked)


def _is_credited(session: Session, company_id: int, invoice_id: int) -> bool:
    query = sa.select(Invoice.id).where(
        Invoice.company_id == company_id, Invoice.credits_id == invoice_id
    )
    return session.scalar(query.limit(1)) is not None
