"""What the API answers about suppliers; amounts are decimal text."""

from __future__ import annotations

from datetime import date
from typing import TypedDict


class BalanceDocument(TypedDict):
    """What is open with a supplier in all."""

    supplier: str
    currency: str
    owed: str
    not_invoiced: str
    deposits: str
    balance: str
    functional_currency: str
    functional_balance: str


class OpenBill(TypedDict):
    """What is open of a document."""

    account: str
    kind: str
    reference: str
    supplier: str
    currency: str
    open: str
    functional_currency: str
    functional_open: str


class OpenWithSuppliers(TypedDict):
    """What is open with suppliers, in all and by document."""

    balances: list[BalanceDocument]
    documents: list[OpenBill]


class PaymentDocument(TypedDict):
    """A payment that was booked."""

    kind: str
    reference: str
    paid_on: date
    supplier: str
    document_kind: str
    document: str
    bank: str
    currency: str
    amount: str
    deposit: str
    prepaid: str
    functional_currency: str
    carried: str
    exchange_difference: str
    made_by: str


class PaidDocument(TypedDict):
    """What a payment comes to; a preview booked nothing."""

    currency: str
    paid: str
    prepaid: str
    open: str
    functional_currency: str
    carried: str
    exchange_difference: str
    preview: bool
