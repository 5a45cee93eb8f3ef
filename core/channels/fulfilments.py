"""What a connector and the warehouse of somebody else tell each other of goods to be sent.

A marketplace that sends orders of other channels is such a warehouse, and so is a forwarder's.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from core.addresses.address import Address


class FulfilmentState(StrEnum):
    """How far a fulfilment is in the warehouse.

    An open one may still be stopped; a started one will leave. What is done, cancelled or refused
    changes no more.
    """

    OPEN = "open"
    STARTED = "started"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"


FINAL = frozenset({FulfilmentState.DONE, FulfilmentState.CANCELLED, FulfilmentState.REFUSED})


@dataclass(frozen=True, slots=True)
class FulfilmentLine:
    """So many of what the warehouse knows by `code`; `ref` is our name for the line."""

    ref: str
    code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class FulfilmentOrder:
    """Goods to be sent to a buyer; `key` is our name for it, the same at every attempt.

    `order_ref` is the number that the buyer knows, `service` how he wants it sent, in the words of
    the channel that he bought on. The address is personal data.
    """

    key: str
    order_ref: str
    ordered_at: datetime
    lines: Sequence[FulfilmentLine]
    address: Address = field(repr=False)
    service: str = ""


@dataclass(frozen=True, slots=True)
class FulfilmentParcel:
    """A parcel that left; `lines` are the pieces of each of our lines in it."""

    ref: str
    carrier: str
    tracking: str
    shipped_at: datetime
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FulfilmentSeen:
    """How a fulfilment stands, with all parcels so far; `status` is the warehouse's own word.

    `reason` says, for a person, why something of it will not be sent.
    """

    key: str
    state: FulfilmentState
    status: str
    parcels: Sequence[FulfilmentParcel] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FulfilmentOffer:
    """What sending something would be like; `fee` in minor units, None where it is not told."""

    service: str
    possible: bool
    fee: int | None = None
    currency: str = ""
    ships_by: datetime | None = None
    arrives_by: datetime | None = None
    reasons: Sequence[str] = ()
