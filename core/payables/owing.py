"""What is open with suppliers, document by document and in all; and what they were paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.costing.models import SupplierDocument
from core.costing.models import SupplierPayment
from core.costing.suppliers import DEPOSITS
from core.costing.suppliers import GRNI
from core.costing.suppliers import PAYABLE
from core.costing.suppliers import PREFIXES
from core.db import rows_of
from core.errors import NotFound
from core.ledger.models import Account
from core.ledger.models import Item
from core.money import to_text
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """What is open of a document: owed below zero, paid before above it; `worth` in ours."""

    account: str
    natural_key: str
    supplier: str
    currency: str
    amount: int
    worth: int

    @property
    def kind(self) -> str:
        """Return whether it is a deposit, goods or a landed cost."""
        return self.natural_key.partition("/")[0]

    @property
    def reference(self) -> str:
        """Return the document's own reference."""
        return self.natural_key.partition("/")[2]

    @property
    def is_bill(self) -> bool:
        """Say whether it is an invoice that can be paid."""
        return self.account == PAYABLE and self.amount < 0


class Balance(NamedTuple):
    """What is open with a supplier in a currency: invoices, goods not invoiced yet, deposits."""

    supplier: str
    currency: str
    owed: int
    not_invoiced: int
    deposits: int
    amount: int
    worth: int


def open_documents(session: Session, company_id: int) -> list[OpenDocument]:
    """Return what is open with suppliers, by supplier and document."""
    known = (SupplierDocument.company_id == Item.company_id) & (
        SupplierDocument.natural_key == Item.natural_key
    )
    supplier = sa.func.coalesce(SupplierDocument.supplier, "")
    query = (
        sa.select(
            Account.code, Item.natural_key, supplier, Item.currency, Item.open_amount,
            Item.open_functional,
        )
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .outerjoin(SupplierDocument, known)
        .where(
            Item.company_id == company_id,
            Account.code.in_((DEPOSITS, PAYABLE, GRNI)),
            (Item.open_amount != 0) | (Item.open_functional != 0),
            sa.or_(*(Item.natural_key.startswith(f"{prefix}/") for prefix in PREFIXES)),
        )
        .order_by(supplier, Item.currency, Item.id)
    )  # fmt: skip
    return [OpenDocument(*row) for row in rows_of(session, query)]


def currency_of_bill(session: Session, company_id: int, natural_key: str) -> str:
    """Return the currency of an invoice.

    Raises: NotFound.
    """
    query = (
        sa.select(Item.currency)
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .where(
            Item.company_id == company_id,
            Account.code == PAYABLE,
            Item.natural_key == natural_key,
        )
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(
            f"No invoice is booked for {natural_key or 'that'}.",
            hint="Book the supplier's invoice first, on the page of the receipt or landed cost.",
        )
    return found


def balances_of(documents: Sequence[OpenDocument]) -> list[Balance]:
    """Return what is open with each supplier in each currency; below zero is owed to him."""
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    places = {PAYABLE: 0, GRNI: 1, DEPOSITS: 2}
    for each in documents:
        row = sums[each.supplier, each.currency]
        row[places[each.account]] += each.amount
        row[3] += each.amount
        row[4] += each.worth
    return [Balance(*key, *row) for key, row in sorted(sums.items())]


def list_payments(
    session: Session, company_id: int, cursor: Cursor | None = None, *, limit: int = PAGE_SIZE
) -> Page[Any]:
    """Return a page of payments, the latest first."""
    known = (SupplierDocument.company_id == SupplierPayment.company_id) & (
        SupplierDocument.natural_key == SupplierPayment.natural_key
    )
    query = (
        sa.select(
            SupplierPayment.paid_on,
            SupplierPayment.id,
            SupplierPayment.kind,
            SupplierPayment.reference,
            SupplierPayment.natural_key,
            sa.func.coalesce(SupplierDocument.supplier, "").label("supplier"),
            SupplierPayment.bank,
            SupplierPayment.currency,
            SupplierPayment.amount,
            SupplierPayment.carried,
            SupplierPayment.difference,
            SupplierPayment.deposit,
            SupplierPayment.prepaid,
            SupplierPayment.entry_id,
            SupplierPayment.made_by,
        )
        .outerjoin(SupplierDocument, known)
        .where(SupplierPayment.company_id == company_id)
    )
    key = (SupplierPayment.paid_on, SupplierPayment.id)
    return fetch_page(session, query, key, cursor, descending=True, limit=limit)


def balance_document(balance: Balance, home: str) -> dict[str, Any]:
    """Return a supplier's balance as commands and the API show it."""
    code = balance.currency
    return {
        "supplier": balance.supplier,
        "currency": code,
        "owed": to_text(-balance.owed, code),
        "not_invoiced": to_text(-balance.not_invoiced, code),
        "deposits": to_text(balance.deposits, code),
        "balance": to_text(balance.amount, code),
        "functional_currency": home,
        "functional_balance": to_text(balance.worth, home),
    }


def open_document(document: OpenDocument, home: str) -> dict[str, Any]:
    """Return an open document as commands and the API show it."""
    return {
        "account": document.account,
        "kind": document.kind,
        "reference": document.reference,
        "supplier": document.supplier,
        "currency": document.currency,
        "open": to_text(document.amount, document.currency),
        "functional_currency": home,
        "functional_open": to_text(document.worth, home),
    }


def payment_document(row: Any, home: str) -> dict[str, Any]:
    """Return a payment as commands and the API show it."""
    kind, _, reference = row.natural_key.partition("/")
    return {
        "kind": row.kind,
        "reference": row.reference,
        "paid_on": row.paid_on,
        "supplier": row.supplier,
        "document_kind": kind,
        "document": reference,
        "bank": row.bank,
        "currency": row.currency,
        "amount": to_text(row.amount, row.currency),
        "deposit": row.deposit,
        "prepaid": to_text(row.prepaid, row.currency),
        "functional_currency": home,
        "carried": to_text(row.carried, home),
        "exchange_difference": to_text(row.difference, home),
        "made_by": row.made_by,
    }
