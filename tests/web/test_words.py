"""Codes that stand in data files have words, and the words say what the data say."""

from __future__ import annotations

from core.allocation.drivers import READERS
from core.allocation.rules import shipped_rules
from core.closing.controls import CONTROLS
from core.expenses.types import expense_types
from core.web.labels import LABELS

OTHER_TASKS = {"tax_boxes", "revaluation", "revaluation_rate", "allocation", "allocation_stale"}


def said(group: str) -> dict[str, str]:
    return {code: str(words) for code, words in LABELS[group].items()}


def test_kinds_of_costs_and_rules_have_the_words_of_their_files() -> None:
    assert said("expense_type") == {code: kind.title for code, kind in expense_types().items()}
    assert said("allocation_rule") == {rule.code: rule.title for rule in shipped_rules()}
    assert said("allocation_driver").keys() == READERS.keys()


def test_every_task_of_closing_says_how_it_is_mended() -> None:
    tasks = {control.name for control in CONTROLS} | OTHER_TASKS
    assert said("closing_task").keys() == said("closing_fix").keys() == tasks
