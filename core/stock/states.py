"""Working copies of stock rows while a batch holds their locks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import date
from datetime import datetime
from typing import NamedTuple

from core.ledger.journal import Dimensions
from core.money import share_of

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Landed(NamedTuple):
    """What a value holds beside the purchase, in the books' minor units."""

    first_leg: int = 0
    duty: int = 0
    other: int = 0

    def share(self, part: int, whole: int) -> Landed:
        """Return the share `part / whole` of each, rounded once; the last part takes all."""
        if self == NOTHING_LANDED:
            return self
        return Landed(*(share_of(value, part, whole) for value in self))

    def plus(self, other: Landed) -> Landed:
        """Return the sum, component by component."""
        return Landed(*(mine + more for mine, more in zip(self, other, strict=True)))

    def less(self, other: Landed) -> Landed:
        """Return the difference, component by component."""
        return Landed(*(mine - more for mine, more in zip(self, other, strict=True)))


NOTHING_LANDED = Landed()


class Why(NamedTuple):
    """What a move goes back to, and whom its cost concerns."""

    reason: str
    raw_row_id: int | None
    dimensions: Dimensions


def _nothing() -> None:
    """Read nothing: the goods of a level are known."""


@dataclass(slots=True, eq=False)
class LevelState:
    """A locked level; `was_` holds what the database knows.

    What lies in its layers and what left short is read when somebody asks: `read` tells `goods`.
    """

    id: int
    sku_id: int
    on_hand: int
    reserved: int
    last_unit_cost: int
    was_on_hand: int
    was_reserved: int
    was_unit_cost: int
    goods: Goods | None = None
    read: Callable[[], None] = _nothing

    @property
    def layers(self) -> list[LayerState]:
        """Return the layers with something left, oldest first."""
        return self._known().layers

    @property
    def shorts(self) -> list[ShortState]:
        """Return the open shorts, oldest first."""
        return self._known().shorts

    def _known(self) -> Goods:
        if self.goods is None:
            self.read()
            self.goods = self.goods or Goods()
        return self.goods


@dataclass(slots=True, eq=False)
class Goods:
    """What lies in the layers of a level, and what has left short."""

    layers: list[LayerState] = field(default_factory=list)
    shorts: list[ShortState] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class LayerState:
    """Goods of one receipt; `level.layers` holds those with something left, oldest first.

    `landed` is what `remaining_value` holds beside the purchase.
    """

    id: int
    level: LevelState
    root_id: int
    document_id: int
    received_at: datetime
    quantity: int
    value: int
    remaining: int
    remaining_value: int
    landed: Landed = NOTHING_LANDED
    new: bool = False
    dirty: bool = False

    def take(self, quantity: int) -> tuple[int, Landed]:
        """Take goods off and return their value; the last unit takes the last penny."""
        value = share_of(self.remaining_value, quantity, self.remaining)
        landed = self.landed.share(quantity, self.remaining)
        self.remaining -= quantity
        self.remaining_value -= value
        self.landed = self.landed.less(landed)
        self.dirty = True
        return value, landed

    def put_back(self, quantity: int, value: int, landed: Landed) -> None:
        """Take goods back that were used."""
        self.remaining += quantity
        self.remaining_value += value
        self.landed = self.landed.plus(landed)
        self.dirty = True

    def lower(self, value: int) -> int:
        """Lower what is left to a value, its components alike; return by how much."""
        fallen = self.remaining_value - value
        landed = self.landed.share(value, self.remaining_value)
        self.remaining_value, self.landed = value, landed
        self.value -= fallen
        self.dirty = True
        return fallen

    def grow(self, quantity: int, value: int, landed: Landed) -> None:
        """Take more goods in: the layer is the pool of a moving average."""
        self.quantity += quantity
        self.value += value
        self.put_back(quantity, value, landed)


@dataclass(slots=True, eq=False)
class UseState:
    """What an event took from a layer; `landed` is in the value that has not come back."""

    id: int
    layer: LayerState
    document_id: int
    line_id: int | None
    quantity: int
    value: int
    returned_quantity: int
    returned_value: int
    landed: Landed = NOTHING_LANDED
    new: bool = False
    dirty: bool = False

    def give_back(self, quantity: int) -> tuple[int, Landed]:
        """Record that a part came back, and return its value."""
        used = self.quantity - self.returned_quantity
        value = share_of(self.value - self.returned_value, quantity, used)
        landed = self.landed.share(quantity, used)
        self.returned_quantity += quantity
        self.returned_value += value
        self.landed = self.landed.less(landed)
        self.dirty = True
        return value, landed


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

    def close(self, quantity: int) -> int:
        """Let less be open, and return what that was worth."""
        value = share_of(self.open_value, quantity, self.open_quantity)
        self.open_quantity -= quantity
        self.open_value -= value
        self.dirty = True
        return value


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


def oldest(short: ShortState) -> tuple[datetime, int]:
    """Return when it is a short's turn to be covered."""
    return short.happened_at, short.id


def fifo(layer: LayerState) -> tuple[datetime, int]:
    """Return when it is a layer's turn to be used: first in, first out."""
    return layer.received_at, layer.id
