"""What became of settlements that came in, for a person and for the list of imports."""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from core.channels.importing import ImportResult
from core.money import to_text
from core.settlements.staging import Survey
from core.settlements.statements import Opinion
from core.settlements.working import READING


@dataclass(slots=True)
class StatementResult:
    """What became of a settlement: received = applied + suspense + deferred, or all of it stood
    there already (unchanged), or does not add up (quarantined), or waits.
    """

    settlement: str
    currency: str
    declared: str
    computed: str
    state: str = READING
    reason: str | None = None
    received: int = 0
    applied: int = 0
    suspense: int = 0
    deferred: int = 0
    unchanged: int = 0
    quarantined: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class StatementPreview:
    """What would become of a settlement: `new`, `known` since a moment, or `refused` with a reason.

    Amounts are decimal text; `difference` is what its rows come to beyond what it declares.
    """

    settlement: str
    currency: str
    started_at: str
    ended_at: str
    rows: int
    declared: str
    computed: str
    difference: str
    verdict: str
    since: str | None
    reason: str | None


@dataclass(slots=True)
class SettlementResult:
    """What became of a file of settlements; `held` are events whose money is held back."""

    statements: list[StatementResult] = field(default_factory=list)
    held: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the result as the command line shows it."""
        return {"statements": [asdict(each) for each in self.statements], "held": self.held}

    def as_import(self) -> ImportResult:
        """Return the result as the list of imports counts it."""
        result = ImportResult()
        for each in self.statements:
            result.received += each.received
            result.applied += each.applied + each.suspense + each.deferred + each.waiting
            result.unchanged += each.unchanged
            result.quarantined += each.quarantined
        return result


def result_of(found: Survey) -> StatementResult:
    """Return what is known of a settlement before anything became of it."""
    facts = found.file.facts
    return StatementResult(
        facts.external_ref,
        facts.currency,
        to_text(facts.total, facts.currency),
        to_text(found.total, facts.currency),
        received=found.count,
    )


def preview_of(found: Survey, opinion: Opinion) -> StatementPreview:
    """Return what would become of a settlement by what is known of it."""
    facts, known = found.file.facts, opinion.statement
    if known is not None:
        verdict = "refused" if known.rejection else "known"
    else:
        verdict = "refused" if opinion.reason else "new"
    return StatementPreview(
        facts.external_ref,
        facts.currency,
        facts.started_at.isoformat(),
        facts.ended_at.isoformat(),
        found.count,
        to_text(facts.total, facts.currency),
        to_text(found.total, facts.currency),
        to_text(found.total - facts.total, facts.currency),
        verdict,
        known.created_at.isoformat() if known is not None else None,
        known.reason if known is not None else opinion.reason,
    )
