"""A model of the stock of one SKU, too simple to be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction

from tests.stock.trading import Event


def moment(event: Event, number: int) -> tuple[int, int]:
    """Return when something happened, in minutes; of two at one moment the earlier told counts."""
    return number - event.days_old * 24 * 60, number


def pennies(exact: Fraction) -> int:
    """Round half away from zero."""
    return int(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)


@dataclass(eq=False)
class Pile:
    """Some goods of one cost: a layer, a use of it, or a short."""

    left: int
    value: int
    line: int | None = None
    of: Pile | None = None
    at: tuple[int, int] = (0, 0)

    def take(self, quantity: int) -> int:
        """Take some away and return what they are worth."""
        worth = pennies(Fraction(self.value * quantity, self.left))
        self.left -= quantity
        self.value -= worth
        return worth


@dataclass
class Model:
    """One SKU as a person would keep it on paper."""

    layers: list[Pile] = field(default_factory=list)
    uses: list[Pile] = field(default_factory=list)
    shorts: list[Pile] = field(default_factory=list)
    reserved: int = 0
    waiting: int = 0
    unit_cost: int = 0
    covered: int = 0

    @property
    def free(self) -> int:
        return sum(pile.left for pile in self.layers) - self.reserved

    @property
    def worth(self) -> int:
        return sum(y.value for y in self.layers) - sum(s.value for s in self.shorts)

    def happen(self, event: Event, number: int) -> tuple[int, int]:
        """Return what came of an event: a quantity and a gain in value."""
        match event.kind:
            case "receive":
                at = moment(event, number)
                if all(layer.at <= at for layer in self.layers if layer.left):
                    self.unit_cost = pennies(Fraction(event.value * 10_000, event.quantity))
                return self._arrive(event, number, event.value)
            case "find":
                return self._arrive(event, number, self._guess(event.quantity))
            case "reserve":
                granted = max(min(event.quantity, self.free), 0)
                self.reserved += granted
                return granted, 0
            case "ship":
                return event.quantity, -self._leave(event, number, event.line)
            case "write_off":
                broken = min(max(event.quantity - self.free, 0), self.reserved)
                self.reserved, self.waiting = self.reserved - broken, self.waiting + broken
                return event.quantity, -self._leave(event, number, None)
        return self._come_back(event)

    def _guess(self, quantity: int) -> int:
        return pennies(Fraction(self.unit_cost * quantity, 10_000))

    def _arrive(self, event: Event, number: int, value: int) -> tuple[int, int]:
        self.layers.append(Pile(event.quantity, value, at=moment(event, number)))
        self.layers.sort(key=lambda layer: layer.at)
        self._cover()
        return event.quantity, value

    def _leave(self, event: Event, number: int, line: int | None) -> int:
        quantity = event.quantity
        there = max(min(quantity, self.free), 0)
        cost = self._use(there, line)
        if quantity > there:
            value = self._guess(quantity - there)
            self.shorts.append(Pile(quantity - there, value, line, at=moment(event, number)))
            self.shorts.sort(key=lambda short: short.at)
            cost += value
        return cost

    def _use(self, quantity: int, line: int | None) -> int:
        cost = 0
        for pile in self.layers:
            taken = min(quantity, pile.left)
            if taken:
                value = pile.take(taken)
                self.uses.append(Pile(taken, value, line, pile))
                quantity, cost = quantity - taken, cost + value
        return cost

    def _come_back(self, event: Event) -> tuple[int, int]:
        left, gained = event.quantity, 0
        for pile in (*reversed(self.shorts), *reversed(self.uses)):
            taken = min(left, pile.left) if pile.line == event.line else 0
            if taken:
                value = pile.take(taken)
                if pile.of is not None:
                    pile.of.left, pile.of.value = pile.of.left + taken, pile.of.value + value
                left, gained = left - taken, gained + value
        self._cover()
        return event.quantity - left, gained

    def _cover(self) -> None:
        for short in self.shorts:
            taken = min(short.left, max(self.free, 0))
            if taken:
                guess = short.take(taken)
                self.covered += self._use(taken, short.line) - guess
        kept = min(self.waiting, max(self.free, 0))
        self.reserved, self.waiting = self.reserved + kept, self.waiting - kept
