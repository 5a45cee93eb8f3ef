"""How much of a SKU a platform is told, and why: pure arithmetic over figures and a rule."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields
from typing import NamedTuple


class Figures(NamedTuple):
    """What a pool holds of a SKU; `waiting` is demand that goods have yet to come for."""

    on_hand: int = 0
    reserved: int = 0
    waiting: int = 0
    sold: int = 0

    @property
    def available(self) -> int:
        """Return what may be sold; less than nothing when more waits than lies there."""
        return self.on_hand - self.reserved - self.waiting


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says; None leaves it to the wider rule.

    buffer        units that are not shown
    share         per cent of what is available that may be shown; a cap, not a partition
    cap           no more than this is shown
    floor         nothing is shown while fewer than this remain
    minimum       a smaller number is shown as nothing
    last_units    from this many on only a shop with priority shows any
    priority      1 for a shop that may sell the last units
    fast_minutes  what was sold within so many minutes is held back once more
    paused        1 shows nothing
    """

    pool_id: int | None = None
    buffer: int | None = None
    share: int | None = None
    cap: int | None = None
    floor: int | None = None
    minimum: int | None = None
    last_units: int | None = None
    priority: int | None = None
    fast_minutes: int | None = None
    paused: int | None = None


class Step(NamedTuple):
    """One step of a reckoning: which term, its value, and what was left after it."""

    term: str
    value: int
    left: int


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A quantity with the steps that led to it."""

    quantity: int
    steps: Sequence[Step]

    def text(self) -> str:
        """Return the steps as one sentence, as in `publishes 7: on hand 12, reserved 2, …`."""
        said = ", ".join(f"{step.term.replace('_', ' ')} {step.value}" for step in self.steps)
        return f"publishes {self.quantity}: {said}"


TERMS = tuple(field.name for field in fields(Terms))


def merged(chain: Iterable[Terms]) -> Terms:
    """Return what holds after a chain of rules, the widest first: the narrower one prevails."""
    values: dict[str, int] = {}
    for terms in chain:
        for name in TERMS:
            if (value := getattr(terms, name)) is not None:
                values[name] = value
    return Terms(**values)


def reckon(figures: Figures, terms: Terms) -> Reckoning:
    """Return how much is told, and each step that mattered; never less than nothing."""
    steps = [Step("on_hand", figures.on_hand, figures.on_hand)]
    left = figures.on_hand
    for name, value in (("reserved", figures.reserved), ("waiting", figures.waiting)):
        if value:
            left -= value
            steps.append(Step(name, value, left))
    available = left
    for name, value in (
        ("buffer", terms.buffer or 0),
        ("sold_lately", figures.sold if terms.fast_minutes else 0),
    ):
        if value:
            left -= value
            steps.append(Step(name, value, left))
    if terms.share is not None and (most := max(available, 0) * terms.share // 100) < left:
        left = most
        steps.append(Step("share", terms.share, left))
    if terms.cap is not None and terms.cap < left:
        left = terms.cap
        steps.append(Step("cap", terms.cap, left))
    left = _withheld(available, left, terms, steps)
    return Reckoning(max(left, 0), steps)


def _withheld(available: int, left: int, terms: Terms, steps: list[Step]) -> int:
    """Show nothing where a rule says so, and note which."""
    for name, value, applies in (
        ("last_units", terms.last_units, available <= (terms.last_units or 0)),
        ("floor", terms.floor, left < (terms.floor or 0)),
        ("minimum", terms.minimum, left < (terms.minimum or 0)),
        ("paused", terms.paused, bool(terms.paused)),
    ):
        if value is None or not applies or left <= 0 or (name == "last_units" and terms.priority):
            continue
        left = 0
        steps.append(Step(name, value, 0))
    return left


def kit_figures(components: Iterable[tuple[Figures, int]]) -> Figures:
    """Return what a bundle's components allow, as if it lay there itself: the scarcest decides."""
    whole = [
        Figures(
            max(figures.on_hand, 0) // each,
            0,
            0,
            0,
        )._replace(reserved=figures.on_hand // each - figures.available // each)
        for figures, each in components
    ]
    return min(whole, key=lambda figures: figures.available, default=Figures())
