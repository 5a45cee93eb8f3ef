"""What the API answers about stock and the work in warehouses."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict


class LevelDocument(TypedDict):
    """What lies in a warehouse in one condition."""

    sku: str
    id: int
    warehouse: str
    kind: str
    condition: str
    on_hand: int
    reserved: int
    available: int


class MovedDocument(TypedDict):
    """What was moved; its value in minor units, null where it may not be seen."""

    document_id: int
    quantity: int
    value: int | None


class TransferHead(TypedDict):
    """A transfer of a list."""

    id: int
    reference: str
    state: str
    created_at: datetime
    shipped_at: datetime | None
    origin: str
    target: str
    units: int | None


class TransferLineDocument(TypedDict):
    """How much of a SKU is planned, left, arrived, was lost, and is on its way."""

    sku_id: int
    sku: str
    quantity: int
    shipped: int
    received: int
    lost: int
    open: int


# Its key `from` is a word of Python.
TransferSheet = TypedDict(
    "TransferSheet",
    {
        "reference": str,
        "state": str,
        "from": str,
        "to": str,
        "note": str,
        "created_at": datetime,
        "shipped_at": datetime | None,
        "closed_at": datetime | None,
        "lines": list[TransferLineDocument],
    },
)


class CountHead(TypedDict):
    """A stock count of a list."""

    id: int
    reference: str
    state: str
    condition: str
    created_at: datetime
    warehouse: str


class CountLineDocument(TypedDict):
    """A SKU of a count: what was expected, counted, differs, and moved since the freeze."""

    sku_id: int
    sku: str
    title: str
    expected: int | None
    counted: int | None
    variance: int | None
    value: int | None
    moved: int | None


class CountSheet(TypedDict):
    """A stock count with its lines."""

    reference: str
    state: str
    warehouse: str
    condition: str
    note: str
    created_at: datetime
    frozen_at: datetime | None
    closed_at: datetime | None
    lines: list[CountLineDocument]


class PlaceDocument(TypedDict):
    """A warehouse with what lies in it."""

    code: str
    name: str
    kind: str
    country: str
    provider: str
    inventory_account: str
    skus: int
    on_hand: int
    reserved: int
    archived: bool
