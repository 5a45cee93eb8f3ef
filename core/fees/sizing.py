"""Fees by size: the tier that a unit's weight and sides fall into, and what it costs there.

Weights are grams and sides millimetres as exact fractions: tables are in ounces and inches too, and
a gram more or less decides between two tiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from core.fees.facts import FeeFacts

Sides = tuple[int, int, int]


class Measured(NamedTuple):
    """A unit as tables ask for it: sides the longest first, weights in grams."""

    sides: Sides
    unit: Fraction
    dimensional: Fraction

    @property
    def girth(self) -> int:
        """Return length plus girth."""
        return self.sides[0] + 2 * (self.sides[1] + self.sides[2])

    def weight(self, basis: str) -> Fraction:
        """Return the weight that counts: the unit's own, or the larger of both."""
        return self.unit if basis == "unit" else max(self.unit, self.dimensional)


class Step(NamedTuple):
    """What a unit up to a weight costs, by the column of its price."""

    upto: Fraction
    fees: tuple[int, ...]


class Above(NamedTuple):
    """What a unit beyond a weight costs: a base, and a fee for each begun step beyond it."""

    over: Fraction
    each: Fraction
    fee: int
    base: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """A size tier: what fits into it, and its fees. Without fees a unit in it has no estimate."""

    name: str
    sides: tuple[Fraction, ...] = ()
    girth: Fraction | None = None
    unit: Fraction | None = None
    dimensional: Fraction | None = None
    chargeable: Fraction | None = None
    basis: str = "chargeable"
    least_side: Fraction = Fraction(0)
    steps: tuple[Step, ...] = ()
    above: Above | None = None

    def fits(self, unit: Measured) -> bool:
        """Say whether a unit belongs into the tier; the tiers before it were tried."""
        return (
            all(side <= most for side, most in zip(unit.sides, self.sides, strict=False))
            and (self.girth is None or unit.girth <= self.girth)
            and (self.unit is None or unit.unit <= self.unit)
            and (self.dimensional is None or unit.dimensional <= self.dimensional)
            and (self.chargeable is None or unit.weight("chargeable") <= self.chargeable)
        )

    def cost(self, unit: Measured, column: int) -> int | None:
        """Return what a unit costs, None where the table does not say."""
        weight = unit.weight(self.basis)
        for step in self.steps:
            if weight <= step.upto:
                return step.fees[min(column, len(step.fees) - 1)]
        if self.above is None:
            return None
        over, each, fee, base = self.above
        more = max(ceil((weight - over) / each), 0)
        return base[min(column, len(base) - 1)] + more * fee


@dataclass(frozen=True, slots=True)
class SizeFee:
    """A fee for each unit by its size tier and its price.

    `prices` are the limits between the columns, each included in the column below it; some
    categories have limits of their own. `divisor` turns cubic millimetres into grams.
    """

    account: str
    tiers: tuple[Tier, ...]
    divisor: Fraction
    prices: tuple[int, ...] = ()
    prices_of: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    refunded: bool = False
    fulfilment: str = ""
    _known: dict[tuple[int, Sides, int], int | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def cost(self, facts: FeeFacts) -> int | None:
        """Return what a line costs, None where measures are missing or the table has no fee."""
        if facts.weight_grams is None or facts.sides_mm is None:
            return None
        limits = self.prices_of.get(facts.category.casefold(), self.prices)
        column = sum(facts.price > limit * facts.quantity for limit in limits)
        key = (facts.weight_grams, facts.sides_mm, column)
        if key not in self._known:
            tier, measured = self.tier(facts.weight_grams, facts.sides_mm)
            self._known[key] = tier.cost(measured, column) if tier is not None else None
        each = self._known[key]
        return None if each is None else each * facts.quantity

    def tier(self, weight_grams: int, sides_mm: Sides) -> tuple[Tier | None, Measured]:
        """Return the tier of a unit, None beyond the last, and how it measures."""
        plain = measured_by(weight_grams, sides_mm, self.divisor)
        for tier in self.tiers:
            unit = plain
            if tier.least_side:
                unit = measured_by(weight_grams, sides_mm, self.divisor, tier.least_side)
            if tier.fits(unit):
                return tier, unit
        return None, plain


def measured_by(
    weight_grams: int, sides_mm: Sides, divisor: Fraction, least: Fraction = Fraction(0)
) -> Measured:
    """Measure a unit; for the volume its two shorter sides count as `least` at the least."""
    length, middle, short = sorted(sides_mm, reverse=True)
    volume = length * max(Fraction(middle), least) * max(Fraction(short), least)
    return Measured((length, middle, short), Fraction(weight_grams), volume / divisor)
