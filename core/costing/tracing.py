"""A cost that arrives after the goods: to every unit, wherever it is now.

The amount is spread over all units of the receipt by one split with the largest remainder: what
lies on hand is worth more from now on, what was sold costs its orders more, what was lost costs the
loss more. Source: DOMAIN §3.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from sqlalchemy.orm import Session

from core.costing.units import Unit
from core.db import table_of
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.money import allocate
from core.rows import bulk_update
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.states import Landed

PURCHASE = "purchase"
COMPONENTS = (PURCHASE, *Landed._fields)


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a late cost falls to some units, in minor units."""

    unit: Unit
    amount: int


def spread(units: Mapping[int, Sequence[Unit]], amounts: Mapping[int, int]) -> list[Piece]:
    """Split the amount of each root over its units, whole places first."""
    pieces: list[Piece] = []
    for root_id, amount in amounts.items():
        places: dict[tuple[int, ...], list[Unit]] = {}
        for unit in units.get(root_id, ()):
            places.setdefault(unit.place, []).append(unit)
        sizes = [sum(unit.quantity for unit in group) for group in places.values()]
        for group, share in zip(places.values(), allocate(amount, sizes), strict=True):
            parts = allocate(share, [unit.quantity for unit in group])
            pieces += [Piece(unit, part) for unit, part in zip(group, parts, strict=True)]
    return [piece for piece in pieces if piece.amount]


def write_pieces(
    session: Session, company_id: int, pieces: Iterable[Piece], component: str
) -> None:
    """Raise the values of layers and uses by what falls to them."""
    layers: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    uses: defaultdict[int, int] = defaultdict(int)
    for piece in pieces:
        if piece.unit.layer_id is None:
            continue
        layers[piece.unit.layer_id][0] += piece.amount
        if piece.unit.use_id is None:
            layers[piece.unit.layer_id][1] += piece.amount
        else:
            uses[piece.unit.use_id] += piece.amount
    bulk_update(
        session,
        table_of(Layer),
        ["company_id", "id", "value", "remaining_value"],
        [(company_id, layer_id, *amounts) for layer_id, amounts in sorted(layers.items())],
        assign="value = value + {value}, remaining_value = remaining_value + {remaining_value}"
        + _raised(component, "remaining_value"),
    )
    bulk_update(
        session,
        table_of(LayerUse),
        ["company_id", "id", "value"],
        [(company_id, use_id, amount) for use_id, amount in sorted(uses.items())],
        assign="value = value + {value}" + _raised(component, "value"),
    )


def _raised(component: str, amount: str) -> str:
    # The purchase is what the value holds beside the other components: it has no column.
    return "" if component == PURCHASE else f", {component} = {component} + {{{amount}}}"


def book_pieces(entry: EntryDraft, pieces: Iterable[Piece], tag: str) -> int:
    """Debit who bears the pieces, a posting for each account and place; return their sum."""
    sums: defaultdict[tuple[str, Dimensions], int] = defaultdict(int)
    for piece in pieces:
        sums[piece.unit.account, piece.unit.dimensions] += piece.amount
    for (account, where), amount in sums.items():
        entry.add(account, amount, where, tag=tag)
    return sum(sums.values())


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces with one for each place and SKU, as a person reads them."""
    found: dict[tuple[object, ...], Piece] = {}
    for piece in pieces:
        key = (piece.unit.place, piece.unit.dimensions)
        known = found.get(key)
        if known is None:
            found[key] = piece
        else:
            quantity = known.unit.quantity + piece.unit.quantity
            unit = replace(known.unit, quantity=quantity)
            found[key] = Piece(unit, known.amount + piece.amount)
    return list(found.values())
