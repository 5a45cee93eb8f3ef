"""Ask the enabled tax regimes about a batch of lines and keep each distinct decision once.

A line for which there is not exactly one sound answer is never sold untaxed: it comes back with
the reason, and its parcel waits while the rest of the batch is booked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import astuple
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import replace
from datetime import date
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core.errors import EntrepotError
from core.ids import next_ids
from core.kernel import faults
from core.kernel import hooks
from core.kernel.context import running_addon
from core.kernel.faults import BOUNDARY
from core.prepared import among
from core.remembered import Lasting
from core.tax.decision import Levy
from core.tax.decision import TaxDecision
from core.tax.decision import levies_of
from core.tax.facts import TaxFacts
from core.tax.models import Decision
from core.tax.regime import TaxRegime

_DECISIONS = Lasting(
    sa.select(Decision.natural_key, Decision.id).where(
        Decision.company_id == sa.bindparam("company"), among(Decision.natural_key, "keys")
    )
)

DECIDES = "tax.decide"
"""The capability of addons that offer regimes: without one of them that is enabled all waits."""

Offer = tuple[str, TaxRegime]
"""A regime with the name of the addon that offers it."""

Answer = tuple[Levy, ...] | str
"""Levies, none where the regime has no say, or the sentence why it failed."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a batch: `decisions` with their ids, `unresolved` with the reason to wait.

    `levies` has those lines for which one decision and its rate do not say all, with the ids of
    the levies' decisions; the first of them is the line's decision. `unclaimed` are those of the
    unresolved on which no regime has a say, and none failed. `days` are the tax points of those
    whose law does not take that of the supply, by the ids of the decisions.
    """

    decisions: Mapping[TaxFacts, tuple[int, TaxDecision]]
    unresolved: Mapping[TaxFacts, str]
    levies: Mapping[TaxFacts, tuple[tuple[int, Levy], ...]] = field(default_factory=dict)
    unclaimed: AbstractSet[TaxFacts] = frozenset()
    days: Mapping[TaxFacts, Mapping[int, date]] = field(default_factory=dict)


def decide(session: Session, company_id: int, facts: Iterable[TaxFacts]) -> Decided:
    """Decide the tax of a batch: one call per regime, one look-up of stored decisions."""
    distinct = list(dict.fromkeys(facts))
    if not distinct:
        return Decided({}, {})
    offers: list[Offer]
    offers, missing = hooks.collect_strictly(session, "tax_regimes", DECIDES)
    if missing:
        # Whatever the others say: a regime that could not be asked might have claimed each of them.
        why = " ".join(missing.values()) + " Correct or disable it and post again."
        return Decided({}, dict.fromkeys(distinct, why))
    given = zip(*(_ask(session, offer, distinct) for offer in offers), strict=True)
    unresolved: dict[TaxFacts, str] = {}
    unclaimed = set()
    answered: list[tuple[TaxFacts, tuple[Levy, ...]]] = []
    for fact, answers in zip(distinct, given if offers else [()] * len(distinct), strict=True):
        outcome = _only(offers, answers, fact)
        if not any(answers):
            unclaimed.add(fact)
        if isinstance(outcome, str):
            unresolved[fact] = outcome
        else:
            answered.append((fact, outcome))
    ids = _store(session, company_id, {levy.decision for _, one in answered for levy in one})
    return Decided(
        {fact: (ids[one[0].decision], one[0].decision) for fact, one in answered},
        unresolved,
        {
            fact: tuple((ids[levy.decision], levy) for levy in levies)
            for fact, levies in answered
            if len(levies) > 1 or not levies[0].is_plain
        },
        unclaimed,
        _days_of(offers, answered, ids),
    )


def _days_of(
    offers: Sequence[Offer],
    answered: Iterable[tuple[TaxFacts, tuple[Levy, ...]]],
    ids: Mapping[TaxDecision, int],
) -> dict[TaxFacts, Mapping[int, date]]:
    """Return the tax points that are not the day of the supply, by facts and decision."""
    points = {
        regime.code: regime.tax_points for _, regime in offers if hasattr(regime, "tax_points")
    }
    found: dict[TaxFacts, Mapping[int, date]] = {}
    for fact, levies in answered:
        if fact.paid_on is None and fact.invoiced_on is None:
            continue
        days = {
            ids[levy.decision]: points[levy.decision.regime].period_day(fact, levy.decision.scheme)
            for levy in levies
            if levy.decision.regime in points
        }
        if days := {each: day for each, day in days.items() if day != fact.taxed_on}:
            found[fact] = days
    return found


def _ask(session: Session, offer: Offer, facts: Sequence[TaxFacts]) -> list[Answer]:
    """Return a regime's answers; if the batch fails, each of the facts is asked about alone."""
    try:
        return _call(offer, facts)
    except BOUNDARY:
        # One case that a regime cannot answer must not hold up all the others.
        return [_ask_alone(session, offer, fact) for fact in facts]


def _ask_alone(session: Session, offer: Offer, fact: TaxFacts) -> Answer:
    addon = offer[0]
    try:
        return _call(offer, [fact])[0]
    except EntrepotError as error:
        return f"{addon}: {error}"
    except BOUNDARY as error:
        faults.record(session.info.get("kernel"), addon, "tax", error)
        return (
            f"{addon} failed to decide the tax: {type(error).__name__}: {error}."
            " Correct or disable the addon and post again."
        )


def _call(offer: Offer, facts: Sequence[TaxFacts]) -> list[Answer]:
    addon, regime = offer
    with running_addon(addon):
        answers = list(regime.decide(facts))
    if len(answers) != len(facts):
        raise ValueError(f"{len(answers)} answers to {len(facts)} questions")
    return [
        () if answer is None else levies_of(answer, fact.net)
        for answer, fact in zip(answers, facts, strict=True)
    ]


def _only(
    offers: Sequence[Offer], answers: Sequence[Answer], fact: TaxFacts
) -> tuple[Levy, ...] | str:
    """Return the levies of the one regime that decides, or the sentence why there is not one.

    Where goods cross a border the regime that they leave frees them by an export, and the one that
    they reach decides: the export then is a further levy, which its return needs.
    """
    claims = [claim for claim in zip(offers, answers, strict=True) if claim[1]]
    if len(claims) == 1:
        return claims[0][1]
    failed = [answer for _, answer in claims if isinstance(answer, str)]
    if failed:
        # Whatever the others say: the failed regime might have claimed the case too.
        return " ".join(failed)
    exports = [claim for claim in claims if _is_export(claim[1])]
    deciding = [claim for claim in claims if not _is_export(claim[1])]
    for rivals in (deciding, exports):
        if len(rivals) > 1:
            return _rivals(rivals, fact)
    if not claims:
        return (
            f"No enabled tax regime answers for {_case(fact)} by a seller in"
            f" {fact.seller_country}. Enable the addon that covers it."
        )
    levies = tuple(levy for _, answer in deciding for levy in answer if isinstance(levy, Levy))
    freed = (levy for _, answer in exports for levy in answer if isinstance(levy, Levy))
    return levies + tuple(replace(levy, further=True) for levy in freed)


def _is_export(answer: Answer) -> bool:
    return isinstance(answer, tuple) and answer[0].decision.role == "export"


def _rivals(claims: Sequence[tuple[Offer, Answer]], fact: TaxFacts) -> str:
    names = " and ".join(f"{addon} ({regime.code})" for (addon, regime), _ in claims)
    return f"{names} both decide the tax of {_case(fact)}. Disable all but one of them."


def _case(fact: TaxFacts) -> str:
    return f"a sale from {fact.ship_from} to {fact.ship_to} on {fact.taxed_on}"


def _store(
    session: Session, company_id: int, decisions: Iterable[TaxDecision]
) -> dict[TaxDecision, int]:
    """Return the id of each decision; those that are new are stored."""
    # Sorted, so that two writers who meet insert in the same order and none waits in a circle.
    keys = dict(sorted((_natural_key(decision), decision) for decision in decisions))
    ids = _DECISIONS.find(session, company_id, keys)
    if missing := [key for key in keys if key not in ids]:
        _DECISIONS.made(session)
        _insert(session, company_id, {key: keys[key] for key in missing})
        ids |= _DECISIONS.find(session, company_id, missing)
    return {decision: ids[key] for key, decision in keys.items()}


@lru_cache(maxsize=4096)
def _natural_key(decision: TaxDecision) -> str:
    # A digest, because PostgreSQL refuses index rows beyond 2.7 kB and evidence may be long.
    text = json.dumps(astuple(decision), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _insert(session: Session, company_id: int, decisions: Mapping[str, TaxDecision]) -> None:
    rows = [
        {
            "company_id": company_id,
            "id": new_id,
            "natural_key": key,
            **{f.name: getattr(decision, f.name) for f in fields(decision)},
        }
        for new_id, (key, decision) in zip(
            next_ids(session, len(decisions)), decisions.items(), strict=True
        )
    ]
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # Another writer may have stored the same decision meanwhile: then its row is ours too.
    session.execute(insert(Decision).on_conflict_do_nothing(), rows)
