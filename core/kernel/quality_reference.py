"""The reference of the quality scale: `python -m core.kernel.quality_reference`."""

from __future__ import annotations

from collections.abc import Iterator

from core.config import ROOT
from core.kernel.manifest import CATEGORIES
from core.kernel.quality import LEVELS
from core.kernel.quality import Rule
from core.kernel.quality import rules

FILE = ROOT / "docs" / "reference" / "quality.md"

INTRODUCTION = """# Quality scale

This page is written from the rules in `core/kernel/quality.toml` by
`python -m core.kernel.quality_reference`; change those, not this page.

An addon is *bronze*, *silver*, *gold* or *platinum* when it follows every rule of that level and of
those below, as far as they concern its category; until then its level is *none*. `entrepot addons
check NAME` names each rule that is open and why, `entrepot addons list` and `info` show the level.

A rule marked **checked** is decided by reading the addon's files, whatever the addon says. Of the
others the addon's `quality.toml` says that they are done, or why they do not apply:

```toml
coverage = "done"
personal-data = {exempt = "It stores nothing of its own."}
```

From a checked rule nobody is exempt, except where the table says so. A `done` is a promise of the
author.
"""


def write_reference() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *(line for level in LEVELS for line in _section(level))])


def _section(level: str) -> Iterator[str]:
    yield f"## {level.title()}"
    yield ""
    yield "| Rule | What it asks | Whom it concerns | Decided by |"
    yield "|---|---|---|---|"
    for rule in rules():
        if rule.level == level:
            yield f"| `{rule.name}` | {rule.title} | {_whom(rule)} | {_by(rule)} |"
    yield ""


def _whom(rule: Rule) -> str:
    return "all" if rule.only == CATEGORIES else ", ".join(rule.only)


def _by(rule: Rule) -> str:
    if not rule.check:
        return "the addon's word"
    return "**checked**, or a reason" if rule.exempt else "**checked**"


if __name__ == "__main__":
    FILE.write_text(write_reference(), encoding="utf-8")
