"""A batch of stock events on locked levels: the one way in which stock changes.

The levels concerned are locked in a fixed order, the events are worked out one after the other in
the order of time, and what changed is written by sets. The guard that nothing is promised twice
stands in the statement that writes the levels, and in the CHECK constraints below it.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.money import MICRO
from core.money import minor_digits
from core.money import round_div
from core.stock import recording
from core.stock import storing
from core.stock.costing import is_average
from core.stock.promises import Promises
from core.stock.states import NOTHING_LANDED
from core.stock.states import CoverState
from core.stock.states import DocumentState
from core.stock.states import Landed
from core.stock.states import LayerState
from core.stock.states import LevelState
from core.stock.states import Moved
from core.stock.states import MoveState
from core.stock.states import ShortState
from core.stock.states import UseState
from core.stock.states import Why
from core.stock.states import fifo
from core.stock.states import oldest
from core.stock.watching import tell_followers

COVER = "short_cover"


class StockBatch:
    """Stock events of one company in one warehouse, of goods in one condition.

    Call `lock` first and `write` last. Quantities are base units, values the books' minor units.
    """

    def __init__(
        self,
        session: Session,
        company_id: int,
        currency: str,
        warehouse_id: int,
        ids: Iterator[int],
        condition: str = storing.SELLABLE,
    ) -> None:
        self.session = session
        self.company_id = company_id
        self.warehouse_id = warehouse_id
        self.condition = condition
        self._scale = MICRO // 10 ** minor_digits(currency)
        self._levels: dict[int, LevelState] = {}
        self._layers: dict[int, LayerState] = {}
        self._uses: defaultdict[int, list[UseState]] = defaultdict(list)
        self._shorts: defaultdict[int, list[ShortState]] = defaultdict(list)
        self.documents: dict[int, DocumentState] = {}
        self.moves, self.covers = list[MoveState](), list[CoverState]()
        self._ids = ids
        self.promises = Promises(session, company_id, ids)

    def lock(
        self,
        sku_ids: Iterable[int],
        line_ids: Iterable[int] = (),
        promised: Iterable[int] = (),
        *,
        make: bool = True,
        look: bool = False,
        seen: Sequence[Any] | None = None,
    ) -> None:
        """Lock the levels of some SKUs, with the promises that wait for their goods.

        `line_ids` are lines that may come back, `promised` are lines whose own promises may change.
        With `make` a SKU that never lay here gets a level. With `look` nothing is locked or made:
        what is promised is taken later by `core.stock.reserving`; `seen` are the levels as
        `storing.look_anywhere` has found them.
        """
        here = (self.session, self.company_id, self.warehouse_id)
        make = make and not look
        if look and seen is None:
            places = [self.warehouse_id]
            found = storing.look_anywhere(*here[:2], places, sku_ids, self.condition)
            seen = found[self.warehouse_id]
        storing.load_levels(*here, sku_ids, self._levels, self.condition, make=make, seen=seen)
        for level in self._levels.values():
            level.read = self._read_goods
        wanted = list(line_ids)
        if wanted:
            self._read_goods()
        by_id = {level.id: level for level in self._levels.values()}
        for use in storing.load_uses(*here[:2], wanted, by_id, self._layers):
            self._uses[use.line_id or 0].append(use)
        self.promises.lock(by_id)
        self.promises.load_lines(by_id, promised)

    @property
    def _average(self) -> bool:
        return is_average(self.session, self.company_id)

    def _read_goods(self) -> None:
        here = (self.session, self.company_id, self._levels.values())
        for short in storing.load_goods(*here, self._layers, empty=self._average):
            self._shorts[short.line_id or 0].append(short)

    def document(
        self,
        document_id: int,
        kind: str,
        natural_key: str,
        at: datetime,
        booked_on: date,
        order_id: int | None = None,
    ) -> DocumentState:
        """Begin a physical event: a receipt, a parcel, a return or an adjustment."""
        made = DocumentState(document_id, kind, natural_key, order_id, at, booked_on)
        return self.documents.setdefault(document_id, made)

    def on_hand(self, sku_id: int) -> int:
        """Return what lies on hand of a locked SKU."""
        return self._levels[sku_id].on_hand

    def receive(
        self, document_id: int, at: datetime, sku_id: int, quantity: int, value: int, why: Why
    ) -> int:
        """Take goods in as a new layer; open shorts are covered first, oldest first.

        Returns the layer's id. `why` goes with each move.
        """
        level = self._levels[sku_id]
        if all(layer.received_at <= at for layer in level.layers):
            # A receipt that is told of late does not make an old cost the last one.
            level.last_unit_cost = round_div(value * self._scale, quantity)
        return self._add_layer(level, document_id, at, quantity, value, why)

    def find(self, document_id: int, at: datetime, sku_id: int, quantity: int, why: Why) -> int:
        """Take in goods whose cost nobody knows, at the last known cost; return their value."""
        level = self._levels[sku_id]
        value = round_div(level.last_unit_cost * quantity, self._scale)
        self._add_layer(level, document_id, at, quantity, value, why)
        return value

    def available(self, sku_id: int) -> int:
        """Return what may still be promised of a locked SKU."""
        level = self._levels.get(sku_id)
        return max(level.on_hand - level.reserved, 0) if level is not None else 0

    def reserved(self) -> list[LevelState]:
        """Return the locked levels of which more is promised now."""
        return [each for each in self._levels.values() if each.reserved > each.was_reserved]

    def knows(self, sku_id: int) -> bool:
        """Say whether a SKU has a locked level here."""
        return sku_id in self._levels

    def unit_cost(self, sku_id: int) -> int:
        """Return the last known cost of a unit of a locked SKU, in millionths."""
        return self._levels[sku_id].last_unit_cost

    def reserve(self, line_id: int, sku_id: int, quantity: int) -> int:
        """Promise what is available to a line and return how much that is; the rest is left."""
        return self.promises.give(self._levels[sku_id], line_id, quantity, None, waits=False)

    def promise(self, line_id: int, sku_id: int, quantity: int, promised_at: datetime) -> int:
        """Promise what is available and return how much; the rest waits for its turn."""
        return self.promises.give(self._levels[sku_id], line_id, quantity, promised_at, waits=True)

    def promised(self, line_id: int, sku_id: int) -> tuple[int, int]:
        """Return how much of a SKU is promised to a line, and how much it still waits for."""
        level = self._levels.get(sku_id)
        row = self.promises.of(level, line_id) if level is not None else None
        return (row.open_quantity, row.short_quantity) if row is not None else (0, 0)

    def take_back(
        self, line_id: int, sku_id: int, quantity: int, event: Callable[[], DocumentState]
    ) -> None:
        """Let a line need less of a SKU; what becomes free goes to those who wait.

        `event` is asked for what happened if goods that had left short are covered by it.
        """
        level = self._levels[sku_id]
        if self.promises.of(level, line_id) is None:
            return
        if self.promises.take_back(level, line_id, quantity):
            if level.shorts:
                self._cover_shorts(level, event().id)
            self.promises.pass_on(level)

    def hand_over(
        self, line_id: int, sku_id: int, to_line: int, promised: int, waiting: int
    ) -> None:
        """Let a line that was divided pass a part of what it needs to its other part."""
        row = self.promises.of(self._levels[sku_id], line_id)
        if row is not None and promised + waiting:
            self.promises.divide(row, to_line, promised, waiting)

    def ship(
        self,
        document_id: int,
        at: datetime,
        line_id: int,
        sku_id: int,
        quantity: int,
        reserved: int,
        why: Why,
    ) -> int:
        """Let a line's goods leave, what was reserved from the layers and the rest as a short.

        Returns the cost of what left: exact for the layers, at the last known cost for the short.
        """
        level = self._levels[sku_id]
        cost = 0
        if reserved:
            cost += self._consume(level, document_id, line_id, reserved)
            self._move(level, document_id, -reserved, why)
        self.promises.keep(level, line_id, reserved, quantity - reserved)
        if quantity > reserved:
            cost += self._go_short(level, document_id, at, line_id, quantity - reserved, why)
        return cost

    def write_off(
        self,
        document_id: int,
        at: datetime,
        line_id: int | None,
        sku_id: int,
        quantity: int,
        why: Why,
    ) -> int:
        """Take goods off that are lost or spoilt and return their cost.

        Goods that are gone cannot be promised: the promise that was given last is broken first.
        """
        level = self._levels[sku_id]
        if (missing := quantity - (level.on_hand - level.reserved)) > 0 and level.reserved:
            self.promises.displace(self.promises.levels, level, min(missing, level.reserved))
        free = min(quantity, max(level.on_hand - level.reserved, 0))
        cost = 0
        if free:
            cost += self._consume(level, document_id, line_id, free)
            self._move(level, document_id, -free, why)
        if quantity > free:
            cost += self._go_short(level, document_id, at, line_id, quantity - free, why)
        return cost

    def put_back(
        self, document_id: int, sku_id: int, line_id: int, quantity: int, why: Why
    ) -> tuple[int, int]:
        """Take goods of a line back at their original cost, what was used last first.

        Returns the quantity taken back, which is less than asked if the line used less, and its
        cost.
        """
        level = self._levels[sku_id]
        left = quantity
        cost = 0
        for short in reversed(self._shorts[line_id]):
            # A platform code may stand for another SKU by now than when the line was sent.
            taken = min(left, short.open_quantity) if short.level is level else 0
            if taken:
                left -= taken
                cost += self._close_short(short, taken)
                self._move(level, document_id, taken, why)
                self._move(level, document_id, -taken, why._replace(reason=COVER))
        for use in reversed(self._uses[line_id]):
            open_quantity = use.quantity - use.returned_quantity
            taken = min(left, open_quantity) if use.layer.level is level else 0
            if taken:
                left -= taken
                cost += self._undo_use(use, taken)
                self._move(level, document_id, taken, why)
        self._settle(level, document_id)
        return quantity - left, cost

    def moved(self) -> tuple[Moved, ...]:
        """Return the moves of the batch as addons see them."""
        skus = {level.id: level.sku_id for level in self._levels.values()}
        return tuple(
            Moved(m.document_id, self.warehouse_id, skus[m.level_id], m.quantity, m.why.reason)
            for m in self.moves
        )

    def write(self) -> None:
        """Write what changed, by sets and guarded.

        Raises: Conflict if a level does not hold what was promised.
        """
        here = (self.session, self.company_id, self.warehouse_id)
        recording.write_documents(*here, self.documents.values())
        storing.write_levels(self.session, self.company_id, self._levels.values())
        storing.write_layers(self.session, self.company_id, self._layers.values())
        storing.write_shorts(self.session, self.company_id, self._shorts.values())
        storing.write_uses(self.session, self.company_id, self._uses.values())
        storing.write_reservations(self.session, self.company_id, self.promises.rows())
        recording.write_moves(self.session, self.company_id, self.moves, self.documents)
        tell_followers(self.session, self.company_id, self.promises.passed_on)

    def _add_layer(
        self,
        level: LevelState,
        document_id: int,
        at: datetime,
        quantity: int,
        value: int,
        why: Why,
        root_id: int | None = None,
        landed: Landed = NOTHING_LANDED,
    ) -> int:
        if self._average and level.layers:
            # With a moving average a level has one layer: the pool of all that ever came in.
            (layer,) = level.layers
            layer.grow(quantity, value, landed)
        else:
            new_id = next(self._ids)
            layer = LayerState(
                new_id, level, root_id or new_id, document_id, at,
                quantity, value, quantity, value, landed, new=True,
            )  # fmt: skip
            self._layers[new_id] = layer
            bisect.insort(level.layers, layer, key=fifo)
        self._move(level, document_id, quantity, why)
        self._settle(level, document_id)
        return layer.id

    def _consume(
        self, level: LevelState, document_id: int, line_id: int | None, quantity: int
    ) -> int:
        """Use the oldest layers and return their cost; a layer's last unit takes its last penny."""
        need, cost = quantity, 0
        while need:
            layer = level.layers[0]
            taken = min(need, layer.remaining)
            cost += self._use(layer, document_id, line_id, taken).value
            need -= taken
        return cost

    def _use(
        self, layer: LayerState, document_id: int, line_id: int | None, quantity: int
    ) -> UseState:
        value, landed = layer.take(quantity)
        if not layer.remaining and not self._average:
            layer.level.layers.remove(layer)
        use = UseState(
            next(self._ids), layer, document_id, line_id, quantity, value, 0, 0, landed, new=True
        )
        self._uses[line_id or 0].append(use)
        return use

    def _go_short(
        self,
        level: LevelState,
        document_id: int,
        at: datetime,
        line_id: int | None,
        quantity: int,
        why: Why,
    ) -> int:
        value = round_div(level.last_unit_cost * quantity, self._scale)
        short = ShortState(
            next(self._ids),
            level,
            document_id,
            line_id,
            at,
            self.documents[document_id].booked_on,
            quantity,
            value,
            quantity,
            value,
            why.raw_row_id,
            why.dimensions,
            new=True,
        )
        bisect.insort(level.shorts, short, key=oldest)
        self._shorts[line_id or 0].append(short)
        return value

    def _settle(self, level: LevelState, document_id: int) -> None:
        """Use what became free: first for what has left short, then for those who wait."""
        self._cover_shorts(level, document_id)
        self.promises.pass_on(level)

    def _cover_shorts(self, level: LevelState, document_id: int) -> None:
        while level.shorts and (free := level.on_hand - level.reserved) > 0:
            short = level.shorts[0]
            taken = min(free, short.open_quantity)
            provisional = self._close_short(short, taken)
            cost = self._consume(level, short.document_id, short.line_id, taken)
            self._move(level, document_id, -taken, Why(COVER, short.raw_row_id, short.dimensions))
            self.covers.append(
                CoverState(document_id, short.booked_on, short.dimensions, cost - provisional)
            )

    def _close_short(self, short: ShortState, quantity: int) -> int:
        value = short.close(quantity)
        if not short.open_quantity:
            short.level.shorts.remove(short)
        return value

    def _undo_use(self, use: UseState, quantity: int) -> int:
        value, landed = use.give_back(quantity)
        layer = use.layer
        if not layer.remaining and not self._average:
            bisect.insort(layer.level.layers, layer, key=fifo)
        layer.put_back(quantity, value, landed)
        return value

    def _move(self, level: LevelState, document_id: int, quantity: int, why: Why) -> None:
        level.on_hand += quantity
        self.moves.append(MoveState(next(self._ids), document_id, level.id, quantity, why))
