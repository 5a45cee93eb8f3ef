"""What the API answers about receipts and landed costs; amounts are decimal text."""

from __future__ import annotations

from datetime import date
from typing import NotRequired
from typing import TypedDict


class ReceiptHead(TypedDict):
    """A receipt in a list."""

    id: int
    reference: str
    warehouse: str
    received_on: date
    invoiced: bool


class ReceiptLineDocument(TypedDict):
    """Goods of a receipt; `unit_cost` is what one costs by now, in the company's currency."""

    sku_id: int
    sku: str
    quantity: int
    value: str
    price: str
    unit_cost: str | None


class ReceiptDocument(TypedDict):
    """A receipt with its goods; prices are in its currency, values in the company's."""

    id: int
    reference: str
    invoiced: bool
    currency: str
    lines: list[ReceiptLineDocument]


class ReceiptMade(TypedDict):
    """The receipt that was booked."""

    id: int
    reference: str


class ReplayedDocument(TypedDict):
    """What goods of an event cost before and after a late receipt was counted."""

    event: str
    reference: str
    order: str | None
    sku: str
    day: date
    quantity: int
    before: str
    after: str
    difference: str


class ChargeLineDocument(TypedDict):
    """What goods of a receipt bear of a landed cost."""

    receipt: str
    sku: str
    estimated: str
    actual: str | None


class ChargeDocument(TypedDict):
    """A landed cost."""

    id: int
    reference: str
    component: str
    rule: str
    state: str
    currency: str
    estimated: str
    actual: str | None
    booked_on: date
    lines: NotRequired[list[ChargeLineDocument]]


class ChargedGoods(TypedDict):
    """What a unit of goods costs before and after a landed cost."""

    receipt: str
    sku: str
    quantity: int
    amount: str
    unit_before: str | None
    unit_after: str | None


class ChargedPlace(TypedDict):
    """Where a part of a landed cost goes."""

    account: str
    warehouse: str | None
    sku: str | None
    order: str | None
    quantity: int
    amount: str


class ChargeEffect(TypedDict):
    """Where a landed cost goes: by goods, and by place."""

    goods: list[ChargedGoods]
    places: list[ChargedPlace]
