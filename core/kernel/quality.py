"""The quality scale: how far an addon has come, by rules of which a machine checks what it can.

The rules are data, `quality.toml` beside this file. An addon's own `quality.toml` says of each rule
that nothing checks whether it is `done`, or `{exempt = "why it does not apply"}`. What is checked
need not be said, and saying it does not help.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.kernel.discovery import Found
from core.kernel.manifest import CATEGORIES
from core.kernel.quality_checks import CHECKS

LEVELS = ("bronze", "silver", "gold", "platinum")
NONE = "none"
FILE = Path(__file__).with_name("quality.toml")
OWN_FILE = "quality.toml"


@dataclass(frozen=True)
class Rule:
    """One rule of the scale."""

    name: str
    level: str
    title: str
    check: str = ""
    """The check that decides; without one the addon's own word counts."""
    only: tuple[str, ...] = CATEGORIES
    exempt: bool = False
    """Whether an addon may be exempt from it although it is checked."""

    @property
    def may_be_exempt(self) -> bool:
        """Tell whether a reason can stand in for the rule."""
        return self.exempt or not self.check


@dataclass(frozen=True)
class Verdict:
    """Whether an addon follows a rule: `done`, `exempt` with the reason, or `open` with why."""

    rule: str
    level: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class Quality:
    """An addon's level, and how each rule that concerns it came out."""

    level: str
    verdicts: tuple[Verdict, ...]


@cache
def rules(file: Path = FILE) -> tuple[Rule, ...]:
    """Return the rules of the scale, the lowest level first."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["rule"]
    found = [Rule(**{**each, "only": tuple(each.get("only", CATEGORIES))}) for each in entries]
    return tuple(sorted(found, key=lambda rule: LEVELS.index(rule.level)))


def quality_of(addon: Found) -> Quality:
    """Return how good an addon is; nothing of it is imported.

    Raises: InputError when its quality.toml cannot be understood.
    """
    said = _said(addon.folder / OWN_FILE)
    applying = [rule for rule in rules() if addon.manifest.category in rule.only]
    verdicts = tuple(_verdict(rule, addon, said) for rule in applying)
    return Quality(_level(verdicts), verdicts)


def level_of(addon: Found) -> str:
    """Return an addon's level, or `none` where it cannot be told."""
    try:
        return quality_of(addon).level
    except InputError:
        return NONE


def _level(verdicts: tuple[Verdict, ...]) -> str:
    reached = NONE
    for level in LEVELS:
        if any(each.state == "open" for each in verdicts if each.level == level):
            break
        reached = level
    return reached


def _verdict(rule: Rule, addon: Found, said: Mapping[str, str]) -> Verdict:
    if said.get(rule.name):
        return Verdict(rule.name, rule.level, "exempt", said[rule.name])
    if rule.check:
        missing = _missing(rule, addon)
    else:
        missing = "" if rule.name in said else f"{OWN_FILE} does not say that it is done."
    return Verdict(rule.name, rule.level, "open" if missing else "done", missing)


def _missing(rule: Rule, addon: Found) -> str:
    try:
        return " ".join(CHECKS[rule.check](addon))
    except (OSError, SyntaxError, ValueError) as error:
        return f"A file cannot be read: {error}."


def _said(file: Path) -> dict[str, str]:
    """Return what an addon says of itself: the reason of each exemption, nothing for `done`."""
    if not file.is_file():
        return {}
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}.", where=str(file)) from error
    known = {rule.name: rule for rule in rules()}
    return {name: _word(file, known, name, value) for name, value in document.items()}


def _word(file: Path, known: Mapping[str, Rule], name: str, value: Any) -> str:
    where = f"{file}: {name}"
    if name not in known:
        raise InputError(
            "is no rule of the scale.", where=where, hint=f"Known: {', '.join(known)}."
        )
    if value == "done":
        return ""
    reason = value.get("exempt") if isinstance(value, dict) else None
    if not isinstance(reason, str) or not reason.strip() or set(value) != {"exempt"}:
        raise InputError('must be "done" or {exempt = "the reason"}.', where=where)
    if not known[name].may_be_exempt:
        raise InputError("is checked, and nobody is exempt from it.", where=where)
    return reason.strip()
