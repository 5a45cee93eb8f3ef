"""A rule that means nothing is refused, and told where and why."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import InputError
from core.rules.rule import read_rule
from core.rules.storing import text_of

TAG = [{"do": "tag", "value": "x"}]


def rule(**changes: Any) -> dict[str, Any]:
    return {"name": "A rule", "match": "all", "groups": [], "actions": TAG, **changes}


def condition(field: str, operator: str, value: Any = ()) -> dict[str, Any]:
    asked = {"field": field, "operator": operator, "value": value}
    return rule(groups=[{"match": "any", "conditions": [asked]}])


def test_a_rule_is_what_was_written() -> None:
    document = condition("amount", "between", ["1.00 EUR", "20.00 EUR"])

    text = read_rule(document)

    assert text.document() == {
        **document,
        "actions": [{"do": "tag", "value": "x"}],
    }
    assert text_of(text.document()) == text
    assert read_rule(text.document()) == text


@pytest.mark.parametrize(
    ("document", "where", "message"),
    [
        (["no"], "rule", "must be an object"),
        (rule(name=" "), "rule.name", "needs a name"),
        (rule(name=5), "rule.name", "not a text"),
        (rule(colour="red"), "rule", "'colour' is not a key"),
        (rule(match="most"), "rule.match", "neither all nor any"),
        (rule(groups={}), "rule.groups", "must be a list"),
        (rule(groups=[{"conditions": []}]), "rule.groups[1]", "needs a condition"),
        (rule(actions=[]), "rule.actions", "1 to 20 things"),
        (rule(actions=[{"do": "dance"}]), "rule.actions[1]", "'dance' is not an action"),
        (rule(actions=[{"do": "tag"}]), "rule.actions[1]", "needs a value"),
        (rule(actions=[{"do": "hold", "value": "maybe"}]), "rule.actions[1]", "parked, locked"),
        (rule(actions=[{"do": "approve", "value": "x"}]), "rule.actions[1]", "takes no value"),
        (
            rule(actions=[{"do": "hold", "value": "parked"}, {"do": "approve"}]),
            "rule.actions",
            "contradict each other",
        ),
        (condition("colour", "is_one_of", ["x"]), "conditions[1]", "not a field"),
        (condition("country", "above", ["GB"]), "conditions[1]", "cannot be asked"),
        (condition("country", "is_one_of"), "value", "at least one value"),
        (condition("country", "is_one_of", [None]), "value", "not a text"),
        (condition("country", "is_one_of", [""]), "value", "1 to 200 characters"),
        (condition("country", "is_empty", ["GB"]), "value", "takes no value"),
        (condition("items", "above", ["many"]), "value", "not a number"),
        (condition("items", "above", ["NaN"]), "value", "not a number"),
        (condition("items", "above", ["1e99"]), "value", "not a number"),
        (condition("items", "above", ["1.5"]), "value", "not a whole number"),
        (condition("items", "above", ["1", "2"]), "value", "needs 1 value"),
        (condition("items", "between", ["1"]), "value", "needs 2 values"),
        (condition("items", "between", ["3", "1"]), "value", "must not be above"),
        (condition("amount", "above", ["10"]), "value", "names no currency"),
        (condition("amount", "above", ["10 XXQ"]), "", "XXQ"),
        (condition("amount", "between", ["1 EUR", "2 USD"]), "value", "one currency"),
        (condition("margin", "below", ["1.234"]), "value", "two decimals"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(document: Any, where: str, message: str) -> None:
    with pytest.raises(InputError, match=None) as refused:
        read_rule(document)

    assert message in str(refused.value)
    assert where in str(refused.value)
