"""What the API answers about shipping labels; prices in minor units, null where told later."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict


class OfferDocument(TypedDict):
    """A service that would carry a parcel; days count from the day on which it leaves."""

    service: str
    name: str
    carrier: str
    price: int | None
    currency: str
    earliest_days: int | None
    latest_days: int | None


class OffersDocument(TypedDict):
    """What is offered for a parcel, and by which connection."""

    connection: str
    parcel: dict[str, int]
    items: list[OfferDocument]


class LabelDocument(TypedDict):
    """A label and what became of it; `price` is also null where it may not be seen."""

    id: int
    order_id: int
    order: str
    key: str
    state: str
    connection: str
    warehouse: str
    ref: str
    carrier: str
    service: str
    tracking: str
    price: int | None
    currency: str
    reason: str
    created_at: datetime
    bought_at: datetime | None
    has_file: bool


class VoidedDocument(TypedDict):
    """Whether a label was taken back, and why not."""

    taken: bool
    reason: str
    label: LabelDocument


class LabelFileDocument(TypedDict):
    """The file to print, in base64."""

    name: str
    kind: str
    content: str


class SenderDocument(TypedDict):
    """The address from which the parcels of a warehouse leave."""

    name: str
    company: str
    street: str
    district: str
    city: str
    region: str
    postcode: str
    country: str
    phone: str
    email: str
