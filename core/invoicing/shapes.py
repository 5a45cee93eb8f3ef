"""What the API answers about invoices."""

from __future__ import annotations

from typing import Any
from typing import TypedDict


class InvoiceMore(TypedDict):
    """An invoice with all that it says, its buyer, and its PDF as base64."""

    document: dict[str, Any]
    buyer: dict[str, str]
    pdf: str


class ElectronicInvoice(TypedDict):
    """An invoice as Factur-X: its data, and as base64 the PDF that has it inside."""

    code: str
    xml: str
    pdf: str


class IssuedRow(TypedDict):
    """What came of one order of many: its invoice, or why it has none."""

    order_id: int
    order: str
    invoice_id: int | None
    code: str
    problem: str
