"""Charts that the server draws: figures as places in an SVG; beside each stands the same table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 720, 160, 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the chart, in the units of its view box."""

    x: float
    y: float
    width: float
    height: float
    name: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars around a line of nothing at `zero`."""

    bars: Sequence[Bar]
    zero: float
    width: int = WIDTH
    height: int = HEIGHT


def two_bars(pairs: Sequence[tuple[int, int]]) -> Chart:
    """Return a wide bar and a narrow one before it for each pair; below nothing they hang down."""
    values = [value for pair in pairs for value in pair]
    top, bottom = max([0, *values]), min([0, *values])
    span = (top - bottom) or 1
    zero = HEIGHT * top / span
    step = WIDTH / max(len(pairs), 1)
    wide = max(step - GAP, 1)
    bars = []
    for place, (first, second) in enumerate(pairs):
        left = place * step + (step - wide) / 2
        bars.append(_bar(left, wide, first, zero, span, "whole"))
        name = "gain" if second >= 0 else "loss"
        bars.append(_bar(left + wide / 4, wide / 2, second, zero, span, name))
    return Chart(bars, round(zero, 1))


def _bar(x: float, width: float, value: int, zero: float, span: int, name: str) -> Bar:
    height = HEIGHT * abs(value) / span
    y = zero - height if value >= 0 else zero
    return Bar(round(x, 1), round(y, 1), round(width, 1), round(height, 1), name)
