"""What the API answers about plans by which goods go to platforms; amounts are minor units."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from typing import Any
from typing import TypedDict


class InboundHead(TypedDict):
    """A plan of a list; `act` is the step it is at."""

    id: int
    key: str
    transfer: str
    connection: str
    state: str
    act: str
    reason: str
    created_at: datetime
    moved_at: datetime


class InboundLineDocument(TypedDict):
    """So many of a SKU, with the platform's code for it."""

    sku: str
    code: str
    quantity: int


class InboundStepDocument(TypedDict):
    """A step as the platform was asked for it."""

    act: str
    shipment: str
    state: str
    reason: str
    began_at: datetime
    ended_at: datetime | None


class InboundDocument(TypedDict):
    """A plan with its next step; `options` are offered now, each with what it costs."""

    id: int
    key: str
    transfer: str
    transfer_id: int
    connection: str
    external_ref: str
    state: str
    act: str
    reason: str
    origin: dict[str, str]
    ready_on: date
    lines: list[InboundLineDocument]
    options: list[dict[str, Any]]
    groups: dict[str, dict[str, int]]
    fees: list[dict[str, Any]]
    shipments: list[dict[str, Any]]
    steps: list[InboundStepDocument]
    created_at: datetime
    moved_at: datetime
