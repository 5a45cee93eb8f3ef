"""Goods that go from one level to another with their cost: the layers go along, whole or in parts.

A layer that is carried keeps its root and the moment of its receipt, so that a late cost finds the
goods wherever they are now, and first in stays first out.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from core.errors import Conflict
from core.money import round_div
from core.stock import storing
from core.stock.batch import StockBatch
from core.stock.states import Landed
from core.stock.states import LayerState
from core.stock.states import Why

CARRIES = ("transfer_out", "condition_out", "relabel")
"""Kinds of documents whose uses of layers are no consumption: the goods lie elsewhere now."""


class Part(NamedTuple):
    """A part of a layer on its way."""

    root_id: int
    received_at: datetime
    quantity: int
    value: int
    landed: Landed


class CarryingBatch(StockBatch):
    """A stock batch whose goods can go to another level and come from one."""

    def take_out(
        self,
        document_id: int,
        sku_id: int,
        quantity: int,
        why: Why,
        arrived_by: Collection[int] | None = None,
    ) -> list[Part]:
        """Take goods out of the oldest layers and return what they were; nothing goes short.

        With `arrived_by` only layers of those documents are used.

        Raises: Conflict if less than that is free.
        """
        level = self._levels[sku_id]
        usable = [
            layer
            for layer in level.layers
            # An average knows no origin: what lies there is one pool.
            if self._average or arrived_by is None or layer.document_id in arrived_by
        ]
        if quantity > min(self.available(sku_id), sum(layer.remaining for layer in usable)):
            raise Conflict(
                f"{quantity} are asked for, {self.available(sku_id)} are free here.",
                hint="What is promised to orders cannot be moved; release them first.",
            )
        parts = []
        for layer in usable:
            taken = min(quantity, layer.remaining)
            if taken:
                parts.append(self._carve(layer, document_id, taken))
                quantity -= taken
        self._move(level, document_id, -sum(part.quantity for part in parts), why)
        return parts

    def bring_in(self, document_id: int, sku_id: int, parts: Sequence[Part], why: Why) -> None:
        """Take in goods that were taken out elsewhere, at the cost that they had there."""
        level = self._levels[sku_id]
        for part in parts:
            if all(layer.received_at <= part.received_at for layer in level.layers):
                level.last_unit_cost = round_div(part.value * self._scale, part.quantity)
            self._add_layer(
                level, document_id, part.received_at, part.quantity, part.value, why,
                part.root_id, part.landed,
            )  # fmt: skip

    def turn_up(
        self, document_id: int, lost_by: int, sku_id: int, quantity: int, why: Why
    ) -> tuple[int, int]:
        """Take goods back in that an event had taken off, at their own cost and in their layer.

        Returns the quantity, which is less than asked if the event took less, and its cost.
        """
        level = self._levels[sku_id]
        self._read_goods()
        taken_off = storing.load_taken(
            self.session, self.company_id, lost_by, {level.id: level}, self._layers
        )
        self._uses[0] += taken_off
        left, cost = quantity, 0
        for use in reversed(taken_off):
            taken = min(left, use.quantity - use.returned_quantity)
            if taken:
                left -= taken
                cost += self._undo_use(use, taken)
        self._move(level, document_id, quantity - left, why)
        self._settle(level, document_id)
        return quantity - left, cost

    def write_down(self, sku_id: int, unit_value: int) -> int:
        """Lower the layers of a locked SKU that are worth more than a unit may be, in millionths.

        Returns by how much their value fell.
        """
        fallen = 0
        for layer in self._levels[sku_id].layers:
            worth = round_div(unit_value * layer.remaining, self._scale)
            if worth < layer.remaining_value:
                fallen += layer.lower(worth)
        return fallen

    def _carve(self, layer: LayerState, document_id: int, quantity: int) -> Part:
        use = self._use(layer, document_id, None, quantity)
        return Part(layer.root_id, layer.received_at, quantity, use.value, use.landed)
