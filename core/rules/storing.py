"""Rules in the database: listed in their order, written, let live, switched, moved, put away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Database
from core.errors import Conflict
from core.errors import NotFound
from core.identity.deeds import part_of_another
from core.identity.deeds import say
from core.ids import next_id
from core.remembered import Remembered
from core.rules.evaluating import LiveRule
from core.rules.evaluating import RuleRef
from core.rules.evaluating import Ruleset
from core.rules.models import Rule
from core.rules.models import RuleVersion
from core.rules.rule import Action
from core.rules.rule import Condition
from core.rules.rule import Group
from core.rules.rule import RuleText
from core.rules.rule import Vocabulary
from core.rules.words import vocabulary

_DECIDING = Remembered(
    sa.select(Rule.id, Rule.live_version)
    .where(
        Rule.company_id == sa.bindparam("company"),
        Rule.enabled == sa.literal(True, Rule.enabled.type),
        Rule.live_version.is_not(None),
        Rule.archived_at.is_(None),
    )
    .order_by(Rule.position, Rule.id),
    ["rules_rule"],
    lambda rows: tuple((row[0], row[1]) for row in rows),
)
_COMPILED: WeakKeyDictionary[
    Database, dict[int, tuple[tuple[tuple[int, int], ...], Vocabulary, Ruleset]]
] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule as lists and forms show it; `live` is what decides, if anything does."""

    id: int
    position: int
    enabled: bool
    version: int
    live_version: int | None
    row_version: int
    newest: RuleText
    live: RuleText | None

    @property
    def is_draft(self) -> bool:
        """Say whether its newest version has still to go live."""
        return self.version != self.live_version

    @property
    def decides(self) -> bool:
        """Say whether it is asked."""
        return self.enabled and self.live is not None

    def as_live(self) -> LiveRule:
        """Return its live version as a rule that is asked."""
        text = self.live or self.newest
        return LiveRule(RuleRef(self.id, self.live_version or self.version, text.name), text)

    def as_newest(self) -> LiveRule:
        """Return its newest version as a rule that is asked."""
        return LiveRule(RuleRef(self.id, self.version, self.newest.name), self.newest)


def list_rules(session: Session, company_id: int) -> list[StoredRule]:
    """Return a company's rules in the order in which they are asked."""
    rules = session.scalars(
        sa.select(Rule)
        .where(Rule.company_id == company_id, Rule.archived_at.is_(None))
        .order_by(Rule.position, Rule.id)
    ).all()
    texts = _texts(session, company_id, rules)
    return [
        StoredRule(
            rule.id,
            rule.position,
            rule.enabled,
            rule.version,
            rule.live_version,
            rule.row_version,
            texts[rule.id, rule.version],
            texts[rule.id, rule.live_version] if rule.live_version is not None else None,
        )
        for rule in rules
    ]


def get_rule(session: Session, company_id: int, rule_id: int) -> StoredRule:
    """Return a rule.

    Raises: NotFound, also for the rule of another company.
    """
    for rule in list_rules(session, company_id):
        if rule.id == rule_id:
            return rule
    raise NotFound("There is no such rule.")


def live_ruleset(session: Session, company_id: int) -> Ruleset:
    """Return the rules that decide now, compiled."""
    deciding = [rule.as_live() for rule in list_rules(session, company_id) if rule.decides]
    return Ruleset(deciding, vocabulary(session)) if deciding else Ruleset(())


def rules_are_live(session: Session, company_id: int) -> bool:
    """Say whether a company has rules that decide now."""
    return bool(_DECIDING.of(session, company=company_id))


def deciding_ruleset(session: Session, company_id: int) -> Ruleset | None:
    """Return the rules that decide now as `live_ruleset` does, kept compiled; None without any.

    A version is never changed: the rules are the same while the same versions are live.
    """
    live = _DECIDING.of(session, company=company_id)
    if not live:
        return None
    words = vocabulary(session)
    kept = _COMPILED.setdefault(session.info["database"], {})
    if (found := kept.get(company_id)) is None or found[:2] != (live, words):
        found = kept[company_id] = (live, words, live_ruleset(session, company_id))
    return found[2]


def add_rule(session: Session, company_id: int, text: RuleText, author: str) -> int:
    """Store a new rule below the others; it decides nothing until it goes live."""
    last = session.scalar(
        sa.select(sa.func.max(Rule.position)).where(Rule.company_id == company_id)
    )
    rule = Rule(
        company_id=company_id,
        id=next_id(session),
        position=(last or 0) + 1,
        enabled=True,
        version=1,
        live_version=None,
        archived_at=None,
        created_at=clock.now(),
    )
    session.add(rule)
    session.flush()
    _write_version(session, rule, text, author)
    say(session, company_id, "rule.added", f"rule:{rule.id}", after=text.document(), by=author)
    return rule.id


def change_rule(
    session: Session,
    company_id: int,
    rule_id: int,
    text: RuleText,
    author: str,
    row_version: int | None = None,
) -> int:
    """Store a further version and return its number; the live one decides until that goes live.

    Raises: Conflict if somebody changed the rule meanwhile.
    """
    rule = _locked(session, company_id, rule_id, row_version)
    before = get_rule(session, company_id, rule_id).newest
    if text == before:
        return rule.version
    rule.version += 1
    rule.row_version += 1
    _write_version(session, rule, text, author)
    session.flush()
    old, new, subject = before.document(), text.document(), f"rule:{rule_id}"
    say(session, company_id, "rule.changed", subject, before=old, after=new, by=author)
    return rule.version


def go_live(session: Session, company_id: int, rule_id: int, version: int) -> None:
    """Let a version decide from now on, and switch the rule on.

    Raises: Conflict if there is a newer version than the one that was looked at.
    """
    rule = _locked(session, company_id, rule_id, None)
    if rule.version != version:
        raise Conflict(
            f"Version {rule.version} of the rule was written meanwhile.",
            hint="Simulate it, then let it go live.",
        )
    before = {"version": rule.live_version, "on": rule.enabled}
    rule.live_version, rule.enabled = version, True
    rule.row_version += 1
    session.flush()
    after = {"version": version, "on": True}
    say(session, company_id, "rule.live", f"rule:{rule_id}", before=before, after=after)


def switch_rule(session: Session, company_id: int, rule_id: int, *, on: bool) -> None:
    """Let a rule be asked, or not."""
    rule = _locked(session, company_id, rule_id, None)
    before, rule.enabled = {"on": rule.enabled}, on
    rule.row_version += 1
    session.flush()
    say(session, company_id, "rule.switched", f"rule:{rule_id}", before=before, after={"on": on})


def order_rules(session: Session, company_id: int, rule_ids: Sequence[int]) -> None:
    """Ask the rules in this order.

    Raises: Conflict unless exactly the rules of the company are named.
    """
    rules = {
        rule.id: rule
        for rule in session.scalars(
            sa.select(Rule)
            .where(Rule.company_id == company_id, Rule.archived_at.is_(None))
            .order_by(Rule.id)
            .with_for_update()
        )
    }
    if sorted(rule_ids) != sorted(rules):
        raise Conflict("The rules were changed meanwhile.", hint="Load the page again.")
    places = {rule.id: rule.position for rule in rules.values()}
    for position, rule_id in enumerate(rule_ids, 1):
        if rules[rule_id].position != position:
            rules[rule_id].position = position
            rules[rule_id].row_version += 1
    session.flush()
    before, after = {"rules": sorted(rules, key=places.__getitem__)}, {"rules": list(rule_ids)}
    say(session, company_id, "rule.ordered", "rules", before=before, after=after)


def move_rule(session: Session, company_id: int, rule_id: int, *, up: bool) -> None:
    """Let a rule change places with the one above or below it."""
    ids = [rule.id for rule in list_rules(session, company_id)]
    if rule_id not in ids:
        raise NotFound("There is no such rule.")
    place = ids.index(rule_id)
    other = max(place - 1, 0) if up else min(place + 1, len(ids) - 1)
    ids[place], ids[other] = ids[other], ids[place]
    with part_of_another():
        order_rules(session, company_id, ids)
    before, after = {"place": place + 1}, {"place": other + 1}
    say(session, company_id, "rule.moved", f"rule:{rule_id}", before=before, after=after)


def put_away(session: Session, company_id: int, rule_id: int) -> None:
    """Take a rule out of the list; what it decided can still be read."""
    rule = _locked(session, company_id, rule_id, None)
    rule.archived_at = clock.now()
    rule.enabled = False
    rule.row_version += 1
    session.flush()
    say(session, company_id, "rule.put_away", f"rule:{rule_id}")


def text_of(document: dict[str, object]) -> RuleText:
    """Return a rule that was checked when it was stored."""
    data: dict[str, object] = document
    groups: object = data["groups"]
    actions: object = data["actions"]
    assert isinstance(groups, list)  # noqa: S101 - as it was written
    assert isinstance(actions, list)  # noqa: S101 - likewise
    return RuleText(
        str(data["name"]),
        "any" if data["match"] == "any" else "all",
        tuple(
            Group(
                "any" if group["match"] == "any" else "all",
                tuple(
                    Condition(c["field"], c["operator"], tuple(c["value"]))
                    for c in group["conditions"]
                ),
            )
            for group in groups
        ),
        tuple(Action(a["do"], a["value"]) for a in actions),
    )


def _locked(session: Session, company_id: int, rule_id: int, row_version: int | None) -> Rule:
    rule = session.scalars(
        sa.select(Rule)
        .where(Rule.company_id == company_id, Rule.id == rule_id, Rule.archived_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if rule is None:
        raise NotFound("There is no such rule.")
    if row_version is not None and rule.row_version != row_version:
        raise Conflict("The rule was changed meanwhile.", hint="Load it again and repeat.")
    return rule


def _texts(
    session: Session, company_id: int, rules: Sequence[Rule]
) -> dict[tuple[int, int], RuleText]:
    wanted = [(rule.id, number) for rule in rules for number in (rule.version, rule.live_version)]
    query = sa.select(RuleVersion.rule_id, RuleVersion.version, RuleVersion.definition).where(
        RuleVersion.company_id == company_id,
        sa.tuple_(RuleVersion.rule_id, RuleVersion.version).in_(
            [pair for pair in wanted if pair[1] is not None]
        ),
    )
    return {(row[0], row[1]): text_of(row[2]) for row in session.execute(query)}


def _write_version(session: Session, rule: Rule, text: RuleText, author: str) -> None:
    session.add(
        RuleVersion(
            company_id=rule.company_id,
            id=next_id(session),
            rule_id=rule.id,
            version=rule.version,
            name=text.name,
            definition=text.document(),
            made_by=author,
            made_at=clock.now(),
        )
    )
    session.flush()
