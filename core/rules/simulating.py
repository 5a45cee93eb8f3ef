"""Asking other rules about past orders, compared with the live ones; it changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.orders.exceptions import open_exceptions
from core.orders.models import Order
from core.rules.evaluating import Decision
from core.rules.evaluating import LiveRule
from core.rules.evaluating import Ruleset
from core.rules.knowing import load_facts
from core.rules.ruling import told
from core.rules.storing import StoredRule
from core.rules.words import vocabulary

BATCH = 500
MOST_ORDERS = 10_000
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Change:
    """An order that other rules would treat otherwise."""

    order_id: int
    ref: str
    ordered_at: datetime
    before: dict[str, str]
    after: dict[str, str]
    why: list[dict[str, Any]]

    @property
    def differing(self) -> list[tuple[str, str, str]]:
        """Return what differs, before and after."""
        keys = sorted(self.before.keys() | self.after.keys())
        pairs = ((key, self.before.get(key, ""), self.after.get(key, "")) for key in keys)
        return [each for each in pairs if each[1] != each[2]]


@dataclass(slots=True)
class Simulation:
    """What other rules would do to past orders; `changes` are the latest hundred."""

    looked_at: int = 0
    changed: int = 0
    matched_before: Counter[int] = field(default_factory=Counter)
    matched_after: Counter[int] = field(default_factory=Counter)
    names: dict[int, str] = field(default_factory=dict)
    kinds: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    broken: dict[int, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the simulation as the command line and the API show it."""
        return {
            "looked_at": self.looked_at,
            "changed": self.changed,
            "rules": [
                {
                    "id": rule_id,
                    "name": name,
                    "before": self.matched_before[rule_id],
                    "after": self.matched_after[rule_id],
                }
                for rule_id, name in self.names.items()
            ],
            "differences": [
                {"what": what, "before": before, "after": after, "orders": count}
                for (what, before, after), count in self.kinds.most_common()
            ],
            "changes": [
                {
                    "order": change.ref,
                    "ordered_at": change.ordered_at,
                    "before": change.before,
                    "after": change.after,
                    "why": change.why,
                }
                for change in self.changes
            ],
            "broken": [{"id": rule_id, "why": why} for rule_id, why in self.broken.items()],
        }


def draft_rules(rules: Sequence[StoredRule], rule_id: int | None = None) -> list[LiveRule]:
    """Return the rules that would decide if drafts went live: one of them, or all that are on."""
    drafted = []
    for rule in rules:
        if rule_id == rule.id or (rule_id is None and rule.enabled):
            drafted.append(rule.as_newest())
        elif rule.decides:
            drafted.append(rule.as_live())
    return drafted


def simulate(
    session: Session,
    company_id: int,
    live: Sequence[LiveRule],
    draft: Sequence[LiveRule],
    *,
    orders: int = 1000,
    since: datetime | None = None,
) -> Simulation:
    """Ask both sets of rules about the latest orders of a company and compare the answers.

    Orders are seen as they are now: of one whose personal data was forgotten, the buyer's note is
    not known to either.
    """
    words = vocabulary(session)
    before, after = Ruleset(live, words), Ruleset(draft, words)
    result = Simulation(broken={**before.broken, **after.broken})
    result.names = {rule.ref.id: rule.ref.name for rule in (*live, *draft)}
    asked = (before.fields | after.fields) - {"queue"}
    for heads in _past_orders(session, company_id, min(orders, MOST_ORDERS), since):
        facts = load_facts(session, company_id, heads, asked, words)
        queues = open_exceptions(session, company_id, list(heads))
        for each in facts:
            each.queues = frozenset(queues.get(each.id, ()))
        # The latest first, as they are shown.
        for each in sorted(facts, key=lambda order: heads[order.id], reverse=True):
            result.looked_at += 1
            moment = heads[each.id][0]
            _compare(result, each.ref, moment, before.decide(each), after.decide(each))
    return result


def _compare(
    result: Simulation, ref: str, ordered_at: datetime, before: Decision, after: Decision
) -> None:
    result.matched_before.update(hit.rule.id for hit in before.hits)
    result.matched_after.update(hit.rule.id for hit in after.hits)
    was, will = before.outcome(), after.outcome()
    if was == will:
        return
    change = Change(after.order_id, ref, ordered_at, was, will, [told(hit) for hit in after.hits])
    result.changed += 1
    result.kinds.update(change.differing)
    if len(result.changes) < SHOWN:
        result.changes.append(change)


def _past_orders(
    session: Session, company_id: int, count: int, since: datetime | None
) -> Iterator[dict[int, tuple[datetime, int]]]:
    """Yield the latest sales in batches, each with the key by which they are sorted."""
    place: tuple[datetime, int] | None = None
    while count > 0:
        query = sa.select(Order.id, Order.ordered_at).where(
            Order.company_id == company_id, Order.kind == "sale"
        )
        if since is not None:
            query = query.where(Order.ordered_at >= since)
        if place is not None:
            query = query.where(sa.tuple_(Order.ordered_at, Order.id) < sa.tuple_(*_bound(place)))
        rows = rows_of(
            session,
            query.order_by(Order.ordered_at.desc(), Order.id.desc()).limit(min(BATCH, count)),
        )
        if not rows:
            return
        yield {row.id: (row.ordered_at, row.id) for row in rows}
        place, count = (rows[-1].ordered_at, rows[-1].id), count - len(rows)


def _bound(place: tuple[datetime, int]) -> tuple[Any, Any]:
    moment = sa.bindparam(None, place[0], type_=Order.ordered_at.type)
    return moment, sa.bindparam(None, place[1], type_=Order.id.type)
