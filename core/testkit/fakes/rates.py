"""Token buckets as the platforms have them: published rates, scaled by one factor for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field

TOLERANCE_SECONDS = 0.05
"""Requests that were spaced correctly arrive a little unevenly; no platform counts milliseconds."""


@dataclass(frozen=True, slots=True)
class Published:
    """The rate of an operation as its platform publishes it."""

    per_second: float
    burst: int


@dataclass
class Bucket:
    """What is left for one operation."""

    rate: float
    burst: int
    now: Callable[[], float] = time.monotonic
    tokens: float = field(init=False)
    seen: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens, self.seen = float(self.burst), self.now()

    def take(self, tokens: float = 1) -> bool:
        """Take tokens if there are as many."""
        if self.left() < tokens - self.rate * TOLERANCE_SECONDS:
            return False
        self.tokens -= tokens
        return True

    def left(self) -> float:
        """Return how many tokens there are now."""
        moment = self.now()
        self.tokens = min(self.burst, self.tokens + (moment - self.seen) * self.rate)
        self.seen = moment
        return self.tokens

    def give(self, tokens: float) -> None:
        """Give tokens back that were taken and not needed."""
        self.tokens = min(self.burst, self.tokens + tokens)


@dataclass
class Buckets:
    """The buckets of one marketplace; `factor` makes every rate so many times faster."""

    factor: float = 1.0
    now: Callable[[], float] = time.monotonic
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def take(self, operation: str, published: Published) -> bool:
        """Say whether an operation may be asked now."""
        if operation not in self._buckets:
            self._buckets[operation] = Bucket(self.rate_of(published), published.burst, self.now)
        return self._buckets[operation].take()

    def rate_of(self, published: Published) -> float:
        """Return the rate that holds here, which is what the platform's header tells."""
        return published.per_second * self.factor
