"""What goes wrong, and when: a schedule that the same seed repeats."""

from __future__ import annotations

import random
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum


class Fault(StrEnum):
    """One way in which an answer goes wrong."""

    LIMITED = "429 with Retry-After"
    LIMITED_SILENTLY = "429 without Retry-After"
    BUSY = "503 before anything was done"
    LOST = "500 after it was done"
    NO_ANSWER = "the connection ends without an answer"
    CUT = "the answer ends in the middle"
    EXPIRED = "the access token has expired"
    OVERLAP = "a page tells again of records of the page before"
    PARTIAL = "a page is shorter than it could be"


PAGE_FAULTS = frozenset({Fault.OVERLAP, Fault.PARTIAL})
"""What only lists have; elsewhere nothing goes wrong then."""

BEFORE = frozenset({Fault.LIMITED, Fault.LIMITED_SILENTLY, Fault.BUSY, Fault.EXPIRED})
"""After one of these nothing was done."""


@dataclass
class Faults:
    """A schedule: so large a share of all requests, drawn by a seed, or those that are planned.

    `planned` names faults by the number of the request (from 1), `spared` the operations that
    never fail.
    """

    share: float = 0.0
    seed: int = 0
    kinds: Sequence[Fault] = tuple(Fault)
    planned: Mapping[int, Fault] = field(default_factory=dict)
    spared: Collection[str] = ()
    requests: int = 0
    met: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - it guards nothing

    def next(self, operation: str) -> Fault | None:
        """Return what goes wrong with the next request, if anything does."""
        if operation in self.spared:
            return None
        self.requests += 1
        drawn = self._dice.choice(self.kinds) if self._dice.random() < self.share else None
        fault = self.planned.get(self.requests, drawn)
        if fault is not None:
            self.met.append(fault)
        return fault
