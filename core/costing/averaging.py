"""A late cost where goods cost their moving average: what the pool still covers, and the rest.

An average keeps no trace of a receipt. As much of the cost is taken into the pool as units of the
receipt may still lie in it, the rest is borne by the SKU. Source: DOMAIN §3.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.costing.tracing import Piece
from core.costing.units import COGS_LATE
from core.costing.units import Unit
from core.money import share_of


def cover(
    pools: Mapping[int, Unit], received: Mapping[int, int], amounts: Mapping[int, int]
) -> list[Piece]:
    """Split the amount of each pool into what its units on hand cover and what is left over.

    `pools` are the units on hand, `received` how many units the receipt brought; all by layer.
    """
    pieces: list[Piece] = []
    for layer_id, amount in amounts.items():
        pool = pools[layer_id]
        covered = min(pool.quantity, received[layer_id])
        kept = share_of(amount, covered, received[layer_id]) if covered else 0
        gone = replace(
            pool, layer_id=None, account=COGS_LATE, quantity=received[layer_id] - covered
        )
        pieces += [Piece(pool, kept), Piece(gone, amount - kept)]
    return [piece for piece in pieces if piece.amount]
