"""What the API answers about orders; amounts in minor units, null where they may not be seen."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from core.orders.outcome import Outcome
from core.orders.tax_queries import OrderTaxFacts


class OrderHead(TypedDict):
    """An order of a list."""

    ordered_at: datetime
    promised_at: datetime | None
    id: int
    external_ref: str
    kind: str
    state: str
    exception: str | None
    platform: str
    account: str
    country: str
    currency: str
    line_count: int
    net_amount: int | None
    tax_amount: int | None
    shop: str


class OrderLineDocument(TypedDict):
    """A line of an order; `rate` is in millionths."""

    id: int
    kind: str
    code: str
    title: str | None
    sku_id: int | None
    sku_code: str | None
    quantity: int
    unit_price: int | None
    net_amount: int | None
    tax_amount: int | None
    platform_tax: int | None
    cost_amount: int | None
    returned_quantity: int
    original_line_id: int | None
    flag: str | None
    raw_row_id: int | None
    document_id: int | None
    cancelled_quantity: int
    rate: int | None
    jurisdiction: str | None
    scheme: str | None
    reason: str | None


class Promise(TypedDict):
    """What is promised to a line, and what it waits for."""

    code: str
    sku: str
    warehouse: str
    promised: int
    waiting: int


class Happening(TypedDict):
    """A step of an order's timeline."""

    at: datetime
    kind: str
    actor: str


class OrderDocument(TypedDict):
    """An order with its lines, what is promised to them, and its timeline."""

    exceptions: list[str]
    tax: OrderTaxFacts | None
    lines: list[OrderLineDocument]
    next_lines: str | None
    promised: list[Promise]
    timeline: list[Happening]


class Done(TypedDict):
    """How the orders stand that an act concerned."""

    orders: list[Outcome]
