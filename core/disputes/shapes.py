"""Documents of the API of disputes."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict


class DisputeDocument(TypedDict):
    """A dispute; amounts are in minor units, `order_id` is null where the order is not known."""

    opened_at: datetime
    id: int
    platform: str
    account: str
    external_ref: str
    kind: str
    order_ref: str
    order_id: int | None
    state: str
    status: str
    reason: str
    amount: int | None
    currency: str
    answer_by: datetime | None
    steps: list[str]
    evidence: list[str]
    answer: str
    answered_at: datetime | None
    answered_by: str
