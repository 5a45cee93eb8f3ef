"""Goods that a seller sends to a platform's own warehouse: what connectors are told, and tell.

A platform takes such a plan in steps, most of which it works off behind its answer. The connector
says which steps it has; the core asks for one after the other, keeps what each is called there
before it asks how far it is, and lets a person choose where it costs money.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from enum import StrEnum

from core.addresses.address import Address


class InboundAct(StrEnum):
    """What a platform is asked for. An offer is answered by options, of which one is taken."""

    CREATE = "create"
    OFFER_PACKING = "offer_packing"
    TAKE_PACKING = "take_packing"
    BOX = "box"
    OFFER_PLACEMENT = "offer_placement"
    TAKE_PLACEMENT = "take_placement"
    OFFER_TRANSPORT = "offer_transport"
    OFFER_WINDOW = "offer_window"
    TAKE_WINDOW = "take_window"
    TAKE_TRANSPORT = "take_transport"
    TRACK = "track"
    CANCEL = "cancel"


BY_SHIPMENT = frozenset({InboundAct.OFFER_WINDOW, InboundAct.TAKE_WINDOW, InboundAct.TRACK})
"""Acts that each shipment of a plan has for itself."""


class InboundState(StrEnum):
    """How far a platform is with what it was asked for."""

    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class InboundBox:
    """So many equal boxes: sides in millimetres, weight in grams, pieces by the platform's SKU.

    `group` is the platform's name for goods that may lie in one box.
    """

    group: str
    quantity: int
    length: int
    width: int
    height: int
    weight: int
    items: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class InboundPlan:
    """What a seller sends; `external_ref` is the platform's name for it, empty before it has one.

    `lines` are pieces by the platform's SKU, `choices` what was chosen of packing, placement,
    transport and window, by shipment (empty: of the whole), `tracking` numbers by shipment and box.
    """

    key: str
    external_ref: str
    origin: Address
    ready_on: date
    lines: Mapping[str, int]
    boxes: Sequence[InboundBox] = ()
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shipments: Sequence[str] = ()
    tracking: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboundAnswer:
    """What a platform answers: refused for a reason, or taken.

    With a `ticket` it works on it; `ref` is its name for the plan, where it gave one.
    """

    taken: bool
    reason: str = ""
    ticket: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class InboundOutcome:
    """How far a platform is with a ticket, and what it objects to."""

    state: InboundState
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class InboundFee:
    """What an option costs, in minor units; a discount is below zero."""

    what: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class InboundOption:
    """One of what a platform offers, of a `shipment` or, where that is empty, of the whole plan.

    `facts` say in the platform's words what it is, `groups` which goods may lie in one box,
    `shipments` what the plan becomes; `taken` is the one that was chosen already.
    """

    ref: str
    shipment: str = ""
    fees: Sequence[InboundFee] = ()
    facts: Sequence[str] = ()
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    shipments: Sequence[str] = ()
    expires_at: datetime | None = None
    taken: bool = False


@dataclass(frozen=True, slots=True)
class InboundShipment:
    """A shipment of a plan; `code` is printed on its boxes, `status` the platform's own word.

    `received` is how many of each have arrived; `finished` says that nothing more will.
    """

    ref: str
    code: str
    status: str
    destination: str
    lines: Mapping[str, int]
    received: Mapping[str, int]
    boxes: Sequence[str] = ()
    finished: bool = False
