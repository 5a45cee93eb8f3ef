"""A rule as data: conditions in groups, actions, and the document that it is written as.

{"name": "Heavy to the coast", "match": "any", "groups": [{"match": "all", "conditions": [
    {"field": "weight", "operator": "above", "value": ["20000"]}]}],
 "actions": [{"do": "warehouse", "value": "COAST"}]}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from decimal import InvalidOperation
from typing import Any
from typing import Literal

from core.errors import InputError
from core.money import minor_digits
from core.money import to_minor
from core.rules.actions import ACTIONS
from core.rules.actions import RuleAction
from core.rules.fields import FIELDS
from core.rules.fields import WITHOUT_VALUE
from core.rules.fields import RuleField

MATCHES = ("all", "any")
MOST_CONDITIONS = 50
MOST_ACTIONS = 20
LONGEST_NAME = 100
LONGEST_VALUE = 200
MOST_VALUES = 1000
LARGEST_NUMBER = 10**15

Match = Literal["all", "any"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The fields and actions that rules may use here: the core's and those of enabled addons."""

    fields: Mapping[str, RuleField]
    actions: Mapping[str, RuleAction]


CORE = Vocabulary(FIELDS, ACTIONS)


@dataclass(frozen=True, slots=True)
class Condition:
    """A field, an operator and what the field is compared with, as it was written."""

    field: str
    operator: str
    value: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all, or any, must hold."""

    match: Match
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do, with the value that it takes."""

    do: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule says. Of its groups all, or any, must hold; without a group it always does."""

    name: str
    match: Match
    groups: tuple[Group, ...]
    actions: tuple[Action, ...]

    def document(self) -> dict[str, Any]:
        """Return the rule as it is stored and exported."""
        return {
            "name": self.name,
            "match": self.match,
            "groups": [
                {
                    "match": group.match,
                    "conditions": [
                        {"field": c.field, "operator": c.operator, "value": list(c.value)}
                        for c in group.conditions
                    ],
                }
                for group in self.groups
            ],
            "actions": [{"do": a.do, "value": a.value} for a in self.actions],
        }


def read_rule(document: object, words: Vocabulary = CORE, where: str = "rule") -> RuleText:
    """Check a document and return the rule.

    Raises: InputError saying where what is wrong.
    """
    data = _table(document, where, {"name", "match", "groups", "actions"})
    name = _text(data.get("name", ""), f"{where}.name").strip()
    if not name or len(name) > LONGEST_NAME:
        raise InputError(
            f"a rule needs a name of 1 to {LONGEST_NAME} characters.", where=f"{where}.name"
        )
    groups = tuple(
        _group(each, words, f"{where}.groups[{place}]")
        for place, each in enumerate(_list(data.get("groups", []), f"{where}.groups"), 1)
    )
    if sum(len(group.conditions) for group in groups) > MOST_CONDITIONS:
        raise InputError(
            f"more than {MOST_CONDITIONS} conditions.", where=where, hint="Make several rules."
        )
    actions = tuple(
        _action(each, words, f"{where}.actions[{place}]")
        for place, each in enumerate(_list(data.get("actions", []), f"{where}.actions"), 1)
    )
    if not 1 <= len(actions) <= MOST_ACTIONS:
        raise InputError(
            f"a rule does 1 to {MOST_ACTIONS} things.",
            where=f"{where}.actions",
            hint="Add an action, such as a tag.",
        )
    _no_contradiction(actions, words, where)
    return RuleText(name, _match(data.get("match", "all"), where), groups, actions)


def operand(field: RuleField, operator: str, value: Sequence[str], where: str) -> Any:
    """Return what a field is compared with: texts, or one or two numbers.

    Raises: InputError for a value that cannot be compared with such a field.
    """
    if operator in WITHOUT_VALUE:
        if value:
            raise InputError(f"{operator} takes no value.", where=where)
        return None
    if field.kind in ("text", "set"):
        if not value:
            raise InputError(f"{operator} needs at least one value.", where=where)
        return tuple(_folded(field, text) for text in value)
    wanted = 2 if operator == "between" else 1
    if len(value) != wanted:
        raise InputError(f"{operator} needs {wanted} value{'s' * (wanted > 1)}.", where=where)
    numbers = [_number(field, text, where) for text in value]
    if wanted == 2:
        _in_order(numbers, where)
    return tuple(numbers)


def _group(document: object, words: Vocabulary, where: str) -> Group:
    data = _table(document, where, {"match", "conditions"})
    conditions = tuple(
        _condition(each, words, f"{where}.conditions[{place}]")
        for place, each in enumerate(_list(data.get("conditions", []), f"{where}.conditions"), 1)
    )
    if not conditions:
        raise InputError("a group needs a condition.", where=where, hint="Remove the group.")
    return Group(_match(data.get("match", "all"), where), conditions)


def _condition(document: object, words: Vocabulary, where: str) -> Condition:
    data = _table(document, where, {"field", "operator", "value"})
    name, operator = _text(data.get("field", ""), where), _text(data.get("operator", ""), where)
    field = words.fields.get(name)
    if field is None:
        raise InputError(
            f"{name!r} is not a field of an order.",
            where=where,
            hint=f"Fields are: {', '.join(words.fields)}.",
        )
    if operator not in field.operators:
        raise InputError(
            f"{operator!r} cannot be asked of {name}.",
            where=where,
            hint=f"It takes: {', '.join(field.operators)}.",
        )
    given = data.get("value", [])
    texts = [given] if isinstance(given, str | int) else _list(given, f"{where}.value")
    value = tuple(_value(each, f"{where}.value") for each in texts)
    if len(value) > MOST_VALUES:
        raise InputError(f"more than {MOST_VALUES} values.", where=where)
    operand(field, operator, value, f"{where}.value")
    return Condition(name, operator, value)


def _action(document: object, words: Vocabulary, where: str) -> Action:
    data = _table(document, where, {"do", "value"})
    name, value = _text(data.get("do", ""), where), _text(data.get("value", ""), where).strip()
    action = words.actions.get(name)
    if action is None:
        raise InputError(
            f"{name!r} is not an action.",
            where=where,
            hint=f"Actions are: {', '.join(words.actions)}.",
        )
    if action.choices is None and not 1 <= len(value) <= LONGEST_NAME:
        raise InputError(f"{name} needs a value.", where=where, hint=action.help)
    if action.choices == () and value:
        raise InputError(f"{name} takes no value.", where=where)
    if action.choices and value not in action.choices:
        raise InputError(
            f"{name} is one of {', '.join(action.choices)}, not {value!r}.", where=where
        )
    return Action(name, value)


def _no_contradiction(actions: Sequence[Action], words: Vocabulary, where: str) -> None:
    slots: dict[str, str] = {}
    for action in actions:
        slot = words.actions[action.do].slot
        if slot is not None and slot in slots:
            raise InputError(
                f"{slots[slot]} and {action.do} contradict each other in one rule.",
                where=f"{where}.actions",
                hint="Keep one of them.",
            )
        if slot is not None:
            slots[slot] = action.do


def _number(field: RuleField, text: str, where: str) -> Any:
    """Return an int; with its currency for money, in hundredths of a percent for percents."""
    number, _, currency = text.strip().partition(" ")
    try:
        decimal = Decimal(number)
    except InvalidOperation:
        decimal = Decimal("NaN")
    if not decimal.is_finite() or abs(decimal) > LARGEST_NUMBER:
        raise InputError(f"{text!r} is not a number.", where=where)
    if field.kind == "money":
        if not re.fullmatch(r"[A-Z]{3}", currency):
            raise InputError(
                f"{text!r} names no currency.", where=where, hint="Write it as 50.00 EUR."
            )
        minor_digits(currency)
        return to_minor(decimal, currency), currency
    scaled = decimal * (100 if field.kind == "percent" else 1)
    if currency or scaled != scaled.to_integral_value():
        kind = "a whole number" if field.kind == "number" else "a number with two decimals"
        raise InputError(f"{text!r} is not {kind}.", where=where)
    return int(scaled)


def _in_order(numbers: Sequence[Any], where: str) -> None:
    low, high = numbers
    if isinstance(low, tuple) and low[1] != high[1]:
        raise InputError("both amounts must be of one currency.", where=where)
    if low > high:
        raise InputError("the first value must not be above the second.", where=where)


def _folded(field: RuleField, text: str) -> str:
    if field.name in ("country", "currency"):
        return text.upper()
    return text.casefold() if field.fold else text


def _value(value: object, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"{value!r} is not a text.", where=where)
    text = str(value).strip()
    if not text or len(text) > LONGEST_VALUE:
        raise InputError(
            f"a value has 1 to {LONGEST_VALUE} characters, not {len(text)}.", where=where
        )
    return text


def _match(value: object, where: str) -> Match:
    if value == "all":
        return "all"
    if value == "any":
        return "any"
    raise InputError(f"{value!r} is neither all nor any.", where=f"{where}.match")


def _table(document: object, where: str, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raise InputError("must be an object.", where=where)
    if unknown := sorted(map(str, document.keys() - keys)):
        raise InputError(
            f"{unknown[0]!r} is not a key.", where=where, hint=f"Keys: {', '.join(sorted(keys))}."
        )
    return document


def _list(value: object, where: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise InputError("must be a list.", where=where)
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{value!r} is not a text.", where=where)
    return value
