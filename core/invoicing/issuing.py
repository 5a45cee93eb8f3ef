"""Issuing invoices and credit notes; what was issued never changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core import clock
from core.addresses.address import Address
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_id
from core.invoicing.buyers import InvoiceTo
from core.invoicing.buyers import digest_of
from core.invoicing.buyers import read_buyer
from core.invoicing.buyers import store_buyer
from core.invoicing.composing import Composed
from core.invoicing.composing import compose
from core.invoicing.models import Invoice
from core.invoicing.models import Issuer
from core.invoicing.numbering import next_number
from core.invoicing.wording import LANGUAGES
from core.invoicing.wording import language_of
from core.kernel.companies import company_of
from core.kernel.companies import today_in
from core.orders.models import OrderLine
from core.orders.tax_queries import order_tax
from core.privacy.showing import buyer_of
from core.tax.numbers import check_buyer_number

INVOICE, CREDIT_NOTE = "invoice", "credit_note"


@dataclass(frozen=True, slots=True)
class Request:
    """That somebody asks for the invoice of an order; what is empty is as the order says."""

    address: Address | None = None
    number: str = ""
    language: str = ""


def issue_invoice(
    session: Session, company_id: int, order_id: int, *, by: str, request: Request | None = None
) -> Invoice:
    """Issue the invoice of an order, or the credit note of a return, under its series' next number.

    Raises: Conflict if it has one, or is not booked as a whole; InputError where something that an
    invoice must have is missing, or the platform issues it.
    """
    request = request or Request()
    buyer = _buyer(session, company_id, order_id, request)
    language = request.language or language_of(buyer.address.country)
    if language not in LANGUAGES:
        known = ", ".join(sorted(LANGUAGES))
        raise InputError(f"Invoices know no language {language!r}.", hint=f"Use {known}.")
    composed = compose(session, company_id, order_id, language)
    if composed.needs_number and not buyer.number:
        raise InputError(
            "The buyer accounts for the tax, so the invoice must have his number.",
            where="number",
        )
    credits_id = _credited(session, company_id, composed)
    return _store(session, company_id, composed, buyer, language, by, credits_id=credits_id)


def cancel_invoice(session: Session, company_id: int, invoice_id: int, *, by: str) -> Invoice:
    """Take a whole invoice back by a credit note that mirrors it; the order may have another.

    Raises: NotFound, Conflict if it is a credit note or was taken back already.
    """
    row = invoice_of(session, company_id, invoice_id)
    if row.kind != INVOICE:
        raise Conflict(f"{row.code} is a credit note: issue another invoice instead.")
    buyer = read_buyer(session, company_id, invoice_id)
    mirrored = _mirrored(row.document)
    company = company_of(session, company_id)
    series, number, code = _numbered(session, company_id, row.series.partition("-")[0], CREDIT_NOTE)
    if live_invoices(session, company_id, row.order_id) != [row.id]:
        raise Conflict(f"{row.code} was taken back already.")
    made = Invoice(
        company_id=company_id,
        id=next_id(session),
        series=series,
        number=number,
        code=code,
        kind=CREDIT_NOTE,
        order_id=row.order_id,
        credits_id=row.id,
        cancels=1,
        issued_on=today_in(company.timezone),
        supplied_on=row.supplied_on,
        language=row.language,
        currency=row.currency,
        net_amount=-row.net_amount,
        tax_amount=-row.tax_amount,
        document={**mirrored, "credits": row.code, "credits_on": row.issued_on.isoformat()},
        buyer_digest=digest_of(buyer),
        made_at=clock.now(),
        made_by=by,
    )
    return _kept(session, company_id, made, buyer)


def invoice_of(session: Session, company_id: int, invoice_id: int) -> Invoice:
    """Return an invoice.

    Raises: NotFound, also for another company's.
    """
    row = session.get(Invoice, (company_id, invoice_id))
    if row is None:
        raise NotFound(f"There is no invoice {invoice_id}.")
    return row


def told_number(session: Session, company_id: int, order_id: int) -> str:
    """Return the tax number that the buyer gave with his order, if it is not known to be wrong."""
    told = order_tax(session, company_id, order_id)
    return told.number if told and told.number_status in ("valid", "unknown") else ""


def set_issuer(session: Session, company_id: int, name: str, address: str) -> None:
    """Say who the company is on its invoices: its full name and address, line by line.

    Raises: InputError where either is empty.
    """
    if not name.strip() or not address.strip():
        raise InputError("An invoice needs the seller's full name and address.", where="address")
    row = session.get(Issuer, company_id)
    if row is None:
        row = Issuer(company_id=company_id, name="", address="", row_version=0)
        session.add(row)
    row.name, row.address = name.strip(), address.strip()
    row.row_version += 1
    session.flush()


def _buyer(session: Session, company_id: int, order_id: int, request: Request) -> InvoiceTo:
    address = request.address
    if address is None:
        known = buyer_of(session, company_id, order_id)
        address = known.checked.address if known and known.checked else Address()
    number = request.number.strip() or told_number(session, company_id, order_id)
    if number:
        number = check_buyer_number(number, address.country)
    return InvoiceTo(address, number)


def _store(
    session: Session,
    company_id: int,
    composed: Composed,
    buyer: InvoiceTo,
    language: str,
    by: str,
    *,
    credits_id: int | None,
) -> Invoice:
    issuer = session.get(Issuer, company_id)
    if issuer is None:
        raise InputError(
            "Nobody said who the company is on its invoices.",
            hint="Say it: entrepot invoice issuer NAME ADDRESS, or on the page Invoices.",
        )
    company, order = company_of(session, company_id), composed.order
    kind = CREDIT_NOTE if order.kind == "credit_note" else INVOICE
    # The series is locked from here on: of two who ask at once the second sees the first's invoice.
    series, number, code = _numbered(session, company_id, composed.place, kind)
    if live_invoices(session, company_id, order.id):
        raise Conflict(f"{order.external_ref} has its invoice already.", hint="Download it.")
    document = {**composed.document, "seller": issuer.name, "seller_address": issuer.address}
    document["seller_country"] = company.country
    if credits_id is not None:
        credited = invoice_of(session, company_id, credits_id)
        document |= {"credits": credited.code, "credits_on": credited.issued_on.isoformat()}
    made = Invoice(
        company_id=company_id,
        id=next_id(session),
        series=series,
        number=number,
        code=code,
        kind=kind,
        order_id=order.id,
        credits_id=credits_id,
        cancels=0,
        issued_on=today_in(company.timezone),
        supplied_on=composed.supplied_on,
        language=language,
        currency=order.currency,
        net_amount=composed.net,
        tax_amount=composed.tax,
        document=document,
        buyer_digest=digest_of(buyer),
        made_at=clock.now(),
        made_by=by,
    )
    return _kept(session, company_id, made, buyer)


def _kept(session: Session, company_id: int, made: Invoice, buyer: InvoiceTo) -> Invoice:
    session.add(made)
    session.flush()
    store_buyer(session, company_id, made.id, buyer)
    session.flush()
    return made


def _numbered(session: Session, company_id: int, place: str, kind: str) -> tuple[str, int, str]:
    company = company_of(session, company_id)
    year = today_in(company.timezone).year
    mark = "C" if kind == CREDIT_NOTE else ""
    series = f"{place}{mark}-{year}"
    number = next_number(session, company_id, series)
    return series, number, f"{series}-{number:06d}"


def live_invoices(session: Session, company_id: int, order_id: int) -> list[int]:
    """Return the invoices of an order that were not taken back."""
    rows = session.execute(
        sa.select(Invoice.id, Invoice.credits_id, Invoice.cancels).where(
            Invoice.company_id == company_id, Invoice.order_id == order_id
        )
    ).all()
    gone = {row.credits_id for row in rows if row.cancels}
    return [row.id for row in rows if not row.cancels and row.id not in gone]


def _credited(session: Session, company_id: int, composed: Composed) -> int | None:
    """Return the invoice that a credit note takes back a part of."""
    if composed.order.kind != "credit_note":
        return None
    original = aliased(OrderLine)
    query = (
        sa.select(original.order_id)
        .join(
            OrderLine,
            (OrderLine.company_id == original.company_id)
            & (OrderLine.original_line_id == original.id),
        )
        .where(OrderLine.company_id == company_id, OrderLine.order_id == composed.order.id)
        .distinct()
    )
    found = [live_invoices(session, company_id, order_id) for order_id in session.scalars(query)]
    live = [each for ids in found for each in ids]
    if not live:
        raise Conflict(
            f"The sale that {composed.order.external_ref} takes back has no invoice.",
            hint="Issue that one first.",
        )
    return live[0]


def _mirrored(document: Any) -> dict[str, object]:
    """Return what an invoice says with every amount and quantity turned round."""
    said = dict(document)
    said["lines"] = [
        {**line, **{name: -line[name] for name in ("quantity", "net", "tax")}}
        for line in document["lines"]
    ]
    said["taxes"] = [
        {**row, "base": -row["base"], "amount": -row["amount"]} for row in document["taxes"]
    ]
    return {**said, "title": ""}
