"""Promises of a batch's levels: given, kept, taken back, and passed on to those who wait longest.

Nothing here is public: the one way to a promise is the batch, which holds the locks.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from core.prepared import Prepared
from core.stock import stored
from core.stock import storing
from core.stock.states import LevelState
from core.stock.states import ReservationState


class HasPromises(Protocol):
    """A stock batch with its locked levels."""

    session: Session
    company_id: int
    promises: Promises


def load_promised(stocks: Iterable[HasPromises], line_ids: Sequence[int]) -> None:
    """Load what some lines need of the locked levels of several warehouses, by one query."""
    holders = {level: stock.promises for stock in stocks for level in stock.promises.levels}
    first = next(iter(stocks), None)
    if first is None or not line_ids or not holders:
        return
    levels = {id_: level for stock in stocks for id_, level in stock.promises.levels.items()}
    here = (first.session, first.company_id, levels)
    for row in storing.load_reservations(*here, stored.PROMISED_TO, line_ids):
        holders[row.level.id].add(row)


class Promises:
    """What lines need of some locked levels."""

    def __init__(self, session: Session, company_id: int, ids: Iterator[int]) -> None:
        self.session = session
        self.company_id = company_id
        self.passed_on: set[int] = set()
        self._ids = ids
        self._rows: dict[tuple[int, int], ReservationState] = {}
        self._all_of: set[int] = set()
        self._waiting_of: set[int] = set()
        self.levels: Mapping[int, LevelState] = {}

    def lock(self, levels: Mapping[int, LevelState]) -> None:
        """Take note of levels that are locked: who waits for their goods is read when it counts."""
        self.levels = levels

    def load_lines(self, levels: Mapping[int, LevelState], line_ids: Iterable[int]) -> None:
        """Load what some lines need."""
        if wanted := list(line_ids):
            self._load(levels, stored.PROMISED_TO, wanted)

    def _load_waiting(self) -> None:
        if missing := [level_id for level_id in self.levels if level_id not in self._waiting_of]:
            self._load(self.levels, stored.WAITING, missing)
            self._waiting_of.update(missing)

    def _load_open(self, levels: Mapping[int, LevelState]) -> None:
        if missing := [level_id for level_id in levels if level_id not in self._all_of]:
            self._load(levels, stored.PROMISED, missing)
            self._all_of.update(missing)

    def _load(self, levels: Mapping[int, LevelState], query: Prepared, ids: list[int]) -> None:
        for row in storing.load_reservations(self.session, self.company_id, levels, query, ids):
            self.add(row)

    def add(self, row: ReservationState) -> None:
        """Take note of a stored promise, unless it is in hand already."""
        self._rows.setdefault((row.line_id, row.level.id), row)

    def rows(self) -> Iterable[ReservationState]:
        """Return every promise that is known to the batch."""
        return self._rows.values()

    def of(self, level: LevelState, line_id: int) -> ReservationState | None:
        """Return what a line needs of a level, None if it needs nothing."""
        return self._rows.get((line_id, level.id))

    def give(
        self,
        level: LevelState,
        line_id: int,
        quantity: int,
        promised_at: datetime | None,
        *,
        waits: bool,
    ) -> int:
        """Promise what is free and return how much that is; the rest waits, or is not wanted."""
        granted = max(min(quantity, level.on_hand - level.reserved), 0)
        wanted = quantity if waits else granted
        if wanted <= 0:
            return 0
        row = self._rows.get((line_id, level.id))
        if row is None:
            row = ReservationState(next(self._ids), line_id, level, 0, 0, 0, promised_at, new=True)
            self._rows[line_id, level.id] = row
        row.quantity += wanted
        row.open_quantity += granted
        row.short_quantity += wanted - granted
        row.dirty = True
        level.reserved += granted
        return granted

    def keep(self, level: LevelState, line_id: int, reserved: int, beyond: int) -> None:
        """Note that goods of a line left: `reserved` were promised, `beyond` were not there."""
        row = self._rows.get((line_id, level.id))
        if row is not None:
            row.open_quantity -= reserved
            row.short_quantity -= min(beyond, row.short_quantity)
            row.dirty = True
        level.reserved -= reserved

    def take_back(self, level: LevelState, line_id: int, quantity: int) -> int:
        """Let a line need less: what it waits for goes first; return how much became free."""
        row = self._rows[line_id, level.id]
        waited = min(quantity, row.short_quantity)
        freed = min(quantity - waited, row.open_quantity)
        row.short_quantity -= waited
        row.open_quantity -= freed
        row.quantity -= waited + freed
        row.dirty = True
        level.reserved -= freed
        return freed

    def divide(self, row: ReservationState, to_line: int, promised: int, waiting: int) -> None:
        """Pass a part of what a line needs to another line."""
        other = ReservationState(
            next(self._ids), to_line, row.level, promised + waiting, promised, waiting,
            row.promised_at, new=True,
        )  # fmt: skip
        row.quantity -= promised + waiting
        row.open_quantity -= promised
        row.short_quantity -= waiting
        row.dirty = True
        self._rows[to_line, row.level.id] = other

    def displace(self, levels: Mapping[int, LevelState], level: LevelState, quantity: int) -> None:
        """Turn promises into shorts, the one given last first, because goods are gone."""
        self._load_open(levels)
        held = [row for row in self._rows.values() if row.level is level and row.open_quantity]
        for row in sorted(held, key=lambda row: row.turn, reverse=True):
            taken = min(quantity, row.open_quantity)
            if not taken:
                return
            self._shift(row, -taken)
            quantity -= taken

    def pass_on(self, level: LevelState) -> None:
        """Give what is free to those who wait, the oldest promise first."""
        free = level.on_hand - level.reserved
        if free <= 0:
            return
        self._load_waiting()
        waiting = [row for row in self._rows.values() if row.level is level and row.short_quantity]
        for row in sorted(waiting, key=lambda row: row.turn):
            taken = min(free, row.short_quantity)
            if not taken:
                return
            self._shift(row, taken)
            free -= taken

    def _shift(self, row: ReservationState, quantity: int) -> None:
        row.open_quantity += quantity
        row.short_quantity -= quantity
        row.level.reserved += quantity
        row.dirty = True
        self.passed_on.add(row.line_id)
