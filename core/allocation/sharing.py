"""The arithmetic of sharing: an amount goes to goods, from there to orders, to the last cent."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from itertools import accumulate
from typing import NamedTuple

from core.money import allocate

ORDER, SKU, NONE = "order", "sku", "none"


class Target(NamedTuple):
    """Who bears a share: an order line, or a SKU, or nobody."""

    shop_id: int | None = None
    country: str | None = None
    order_id: int | None = None
    line_id: int | None = None
    sku_id: int | None = None

    @property
    def level(self) -> str:
        """Return how near a share comes to an order."""
        if self.order_id is not None:
            return ORDER
        return SKU if self.sku_id is not None else NONE


NOBODY = Target()

Weights = Mapping[Target, int]
"""How much weighs for whom; in the order in which left-over cents are given out."""


@dataclass(frozen=True, slots=True)
class Step:
    """The weights that one step of a rule found, and by which driver."""

    driver: str = ""
    weights: Weights = field(default_factory=dict)


class Part(NamedTuple):
    """A share of an amount."""

    target: Target
    weight: int
    amount: int


Orders = Callable[[int | None], Step]
"""The weights of the orders of a SKU, or of all orders."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How an amount is shared, whatever it is: the same for each month and for a preview.

    `skus` are the goods that share it, empty where it goes to orders at once.
    """

    skus: Sequence[tuple[Target, int]]
    orders: Mapping[int | None, Step]

    def split(self, amount: int) -> list[Part]:
        """Split an amount; the parts add up to it."""
        if not self.skus:
            return list(_among(amount, self.orders[None].weights))
        parts: list[Part] = []
        shares = allocate(amount, [weight for _, weight in self.skus])
        for (target, weight), share in zip(self.skus, shares, strict=True):
            step = self.orders.get(target.sku_id)
            if step is None or not step.weights:
                parts.append(Part(target, weight, share))
            else:
                parts += _among(share, step.weights)
        return parts

    def split_months(self, amounts: Sequence[int]) -> list[list[Part]]:
        """Split what several months bring so that each month and each target adds up exactly.

        What all months so far come to is split, and a month gets what has been added: so the whole
        is split once, and rounding is not paid month by month.
        """
        found: list[list[Part]] = []
        before: list[Part] | None = None
        for total in accumulate(amounts):
            parts = self.split(total)
            if before is None:
                found.append(parts)
            else:
                pairs = zip(parts, before, strict=True)
                found.append([now._replace(amount=now.amount - was.amount) for now, was in pairs])
            before = parts
        return found


def nobody() -> Plan:
    """Return the plan of a cost that nobody bears."""
    return Plan([(NOBODY, 0)], {})


def plan_for(sku_id: int | None, goods: Step | None, orders: Orders | None) -> Plan:
    """Return the plan of a cost by what its rule has found; a cost of a SKU stays with that SKU."""
    if sku_id is not None:
        skus = [(Target(sku_id=sku_id), 1)]
    elif goods is not None:
        skus = list(_by_sku(goods.weights))
    else:
        return Plan([], {None: orders(None) if orders is not None else Step()})
    if orders is None:
        return Plan(skus, {})
    return Plan(skus, {each.sku_id: orders(each.sku_id) for each, _ in skus if each.sku_id})


def _by_sku(weights: Weights) -> Iterator[tuple[Target, int]]:
    sums: dict[int | None, int] = {}
    for target, weight in weights.items():
        sums[target.sku_id] = sums.get(target.sku_id, 0) + weight
    for sku_id, weight in sums.items():
        yield Target(sku_id=sku_id), weight


def _among(amount: int, weights: Weights) -> Iterator[Part]:
    shares = allocate(amount, list(weights.values()))
    for (target, weight), share in zip(weights.items(), shares, strict=True):
        yield Part(target, weight, share)
