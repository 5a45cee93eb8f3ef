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
from dataclasses import astuple
from dataclasses import dataclass
from dataclasses import fields

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core.db import next_ids
from core.errors import EntrepotError
from core.kernel import faults
from core.kernel import hooks
from core.kernel.context import running_addon
from core.kernel.faults import BOUNDARY
from core.money import BASIS
from core.money import round_div
from core.prepared import Prepared
from core.prepared import among
from core.tax.models import Decision
from core.tax.regime import TaxDecision
from core.tax.regime import TaxFacts
from core.tax.regime import TaxRegime

COLLECTORS = frozenset({"seller", "marketplace", "customs", "buyer", "none"})

TEXTS = tuple(f.name for f in fields(TaxDecision) if f.name != "rate")

_DECISIONS = Prepared(
    sa.select(Decision.natural_key, Decision.id).where(
        Decision.company_id == sa.bindparam("company"), among(Decision.natural_key, "keys")
    )
)

Offer = tuple[str, TaxRegime]
"""A regime with the name of the addon that offers it."""

Answer = TaxDecision | None | str
"""A decision, None where the regime has no say, or the sentence why it failed."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a batch: `decisions` with their ids, `unresolved` with the reason to wait."""

    decisions: Mapping[TaxFacts, tuple[int, TaxDecision]]
    unresolved: Mapping[TaxFacts, str]


def decide(session: Session, company_id: int, facts: Iterable[TaxFacts]) -> Decided:
    """Decide the tax of a batch: one call per regime, one look-up of stored decisions."""
    distinct = list(dict.fromkeys(facts))
    if not distinct:
        return Decided({}, {})
    offers: list[Offer] = hooks.collect(session, "tax_regimes")
    answers = [(offer, _ask(session, offer, distinct)) for offer in offers]
    decisions: dict[TaxFacts, TaxDecision] = {}
    unresolved: dict[TaxFacts, str] = {}
    for index, fact in enumerate(distinct):
        outcome = _only([(offer, given[index]) for offer, given in answers], fact)
        if isinstance(outcome, str):
            unresolved[fact] = outcome
        else:
            decisions[fact] = outcome
    ids = _store(session, company_id, set(decisions.values()))
    return Decided({fact: (ids[found], found) for fact, found in decisions.items()}, unresolved)


def tax_amount(net_minor: int, rate: int) -> int:
    """Return the tax on a line's net amount, rounded half away from zero, once per line.

    `rate` is in hundredths of a percent: 17.5 % is 1750.
    """
    return round_div(net_minor * rate, BASIS)


def check_decision(answer: object) -> None:
    """Refuse an answer that the books could not carry.

    Raises: TypeError or ValueError saying what is wrong with it.
    """
    if not isinstance(answer, TaxDecision):
        raise TypeError(f"{answer!r} is not a TaxDecision")
    if type(answer.rate) is not int or not 0 <= answer.rate <= BASIS:
        raise ValueError(f"{answer.rate!r} is not a rate in hundredths of a percent")
    if answer.collector not in COLLECTORS:
        raise ValueError(f"{answer.collector!r} is not one of {', '.join(sorted(COLLECTORS))}")
    for name in TEXTS:
        text = getattr(answer, name)
        if not isinstance(text, str) or not text or not text.isprintable():
            raise ValueError(f"{name} is {text!r}, it must be one line of text")


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
        answers: list[Answer] = list(regime.decide(facts))
    if len(answers) != len(facts):
        raise ValueError(f"{len(answers)} answers to {len(facts)} questions")
    for answer in answers:
        if answer is not None:
            check_decision(answer)
    return answers


def _only(answers: Sequence[tuple[Offer, Answer]], fact: TaxFacts) -> TaxDecision | str:
    """Return the one decision, or the sentence why there is not exactly one."""
    failed = [answer for _, answer in answers if isinstance(answer, str)]
    if failed:
        # Whatever the others say: the failed regime might have claimed the case too.
        return " ".join(failed)
    claims = [(offer, answer) for offer, answer in answers if isinstance(answer, TaxDecision)]
    if len(claims) == 1:
        return claims[0][1]
    case = f"a sale from {fact.ship_from} to {fact.ship_to} on {fact.taxed_on}"
    if not claims:
        return (
            f"No enabled tax regime answers for {case} by a seller in {fact.seller_country}."
            " Enable the addon that covers it."
        )
    names = " and ".join(f"{addon} ({regime.code})" for (addon, regime), _ in claims)
    return f"{names} both decide the tax of {case}. Disable all but one of them."


def _store(
    session: Session, company_id: int, decisions: Iterable[TaxDecision]
) -> dict[TaxDecision, int]:
    """Return the id of each decision; those that are new are stored."""
    # Sorted, so that two writers who meet insert in the same order and none waits in a circle.
    keys = dict(sorted((_natural_key(decision), decision) for decision in decisions))
    ids = _stored(session, company_id, keys)
    if missing := [key for key in keys if key not in ids]:
        _insert(session, company_id, {key: keys[key] for key in missing})
        ids |= _stored(session, company_id, missing)
    return {decision: ids[key] for key, decision in keys.items()}


def _natural_key(decision: TaxDecision) -> str:
    # A digest, because PostgreSQL refuses index rows beyond 2.7 kB and evidence may be long.
    text = json.dumps(astuple(decision), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _stored(session: Session, company_id: int, keys: Iterable[str]) -> dict[str, int]:
    wanted = list(keys)
    return dict(_DECISIONS.rows(session, company=company_id, keys=wanted)) if wanted else {}


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
