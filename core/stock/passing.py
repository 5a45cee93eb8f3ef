"""Goods of a line that come back, but not among those for sale."""

from __future__ import annotations

from core.stock.carrying import CarryingBatch
from core.stock.carrying import Part
from core.stock.states import Why


class PassingStock(CarryingBatch):
    """A stock batch that can set aside what comes back to it."""

    def set_aside(
        self, document_id: int, out_id: int, sku_id: int, line_id: int, quantity: int, why: Why
    ) -> list[Part]:
        """Take goods of a line back by one event and out again by another, at their own cost.

        What was used last comes first; there are fewer parts if the line used less.
        """
        level, left, parts = self._levels[sku_id], quantity, []
        for use in reversed(tuple(self._uses[line_id])):
            taken = min(left, use.quantity - use.returned_quantity)
            if taken and use.layer.level is level:
                left -= taken
                self._undo_use(use, taken)
                self._move(level, document_id, taken, why)
                parts.append(self._carve(use.layer, out_id, taken))
                self._move(level, out_id, -taken, why._replace(reason="set_aside"))
        return parts
