"""The page of rules says what their data says."""

from __future__ import annotations

from core.rules.reference import FILE
from core.rules.reference import write_reference
from core.web.labels import LABELS


def test_reference_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == write_reference()


def test_every_field_operator_and_action_has_words_on_the_pages() -> None:
    from core.rules.actions import ACTIONS
    from core.rules.fields import FIELDS
    from core.rules.fields import OPERATORS

    assert FIELDS.keys() == LABELS["rule_field"].keys()
    assert ACTIONS.keys() == LABELS["rule_action"].keys()
    assert {name for each in OPERATORS.values() for name in each} == set(LABELS["rule_operator"])
