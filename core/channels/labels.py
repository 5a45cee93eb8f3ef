"""What a connector and those who sell shipping labels tell each other of a parcel.

A marketplace that hands out labels for its own orders is such a seller, and so is a carrier, or
somebody who sells the labels of many carriers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from core.addresses.address import Address


@dataclass(frozen=True, slots=True)
class ParcelSize:
    """What a packed parcel weighs and measures: grams and millimetres, packing included."""

    grams: int
    length_mm: int
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class LabelLine:
    """So many of a line of the order; `ref` is the name that the channel has for the line.

    It is empty where the label is bought of somebody who did not sell the goods.
    """

    ref: str
    code: str
    title: str
    quantity: int


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A parcel that needs a label; `key` is our name for it, the same at every attempt.

    `order_ref` is the channel's number of the order. Where it goes is None where nothing is known
    of that: a marketplace knows the address of its own orders. Both addresses are personal data.
    """

    key: str
    order_ref: str
    lines: Sequence[LabelLine]
    parcel: ParcelSize
    sender: Address = field(repr=False)
    address: Address | None = field(repr=False)
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class LabelOffer:
    """A service that would carry a parcel; `price` in minor units, None where it is told later.

    `ref` is the seller's own name of the offer, by which its price holds. Days count from the day
    on which the parcel leaves.
    """

    service: str
    name: str
    carrier: str
    price: int | None = None
    currency: str = ""
    ref: str = ""
    earliest_days: int | None = None
    latest_days: int | None = None


@dataclass(frozen=True, slots=True)
class BoughtLabel:
    """A label that was bought; `ref` is the seller's name for it, by which it is taken back.

    `price` is None where it is told later. `content` is the file to print, of the media type
    `kind`; it is empty where the seller gives it later, or to nobody but a person.
    """

    ref: str
    carrier: str
    tracking: str
    price: int | None = None
    currency: str = ""
    content: bytes = field(default=b"", repr=False)
    kind: str = ""
