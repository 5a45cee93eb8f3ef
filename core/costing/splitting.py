"""How a landed cost is split among the goods that it was paid for."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from types import MappingProxyType

from core.errors import InputError
from core.money import allocate

VOLUMETRIC = 6000
"""Cubic centimetres that a carrier by air counts as a kilogram."""


@dataclass(frozen=True, slots=True)
class Load:
    """Goods of one SKU in one receipt: pieces, grams and cubic millimetres of one, minor units."""

    sku: str
    quantity: int
    value: int
    grams: int | None = None
    cubic_mm: int | None = None

    def weight(self) -> int:
        """Return grams in all.

        Raises: InputError if the SKU has no weight.
        """
        return self.quantity * _known(self.grams, self.sku, "weight")

    def volume(self) -> int:
        """Return cubic millimetres in all.

        Raises: InputError if the SKU has no measures.
        """
        return self.quantity * _known(self.cubic_mm, self.sku, "length, width and height")

    def chargeable(self) -> int:
        """Return the greater of weight and volumetric weight, in 6,000ths of a gram."""
        return max(self.weight() * VOLUMETRIC, self.volume())


RULES: Mapping[str, Callable[[Load], int]] = MappingProxyType(
    {
        "quantity": lambda load: load.quantity,
        "weight": Load.weight,
        "chargeable_weight": Load.chargeable,
        "volume": Load.volume,
        "value": lambda load: load.value,
        "equal": lambda load: 1,
    }
)
DIRECT = "direct"
"""Each line bears its own amount, as customs say it; nothing is spread."""

RULE_NAMES = (*RULES, DIRECT)


def split(total: int, weights: Sequence[Fraction | int]) -> list[int]:
    """Split minor units by weights of any unit; the parts add up to the total (DOMAIN §3.7)."""
    exact = [Fraction(weight) for weight in weights]
    scale = lcm(*(weight.denominator for weight in exact)) if exact else 1
    return allocate(total, [int(weight * scale) for weight in exact])


def weigh(rule: str, loads: Sequence[Load]) -> list[int]:
    """Return what each load weighs by a rule.

    Raises: InputError for a rule that is not known, or a SKU that lacks what the rule needs.
    """
    if rule not in RULES:
        raise InputError(
            f"{rule!r} is no rule to split by.",
            where="rule",
            hint=f"Known: {', '.join(RULE_NAMES)}.",
        )
    return [RULES[rule](load) for load in loads]


def _known(value: int | None, sku: str, what: str) -> int:
    if value is None:
        raise InputError(
            f"SKU {sku} has no {what}.",
            where="rule",
            hint="Enter it at the SKU, or split by another rule.",
        )
    return value
