"""What the API answers about publishing."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict


class TargetDocument(TypedDict):
    """What a listing is to show, was sent, confirmed and was seen to show."""

    seller_sku: str
    id: int
    platform: str
    account: str
    desired: int | None
    sent: int | None
    confirmed: int | None
    seen: int | None
    sent_at: datetime | None
    seen_at: datetime | None
    error: str | None
    behind: bool
    sku: str
    sku_id: int


class ReckoningStep(TypedDict):
    """A term of a rule, its value, and what was left after it."""

    term: str
    value: int
    left: int


class PreviewDocument(TypedDict):
    """How much would be told, and why."""

    quantity: int
    why: str
    steps: list[ReckoningStep]
