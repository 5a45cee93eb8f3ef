"""Asking rules about orders: compiled once, then asked order by order; pure and without a database.

Rules are asked in their order. The first that asks for a warehouse, a carrier service, a fate (hold
or approve) or a split has it; later ones that ask for the same are left, and the decision says so.
Tags add up, and rules below see the tags of rules above. What nobody knows of an order meets no
condition but `is_empty`.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from operator import attrgetter
from typing import Any

from core.errors import InputError
from core.money import to_text
from core.rules.actions import STOP
from core.rules.actions import TAG
from core.rules.fields import ATTRIBUTES
from core.rules.fields import FIELDS
from core.rules.fields import OrderFacts
from core.rules.fields import RuleField
from core.rules.rule import CORE
from core.rules.rule import Action
from core.rules.rule import Condition
from core.rules.rule import RuleText
from core.rules.rule import Vocabulary
from core.rules.rule import operand
from core.rules.rule import read_rule

Test = Callable[[OrderFacts], bool]
SHOWN_VALUES = 10


@dataclass(frozen=True, slots=True)
class RuleRef:
    """Which rule, in which version."""

    id: int
    version: int
    name: str


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A rule that is asked."""

    ref: RuleRef
    text: RuleText


@dataclass(frozen=True, slots=True)
class Left:
    """An action that was not done because an earlier rule had decided."""

    action: Action
    decided_by: RuleRef


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that met an order: why, what it does, and what it could not."""

    rule: RuleRef
    why: tuple[tuple[Condition, str], ...]
    done: tuple[Action, ...]
    left: tuple[Left, ...]


@dataclass(slots=True)
class Decision:
    """What the rules say of one order."""

    order_id: int
    hits: list[Hit] = field(default_factory=list)
    slots: dict[str, tuple[Action, RuleRef]] = field(default_factory=dict)
    tags: dict[str, RuleRef] = field(default_factory=dict)
    others: list[tuple[Action, RuleRef]] = field(default_factory=list)

    def chosen(self, slot: str) -> str | None:
        """Return the value that was chosen for a slot, None if no rule chose one."""
        found = self.slots.get(slot)
        return None if found is None else found[0].value

    def outcome(self) -> dict[str, str]:
        """Return what is done to the order, in a form that two decisions are compared by."""
        said = {slot: f"{a.do} {a.value}".strip() for slot, (a, _) in sorted(self.slots.items())}
        if self.tags:
            said["tags"] = ", ".join(sorted(self.tags))
        if self.others:
            said["others"] = ", ".join(sorted(f"{a.do} {a.value}".strip() for a, _ in self.others))
        return said


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: LiveRule
    holds: Test
    parts: tuple[tuple[Condition, Test, RuleField], ...]

    def why(self, facts: OrderFacts) -> tuple[tuple[Condition, str], ...]:
        """Return the conditions that hold, each with what was found."""
        return tuple(
            (condition, found_text(field, facts))
            for condition, test, field in self.parts
            if test(facts)
        )


class Ruleset:
    """Rules in their order, compiled; those that cannot be asked here are in `broken`."""

    def __init__(self, rules: Iterable[LiveRule], words: Vocabulary = CORE) -> None:
        self.words = words
        self.broken: dict[int, str] = {}
        self.fields: set[str] = set()
        self._rules: list[_Compiled] = []
        for rule in rules:
            try:
                read_rule(rule.text.document(), words)
            except InputError as error:
                self.broken[rule.ref.id] = str(error)
                continue
            self.fields |= {c.field for group in rule.text.groups for c in group.conditions}
            self._rules.append(_compile(rule, words))

    def __len__(self) -> int:
        return len(self._rules)

    def decide(self, facts: OrderFacts) -> Decision:
        """Return what the rules say of an order."""
        decision, before = Decision(facts.id), facts.tags
        for compiled in self._rules:
            if compiled.holds(facts) and not self._apply(compiled, facts, decision):
                break
        facts.tags = before
        return decision

    def decide_all(self, orders: Iterable[OrderFacts]) -> Iterator[Decision]:
        """Yield what the rules say of each order."""
        return map(self.decide, orders)

    def _apply(self, compiled: _Compiled, facts: OrderFacts, decision: Decision) -> bool:
        """Take a rule's actions into the decision; return whether further rules are asked."""
        rule, done, left = compiled.rule, list[Action](), list[Left]()
        # As the conditions saw the order: the rule's own tags come after.
        why = compiled.why(facts)
        for action in rule.text.actions:
            slot = self.words.actions[action.do].slot
            if slot is not None and slot in decision.slots:
                left.append(Left(action, decision.slots[slot][1]))
                continue
            if slot is not None:
                decision.slots[slot] = (action, rule.ref)
            elif action.do == TAG:
                _add_tag(decision, facts, action.value, rule.ref)
            elif action.do != STOP:
                decision.others.append((action, rule.ref))
            done.append(action)
        decision.hits.append(Hit(rule.ref, why, tuple(done), tuple(left)))
        return all(action.do != STOP for action in rule.text.actions)


def getter_of(field: RuleField) -> Callable[[OrderFacts], Any]:
    """Return what reads a field of an order's facts."""
    if field.name in FIELDS:
        return attrgetter(ATTRIBUTES.get(field.name, field.name))
    name = field.name
    return lambda facts: facts.extra.get(name)


def _add_tag(decision: Decision, facts: OrderFacts, tag: str, rule: RuleRef) -> None:
    folded = tag.casefold()
    if all(known.casefold() != folded for known in decision.tags):
        decision.tags[tag] = rule
    facts.tags = facts.tags | {folded}


def _compile(rule: LiveRule, words: Vocabulary) -> _Compiled:
    parts = []
    tests = []
    for group in rule.text.groups:
        mine = [(c, _compile_condition(c, words), words.fields[c.field]) for c in group.conditions]
        tests.append(_joined([test for _, test, _ in mine], every=group.match == "all"))
        parts += mine
    every = rule.text.match == "all"
    holds = _joined(tests, every=every) if tests else lambda _facts: True
    return _Compiled(rule, holds, tuple(parts))


def _joined(tests: Sequence[Test], *, every: bool) -> Test:
    fixed = tuple(tests)
    if len(fixed) == 1:
        return fixed[0]

    # Not `all` over a generator for each order: that takes twice as long.
    def decide(facts: OrderFacts) -> bool:
        for test in fixed:
            if test(facts) is not every:
                return not every
        return every

    return decide


def _compile_condition(condition: Condition, words: Vocabulary) -> Test:
    field = words.fields[condition.field]
    get = getter_of(field)
    wanted = operand(field, condition.operator, condition.value, condition.field)
    if field.kind == "text":
        return _TEXT[condition.operator](get, wanted)
    if field.kind == "set":
        return _SET[condition.operator](get, wanted)
    if field.kind == "money":
        return _money(get, condition.operator, wanted)
    return _NUMBER[condition.operator](get, wanted)


Get = Callable[[OrderFacts], Any]


def _is_one_of(get: Get, wanted: Any) -> Test:
    values = frozenset(wanted)
    return lambda facts: get(facts) in values


def _is_none_of(get: Get, wanted: Any) -> Test:
    values = frozenset(wanted)
    return lambda facts: (found := get(facts)) is not None and found not in values


def _contains_any(get: Get, wanted: Any) -> Test:
    return lambda facts: (found := get(facts)) is not None and any(w in found for w in wanted)


def _starts_with_any(get: Get, wanted: Any) -> Test:
    starts = tuple(wanted)
    return lambda facts: (found := get(facts)) is not None and found.startswith(starts)


def _is_empty(get: Get, _wanted: Any) -> Test:
    return lambda facts: not get(facts)


def _is_given(get: Get, _wanted: Any) -> Test:
    return lambda facts: bool(get(facts))


def _has_any(get: Get, wanted: Any) -> Test:
    values = frozenset(wanted)
    return lambda facts: (found := get(facts)) is not None and not values.isdisjoint(found)


def _has_all(get: Get, wanted: Any) -> Test:
    values = frozenset(wanted)
    return lambda facts: (found := get(facts)) is not None and values <= found


def _has_none(get: Get, wanted: Any) -> Test:
    values = frozenset(wanted)
    return lambda facts: (found := get(facts)) is not None and values.isdisjoint(found)


def _any_starts_with(get: Get, wanted: Any) -> Test:
    starts = tuple(wanted)
    return lambda facts: (
        (found := get(facts)) is not None and any(each.startswith(starts) for each in found)
    )


_TEXT: dict[str, Callable[[Get, Any], Test]] = {
    "is_one_of": _is_one_of,
    "is_none_of": _is_none_of,
    "contains_any": _contains_any,
    "starts_with_any": _starts_with_any,
    "is_empty": _is_empty,
    "is_given": _is_given,
}
_SET: dict[str, Callable[[Get, Any], Test]] = {
    "has_any": _has_any,
    "has_all": _has_all,
    "has_none": _has_none,
    "any_starts_with": _any_starts_with,
    "is_empty": _is_empty,
    "is_given": _is_given,
}


def _equals(get: Get, wanted: Any) -> Test:
    (number,) = wanted
    return lambda facts: get(facts) == number


def _below(get: Get, wanted: Any) -> Test:
    (number,) = wanted
    return lambda facts: (found := get(facts)) is not None and found < number


def _at_most(get: Get, wanted: Any) -> Test:
    (number,) = wanted
    return lambda facts: (found := get(facts)) is not None and found <= number


def _at_least(get: Get, wanted: Any) -> Test:
    (number,) = wanted
    return lambda facts: (found := get(facts)) is not None and found >= number


def _above(get: Get, wanted: Any) -> Test:
    (number,) = wanted
    return lambda facts: (found := get(facts)) is not None and found > number


def _between(get: Get, wanted: Any) -> Test:
    low, high = wanted
    return lambda facts: (found := get(facts)) is not None and low <= found <= high


_NUMBER: dict[str, Callable[[Get, Any], Test]] = {
    "equals": _equals,
    "below": _below,
    "at_most": _at_most,
    "at_least": _at_least,
    "above": _above,
    "between": _between,
}


def _money(get: Get, operator: str, wanted: Any) -> Test:
    """Compare amounts of the order's own currency; of another nothing is known."""
    currency = wanted[0][1]
    test = _NUMBER[operator](get, tuple(amount for amount, _ in wanted))
    return lambda facts: facts.currency == currency and test(facts)


def found_text(field: RuleField, facts: OrderFacts) -> str:
    """Return what an order holds in a field, as a person reads it; nothing personal."""
    value = getter_of(field)(facts)
    if value is None:
        return "not known"
    if field.personal:
        return "not shown"
    if isinstance(value, frozenset):
        shown = sorted(value)[:SHOWN_VALUES]
        return ", ".join(shown) + (" …" if len(value) > SHOWN_VALUES else "")
    if field.kind == "money":
        return f"{to_text(value, facts.currency)} {facts.currency}"
    if field.kind == "percent":
        return f"{value / 100:.2f}"
    return str(value)
