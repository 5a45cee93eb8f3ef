"""From which warehouses an order leaves: hard conditions first, then the fewest parcels.

Pure: it decides from what it is told. Rules that know carriers and promises call it with costs and
days; without them every warehouse costs the same and the preferred one comes first.
"""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic
from typing import TypeVar

MOST_PARCELS = 3
SPLIT_PENALTY = 200
"""What a further parcel costs beside its freight, in minor units."""

Item = TypeVar("Item", bound=Hashable)
Place = TypeVar("Place", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Option(Generic[Place, Item]):
    """A warehouse that could send: `cost` of a parcel in minor units, `days` until it is there."""

    place: Place
    stock: Mapping[Item, int]
    cost: int = 0
    days: int = 0
    takes_dangerous: bool = True


@dataclass(frozen=True, slots=True)
class Route(Generic[Place]):
    """The warehouses to send from, what that costs, and the days of the slowest parcel."""

    places: tuple[Place, ...]
    cost: int
    days: int


def choose(
    needs: Mapping[Item, int],
    options: Sequence[Option[Place, Item]],
    *,
    max_days: int | None = None,
    dangerous: bool = False,
    split_penalty: int = SPLIT_PENALTY,
) -> Route[Place] | None:
    """Return the route with the fewest parcels, of those the cheapest, of those the first told.

    None if no few warehouses together have everything and may send it.
    """
    fit = [
        option
        for option in options
        if (max_days is None or option.days <= max_days)
        and (option.takes_dangerous or not dangerous)
        and any(option.stock.get(item, 0) > 0 for item in needs)
    ]
    for count in range(1, min(MOST_PARCELS, len(fit)) + 1):
        complete = [group for group in combinations(fit, count) if _has_all(group, needs)]
        if complete:
            best = min(complete, key=lambda group: sum(option.cost for option in group))
            cost = sum(option.cost for option in best) + split_penalty * (count - 1)
            return Route(
                tuple(option.place for option in best), cost, max(option.days for option in best)
            )
    return None


def _has_all(group: Sequence[Option[Place, Item]], needs: Mapping[Item, int]) -> bool:
    return all(
        sum(option.stock.get(item, 0) for option in group) >= quantity
        for item, quantity in needs.items()
    )
