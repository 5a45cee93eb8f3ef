"""Fees by price: a share of it by category, in bands or portions, or an amount for each order."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.fees.facts import FeeFacts
from core.money import MICRO
from core.money import round_div

BASES = ("price", "price_without_tax", "paid", "goods")
"""What a share may be of: see `FeeFacts`."""


class Portion(NamedTuple):
    """A share, in millionths, of that part of a unit's price that is up to a limit."""

    upto: int | None
    rate: int


class Band(NamedTuple):
    """What holds for goods whose unit costs up to a limit, the limit included."""

    upto: int | None
    portions: tuple[Portion, ...]


@dataclass(frozen=True, slots=True)
class RateFee:
    """A share of the price; `categories` knows the bands, `*` stands for every other category."""

    account: str
    base: str
    categories: Mapping[str, tuple[Band, ...]]
    minimum: int = 0
    refunded: bool = False
    fulfilment: str = ""

    def cost(self, facts: FeeFacts) -> int | None:
        """Return what a line costs, None if nothing is known of its category."""
        bands = self.categories.get(facts.category.casefold(), self.categories.get("*"))
        if bands is None:
            return None
        base: int = getattr(facts, self.base)
        if base <= 0:
            return 0
        share = _share(_band(bands, base, facts.quantity).portions, base, facts.quantity)
        return max(share, self.minimum * facts.quantity)


def _band(bands: Sequence[Band], base: int, quantity: int) -> Band:
    fitting = (band for band in bands if band.upto is None or base <= band.upto * quantity)
    return next(fitting, bands[-1])


def _share(portions: Sequence[Portion], base: int, quantity: int) -> int:
    """Return the share of a price for several units, rounded once."""
    total = below = 0
    for upto, rate in portions:
        end = base if upto is None else min(base, upto * quantity)
        total += (end - below) * rate
        below = end
    return round_div(total, MICRO)


@dataclass(frozen=True, slots=True)
class FixedFee:
    """An amount for each unit or each order; `bands` go by the price of the order."""

    account: str
    per: str
    bands: tuple[tuple[int | None, int], ...]
    refunded: bool = False
    fulfilment: str = ""

    def cost(self, facts: FeeFacts) -> int | None:
        """Return what a line costs; what is charged once for an order is its first line's."""
        amount = next(
            (fee for upto, fee in self.bands if upto is None or facts.order_price <= upto), 0
        )
        if self.per == "order":
            return amount if facts.first else 0
        return amount * facts.quantity


@dataclass(frozen=True, slots=True)
class RefundFee:
    """What a platform keeps of a fee that it gives back: a share of it, up to an amount a unit."""

    account: str
    of: str
    rate: int
    cap: int | None = None

    def cost(self, given_back: int, units: int) -> int:
        """Return what is kept of a fee that is given back for some units."""
        kept = round_div(given_back * self.rate, MICRO)
        return kept if self.cap is None else min(kept, self.cap * max(units, 1))
