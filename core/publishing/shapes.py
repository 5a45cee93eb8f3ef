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


class ListingDocument(TypedDict):
    """What stands for sale on a platform; `sku` is null while it stands for none."""

    external_ref: str
    id: int
    platform: str
    account: str
    title: str
    seller_sku: str | None
    sku_id: int | None
    sku: str | None


class MappedDocument(TypedDict):
    """How many listings were mapped, and how many orders went on because of it."""

    mapped: int
    unchanged: int
    orders: int


class PublishingRule(TypedDict):
    """By which terms stock is published; empty keys mean all, null leaves it to the wider rule."""

    platform: str
    account: str
    sku: str
    version: int
    pool: str | None
    buffer: int | None
    share: int | None
    cap: int | None
    floor: int | None
    minimum: int | None
    last_units: int | None
    priority: int | None
    fast_minutes: int | None
    paused: int | None
    note: str
    actor: str
    made_at: datetime
    replaced_at: datetime | None
