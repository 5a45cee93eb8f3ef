"""What the API answers about own costs; amounts are decimal text."""

from __future__ import annotations

from datetime import date
from typing import TypedDict


class BillDocument(TypedDict):
    """A bill as it was entered; `reversed_by` is the entry that took it back."""

    id: int
    reference: str
    type: str
    billed_on: date
    currency: str
    amount: str
    account: str
    paid_from: str
    shop: str | None
    country: str | None
    order: str | None
    sku: str | None
    warehouse: str | None
    note: str
    reversed_by: str | None


class ExpenseTypeDocument(TypedDict):
    """A kind of cost, its account, and whom it concerns."""

    code: str
    title: str
    account: str
    level: str


class BillsEntered(TypedDict):
    """How many bills were new, and how many were there already as told."""

    added: int
    unchanged: int


class ReversedDocument(TypedDict):
    """The entry that took a bill back."""

    entry: str
    booked_on: date
