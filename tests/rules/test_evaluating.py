"""Compiled rules say what a plain reading of them says, and their order counts as stated."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from core.rules.evaluating import Decision
from core.rules.evaluating import LiveRule
from core.rules.evaluating import RuleRef
from core.rules.evaluating import Ruleset
from core.rules.fields import FIELDS
from core.rules.fields import OPERATORS
from core.rules.fields import OrderFacts
from core.rules.rule import read_rule

WORDS = ["a", "ab", "b", "GB", "po_box", "x y"]
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.none() | st.sampled_from(["", *WORDS]),
    "set": st.none() | st.frozensets(st.sampled_from(WORDS), max_size=3),
    "number": st.none() | st.integers(-3, 3),
    "money": st.none() | st.integers(-300, 300),
    "percent": st.none() | st.integers(-300, 300),
}
ATTRIBUTES = {"sku": "skus", "tag": "tags", "address": "flags", "queue": "queues"}
NEVER_UNKNOWN = {"sku", "tag", "queue", "currency"}


@st.composite
def orders(draw: st.DrawFn) -> OrderFacts:
    facts = OrderFacts(1)
    for name, field in FIELDS.items():
        value = draw(VALUES[field.kind])
        if value is None and name in NEVER_UNKNOWN:
            value = frozenset() if field.kind == "set" else ""
        setattr(facts, ATTRIBUTES.get(name, name), value)
    facts.currency = draw(st.sampled_from(["GBP", "EUR"]))
    return facts


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    field = FIELDS[draw(st.sampled_from(sorted(FIELDS)))]
    operator = draw(st.sampled_from(sorted(OPERATORS[field.kind])))
    if operator in ("is_empty", "is_given"):
        value: list[str] = []
    elif field.kind in ("text", "set"):
        words = [word.upper() if field.name in ("country", "currency") else word for word in WORDS]
        value = draw(st.lists(st.sampled_from(words), min_size=1, max_size=3))
    else:
        count = 2 if operator == "between" else 1
        numbers = sorted(draw(st.lists(st.integers(-3, 3), min_size=count, max_size=count)))
        value = [f"{number} GBP" if field.kind == "money" else str(number) for number in numbers]
    return {"field": field.name, "operator": operator, "value": value}


ACTIONS = st.lists(
    st.sampled_from(
        [
            {"do": "tag", "value": "a"},
            {"do": "tag", "value": "GB"},
            {"do": "warehouse", "value": "NORTH"},
            {"do": "service", "value": "express"},
            {"do": "hold", "value": "parked"},
            {"do": "approve"},
            {"do": "stop"},
        ]
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda action: {"approve": "hold"}.get(action["do"], action["do"]),
)
GROUPS = st.lists(
    st.fixed_dictionaries(
        {
            "match": st.sampled_from(["all", "any"]),
            "conditions": st.lists(conditions(), min_size=1, max_size=3),
        }
    ),
    max_size=3,
)
RULES = st.lists(
    st.fixed_dictionaries(
        {"match": st.sampled_from(["all", "any"]), "groups": GROUPS, "actions": ACTIONS}
    ),
    max_size=5,
)


def ruleset(documents: list[dict[str, Any]]) -> Ruleset:
    return Ruleset(
        LiveRule(RuleRef(place, 1, f"r{place}"), read_rule({"name": f"r{place}", **document}))
        for place, document in enumerate(documents)
    )


def reference(documents: list[dict[str, Any]], facts: OrderFacts) -> dict[str, Any]:
    """Read rules word by word, as slowly and plainly as can be."""
    slots: dict[str, tuple[str, int]] = {}
    tags: list[str] = []
    seen = set(facts.tags)
    met: list[int] = []
    for place, rule in enumerate(documents):
        told = [
            [holds(condition, facts, seen) for condition in group["conditions"]]
            for group in rule["groups"]
        ]
        groups = [
            all(answers) if group["match"] == "all" else any(answers)
            for group, answers in zip(rule["groups"], told, strict=True)
        ]
        if groups and not (all(groups) if rule["match"] == "all" else any(groups)):
            continue
        met.append(place)
        for action in rule["actions"]:
            slot = {"hold": "fate", "approve": "fate"}.get(action["do"], action["do"])
            if action["do"] == "tag":
                if action["value"] not in tags:
                    tags.append(action["value"])
                seen.add(action["value"].casefold())
            elif action["do"] != "stop" and slot not in slots:
                slots[slot] = (f"{action['do']} {action.get('value', '')}", place)
        if any(action["do"] == "stop" for action in rule["actions"]):
            break
    return {"slots": slots, "tags": tags, "met": met}


def holds(condition: dict[str, Any], facts: OrderFacts, tags: set[str]) -> bool:
    field, operator = FIELDS[condition["field"]], condition["operator"]
    found = (
        frozenset(tags)
        if field.name == "tag"
        else getattr(facts, ATTRIBUTES.get(field.name, field.name))
    )
    if operator == "is_empty":
        return not found
    if operator == "is_given":
        return bool(found)
    if found is None:
        return False
    if field.kind in ("text", "set"):
        words = [word.casefold() if field.fold else word for word in condition["value"]]
        return said(operator, found, words)
    numbers = []
    for text in condition["value"]:
        number, _, currency = text.partition(" ")
        if currency and currency != facts.currency:
            return False
        numbers.append(int(number) * (1 if field.kind == "number" else 100))
    return {
        "equals": found == numbers[0],
        "below": found < numbers[0],
        "at_most": found <= numbers[0],
        "at_least": found >= numbers[0],
        "above": found > numbers[0],
        "between": numbers[0] <= found <= numbers[-1],
    }[operator]


def said(operator: str, found: Any, words: list[str]) -> bool:
    return {
        "is_one_of": lambda: found in words,
        "is_none_of": lambda: found not in words,
        "contains_any": lambda: any(word in found for word in words),
        "starts_with_any": lambda: any(found.startswith(word) for word in words),
        "has_any": lambda: any(word in found for word in words),
        "has_all": lambda: all(word in found for word in words),
        "has_none": lambda: not any(word in found for word in words),
        "any_starts_with": lambda: any(each.startswith(w) for each in found for w in words),
    }[operator]()


def plain(decision: Decision) -> dict[str, Any]:
    return {
        "slots": {
            slot: (f"{action.do} {action.value}", rule.id)
            for slot, (action, rule) in decision.slots.items()
        },
        "tags": list(decision.tags),
        "met": [hit.rule.id for hit in decision.hits],
    }


@settings(max_examples=400, deadline=None)
@given(RULES, orders())
def test_rules_say_what_a_plain_reading_says(
    rules: list[dict[str, Any]], order: OrderFacts
) -> None:
    assert plain(ruleset(rules).decide(order)) == reference(rules, order)


@settings(max_examples=100, deadline=None)
@given(RULES, orders())
def test_asking_changes_nothing(rules: list[dict[str, Any]], order: OrderFacts) -> None:
    compiled = ruleset(rules)

    assert plain(compiled.decide(order)) == plain(compiled.decide(order))


@settings(max_examples=100, deadline=None)
@given(RULES, orders())
def test_a_rule_below_never_takes_what_a_rule_above_chose(
    rules: list[dict[str, Any]], order: OrderFacts
) -> None:
    fewer = ruleset(rules[:-1]).decide(order)
    all_of_them = ruleset(rules).decide(order)

    assert plain(all_of_them)["slots"].items() >= plain(fewer)["slots"].items()
    assert set(all_of_them.tags) >= set(fewer.tags)


def test_the_first_rule_wins_and_the_other_is_told_so() -> None:
    rules = [
        {"groups": [], "match": "all", "actions": [{"do": "hold", "value": "parked"}]},
        {"groups": [], "match": "all", "actions": [{"do": "approve"}, {"do": "tag", "value": "x"}]},
    ]

    decision = ruleset(rules).decide(OrderFacts(1))
    turned = ruleset(rules[::-1]).decide(OrderFacts(1))

    assert decision.outcome() == {"fate": "hold parked", "tags": "x"}
    (left,) = decision.hits[1].left
    assert (left.action.do, left.decided_by.name) == ("approve", "r0")
    assert turned.outcome() == {"fate": "approve", "tags": "x"}


def test_a_rule_sees_the_tags_of_rules_above_only() -> None:
    vip = {"groups": [], "match": "all", "actions": [{"do": "tag", "value": "VIP"}]}
    asks = {
        "match": "all",
        "groups": [
            {
                "match": "all",
                "conditions": [{"field": "tag", "operator": "has_any", "value": ["vip"]}],
            }
        ],
        "actions": [{"do": "service", "value": "express"}],
    }

    assert ruleset([vip, asks]).decide(OrderFacts(1)).chosen("service") == "express"
    assert ruleset([asks, vip]).decide(OrderFacts(1)).chosen("service") is None


def test_the_trace_tells_what_was_found_but_nothing_personal() -> None:
    rule = {
        "match": "all",
        "groups": [
            {
                "match": "all",
                "conditions": [
                    {"field": "amount", "operator": "above", "value": ["10.00 GBP"]},
                    {"field": "note", "operator": "contains_any", "value": ["gift"]},
                ],
            }
        ],
        "actions": [{"do": "tag", "value": "gift"}],
    }
    order = OrderFacts(1, currency="GBP", amount=1250, note="a gift for zebulon")

    (hit,) = ruleset([rule]).decide(order).hits

    assert [found for _, found in hit.why] == ["12.50 GBP", "not shown"]


def test_a_rule_of_a_missing_addon_is_not_asked() -> None:
    text = read_rule({"name": "x", "actions": [{"do": "tag", "value": "x"}]})
    there = LiveRule(RuleRef(1, 1, "x"), text)
    from dataclasses import replace

    from core.rules.rule import Action

    gone = LiveRule(RuleRef(2, 1, "y"), replace(text, actions=(Action("robot.wave", ""),)))

    rules = Ruleset([gone, there])

    assert rules.decide(OrderFacts(1)).outcome() == {"tags": "x"}
    assert "robot.wave" in rules.broken[2]
