"""What the review of a few new orders is going to ask, asked ahead together with other questions.

On PostgreSQL a small order waits about as long for an answer to be on its way as for what makes it.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.prepared import Question
from core.rules.knowing import SkuFacts
from core.rules.knowing import answered_skus
from core.rules.knowing import asked_skus
from core.rules.storing import rules_are_live
from core.stock.reserving import may_look
from core.stock.storing import answered_anywhere
from core.stock.storing import asked_anywhere

FEW = 20
"""So many orders at most are worked out before their goods are locked; of more some lack goods."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The levels of some SKUs in some warehouses, locked by nobody, and what rules ask of SKUs."""

    warehouses: frozenset[int]
    skus: frozenset[int]
    levels: Mapping[int, Sequence[Any]]
    facts: SkuFacts | None

    def seen(
        self, warehouses: Collection[int], skus: Collection[int]
    ) -> dict[int, Sequence[Any]] | None:
        """Return the levels of some SKUs by warehouse; None where not all were looked at."""
        if not (self.warehouses.issuperset(warehouses) and self.skus.issuperset(skus)):
            return None
        return {
            warehouse_id: [row for row in self.levels[warehouse_id] if row[1] in skus]
            for warehouse_id in warehouses
        }


@dataclass(frozen=True, slots=True)
class Foresight:
    """The questions that a review of new orders with some SKUs will ask; there may be none."""

    company_id: int
    warehouses: Sequence[int]
    skus: Sequence[int]
    ruled: bool

    def questions(self) -> list[Question]:
        """Return the questions, to be asked with others."""
        if not self.skus:
            return []
        asked = [asked_anywhere(self.company_id, self.warehouses, self.skus)]
        return asked + ([asked_skus(self.company_id, self.skus)] if self.ruled else [])

    def answered(self, answers: Sequence[Iterable[Any]]) -> Foreseen | None:
        """Return what was answered to them."""
        if not self.skus:
            return None
        return Foreseen(
            frozenset(self.warehouses),
            frozenset(self.skus),
            answered_anywhere(answers[0], self.warehouses),
            answered_skus(answers[1]) if self.ruled else None,
        )


def foresee(
    session: Session,
    company_id: int,
    warehouses: Collection[int],
    skus: Collection[int],
    orders: int,
) -> Foresight:
    """Foresee what the review of so many new orders asks, where their goods are not locked first.

    SQLite answers each question at once: there is nothing to be gained by asking ahead.
    """
    look = 0 < orders <= FEW and may_look(session)
    ruled = look and rules_are_live(session, company_id)
    return Foresight(company_id, sorted(warehouses), sorted(skus) if look else [], ruled)
