"""The reference of conditions and actions, from their data: `python -m core.rules.reference`."""

from __future__ import annotations

from collections.abc import Iterator

from core.config import ROOT
from core.rules.actions import ACTIONS
from core.rules.fields import FIELDS
from core.rules.fields import OPERATORS

FILE = ROOT / "docs" / "reference" / "rules.md"

INTRODUCTION = """# Rules

This page is written from the data of `core/rules/` by `python -m core.rules.reference`; change
that, not this page. [How to write rules](../how-to/rules.md) says what they are good for.

A rule has groups of conditions; in a group all or any must hold, and of the groups all or any. A
rule without a group holds for every order. What nobody knows of an order meets no condition but
`is_empty`. Amounts are written with their currency (`50.00 EUR`) and compared with orders of that
currency only.
"""


def write_reference() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *_fields(), "", *_operators(), "", *_actions(), ""])


def _fields() -> Iterator[str]:
    yield "## Fields"
    yield ""
    yield "| Field | Kind | What it is |"
    yield "|---|---|---|"
    for field in FIELDS.values():
        more = " Capitals do not count." if field.fold else ""
        hidden = " It is never written into a trace." if field.personal else ""
        yield f"| `{field.name}` | {field.kind} | {field.title}. {field.help}{more}{hidden} |"


def _operators() -> Iterator[str]:
    yield "## Operators"
    yield ""
    yield "| Kind | Operators |"
    yield "|---|---|"
    for kind, operators in OPERATORS.items():
        yield f"| {kind} | {', '.join(f'`{name}` {words}' for name, words in operators.items())} |"


def _actions() -> Iterator[str]:
    yield "## Actions"
    yield ""
    yield "Of the actions of one slot the first that a rule asks for is done, later ones are left."
    yield ""
    yield "| Action | Value | Slot | What it does |"
    yield "|---|---|---|---|"
    for action in ACTIONS.values():
        value = "text" if action.choices is None else ", ".join(map("`{}`".format, action.choices))
        slot = action.slot or "none"
        yield f"| `{action.name}` | {value or 'none'} | {slot} | {action.title}. {action.help} |"


if __name__ == "__main__":
    FILE.write_text(write_reference(), encoding="utf-8")
