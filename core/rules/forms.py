"""The form of a rule: rows of conditions in groups and rows of actions, read and filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.rules.rule import MOST_ACTIONS
from core.rules.rule import MOST_CONDITIONS
from core.rules.rule import RuleText

MOST_GROUPS = 20
SPARE_CONDITIONS = 2
SPARE_ACTIONS = 2
PARTS = ("field", "operator", "value")


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A row of the form; an empty field is a row that was left out."""

    field: str = ""
    operator: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class GroupRows:
    """A group of the form."""

    match: str
    rows: tuple[ConditionRow, ...]


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action of the form."""

    do: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule as its form shows it, with spare rows to fill in."""

    name: str
    match: str
    groups: tuple[GroupRows, ...]
    actions: tuple[ActionRow, ...]

    def document(self) -> dict[str, Any]:
        """Return the rule that was filled in, as `read_rule` takes it."""
        groups = [
            {
                "match": group.match,
                "conditions": [
                    {"field": row.field, "operator": row.operator, "value": _parts(row.value)}
                    for row in group.rows
                    if row.field
                ],
            }
            for group in self.groups
        ]
        return {
            "name": self.name,
            "match": self.match,
            "groups": [group for group in groups if group["conditions"]],
            "actions": [{"do": a.do, "value": a.value} for a in self.actions if a.do],
        }

    def with_spare_rows(self) -> RuleForm:
        """Return the form with empty rows at the end of each part."""
        spare = (ConditionRow(),) * SPARE_CONDITIONS
        groups = [
            GroupRows(group.match, (*_filled(group.rows), *spare))
            for group in self.groups
            if _filled(group.rows)
        ]
        actions = tuple(row for row in self.actions if row.do)
        return RuleForm(
            self.name,
            self.match,
            (*groups, GroupRows("all", spare)),
            (*actions, *(ActionRow(),) * SPARE_ACTIONS),
        )


EMPTY = RuleForm("", "all", (), ())


def form_of(text: RuleText) -> RuleForm:
    """Return the form of a rule."""
    return RuleForm(
        text.name,
        text.match,
        tuple(
            GroupRows(
                group.match,
                tuple(
                    ConditionRow(c.field, c.operator, ", ".join(c.value)) for c in group.conditions
                ),
            )
            for group in text.groups
        ),
        tuple(ActionRow(action.do, action.value) for action in text.actions),
    )


def read_form(sent: Mapping[str, str]) -> RuleForm:
    """Return the form as it was sent; no more rows are read than a rule may have."""

    def text(name: str) -> str:
        return sent.get(name, "").strip()

    groups = tuple(
        GroupRows(
            text(f"g{g}-match") or "all",
            tuple(
                ConditionRow(
                    *(text(f"g{g}-c{c}-{part}") for part in ("field", "operator", "value"))
                )
                for c in range(MOST_CONDITIONS)
                if f"g{g}-c{c}-field" in sent
            ),
        )
        for g in range(MOST_GROUPS)
        if f"g{g}-match" in sent
    )
    actions = tuple(
        ActionRow(text(f"a{a}-do"), text(f"a{a}-value"))
        for a in range(MOST_ACTIONS)
        if f"a{a}-do" in sent
    )
    return RuleForm(text("name"), text("match") or "all", groups, actions)


def _filled(rows: tuple[ConditionRow, ...]) -> tuple[ConditionRow, ...]:
    return tuple(row for row in rows if row.field)


def _parts(value: str) -> list[str]:
    return [part for each in value.split(",") if (part := each.strip())]
