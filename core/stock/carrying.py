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
from core.money import share_of
from core.stock.batch import StockBatch
from core.stock.states import LayerState
from core.stock.states import LevelState
from core.stock.states import UseState
from core.stock.states import Why

CARRIES = ("transfer_out", "condition_out", "relabel")
"""Kinds of documents whose uses of layers are no consumption: the goods lie elsewhere now."""


class Part(NamedTuple):
    """A part of a layer on its way."""

    root_id: int
    received_at: datetime
    quantity: int
    value: int


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
            layer for layer in level.layers if arrived_by is None or layer.document_id in arrived_by
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
                parts.append(self._carve(level, layer, document_id, taken))
                quantity -= taken
        self._move(level, document_id, -sum(part.quantity for part in parts), why)
        return parts

    def bring_in(self, document_id: int, sku_id: int, parts: Sequence[Part], why: Why) -> None:
        """Take in goods that were taken out elsewhere, at the cost that they had there."""
        level = self._levels[sku_id]
        for part in parts:
            if all(layer.received_at <= part.received_at for layer in level.layers):
                level.last_unit_cost = round_div(part.value * self._scale, part.quantity)
            layer_id = self._add_layer(
                level, document_id, part.received_at, part.quantity, part.value, why
            )
            self._layers[layer_id].root_id = part.root_id

    def _carve(self, level: LevelState, layer: LayerState, document_id: int, quantity: int) -> Part:
        value = share_of(layer.remaining_value, quantity, layer.remaining)
        layer.take(quantity, value)
        if not layer.remaining:
            level.layers.remove(layer)
        self._uses[0].append(
            UseState(next(self._ids), layer, document_id, None, quantity, value, 0, 0, new=True)
        )
        return Part(layer.root_id, layer.received_at, quantity, value)
