"""Working copies of stock rows while a batch holds their locks."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import date
from datetime import datetime
from typing import NamedTuple

from core.ledger.journal import Dimensions

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Why(NamedTuple):
    """What a move goes back to, and whom its cost concerns."""

    reason: str
    raw_row_id: int | None
    dimensions: Dimensions


@dataclass(slots=True, eq=False)
class LevelState:
    """A locked level; `was_` holds what the database knows."""

    id: int
    sku_id: int
    on_hand: int
    reserved: int
    last_unit_cost: int
    was_on_hand: int
    was_reserved: int
    was_unit_cost: int
    layers: list[LayerState] = field(default_factory=list)
    shorts: list[ShortState] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class LayerState:
    """Goods of one receipt; `level.layers` holds those with something left, oldest first."""

    id: int
    level: LevelState
    root_id: int
    document_id: int
    received_at: datetime
    quantity: int
    value: int
    remaining: int
    remaining_value: int
    new: bool = False
    dirty: bool = False

    def take(self, quantity: int, value: int) -> None:
        """Lower what is left; a negative quantity comes back."""
        self.remaining -= quantity
        self.remaining_value -= value
        self.dirty = True


@dataclass(slots=True, eq=False)
class UseState:
    """What an event took from a layer."""

    id: int
    layer: LayerState
    document_id: int
    line_id: int | None
    quantity: int
    value: int
    returned_quantity: int
    returned_value: int
    new: bool = False
    dirty: bool = False

    def give_back(self, quantity: int, value: int) -> None:
        """Record that a part came back."""
        self.returned_quantity += quantity
        self.returned_value += value
        self.dirty = True


@dataclass(slots=True, eq=False)
class ShortState:
    """Goods that left although none were on hand."""

    id: int
    level: LevelState
    document_id: int
    line_id: int | None
    happened_at: datetime
    booked_on: date
    quantity: int
    value: int
    open_quantity: int
    open_value: int
    raw_row_id: int | None
    dimensions: Dimensions
    new: bool = False
    dirty: bool = False


@dataclass(slots=True, eq=False)
class ReservationState:
    """What a line needs of a level: promised, still missing, and (the rest) sent."""

    id: int
    line_id: int
    level: LevelState
    quantity: int
    open_quantity: int
    short_quantity: int
    promised_at: datetime | None
    new: bool = False
    dirty: bool = False

    @property
    def turn(self) -> tuple[datetime, int]:
        """Return when it is this promise's turn: the one that was given first is kept first."""
        return self.promised_at or LONG_AGO, self.id


@dataclass(slots=True, eq=False)
class MoveState:
    """A change of what lies on hand."""

    id: int
    document_id: int
    level_id: int
    quantity: int
    why: Why


@dataclass(slots=True, eq=False)
class DocumentState:
    """A physical event; it waits for its posting while `waiting_for` says what is missing."""

    id: int
    kind: str
    natural_key: str
    order_id: int | None
    happened_at: datetime
    booked_on: date
    currency: str | None = None
    waiting_for: str | None = None


@dataclass(frozen=True, slots=True)
class CoverState:
    """A receipt that covered a short: `difference` is its exact cost less the provisional one."""

    document_id: int
    short_on: date
    dimensions: Dimensions
    difference: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A move as addons see it; a negative quantity left."""

    document_id: int
    warehouse_id: int
    sku_id: int
    quantity: int
    reason: str
