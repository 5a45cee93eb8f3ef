"""Goods in places as a reader of the manual would keep them: queues of parcels of goods."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from dataclasses import field

Key = tuple[str, str, str]
"""Warehouse, condition, SKU."""


@dataclass
class Parcel:
    """Goods that came in together; `root` is the number of their first receipt."""

    root: int
    quantity: int
    value: int


@dataclass
class Store:
    """Every shelf as a queue, every account as a sum."""

    shelves: dict[Key, list[Parcel]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def on_hand(self, key: Key) -> int:
        return sum(parcel.quantity for parcel in self.shelves[key])

    def add(self, key: Key, parcel: Parcel) -> None:
        """Put goods where their age belongs: roots are numbered in the order of time."""
        shelf = self.shelves[key]
        shelf.append(parcel)
        shelf.sort(key=lambda each: each.root)

    def take(self, key: Key, quantity: int) -> list[Parcel]:
        """Take the oldest goods; a parcel's last unit takes its last penny."""
        shelf, taken = self.shelves[key], []
        while quantity:
            first = shelf[0]
            part = min(quantity, first.quantity)
            value = _share(first.value, part, first.quantity)
            taken.append(Parcel(first.root, part, value))
            first.quantity -= part
            first.value -= value
            if not first.quantity:
                shelf.pop(0)
            quantity -= part
        return taken


def _share(value: int, part: int, whole: int) -> int:
    """Return a part of a value, halves rounded away from zero."""
    return value if part == whole else (2 * value * part + whole) // (2 * whole)
