"""The words of rules here: the core's fields and actions, and those of enabled addons."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from core.kernel import faults
from core.kernel import hooks
from core.kernel.kernel import Kernel
from core.rules.actions import RuleAction
from core.rules.fields import RuleField
from core.rules.rule import CORE
from core.rules.rule import Vocabulary


def vocabulary(session: Session) -> Vocabulary:
    """Return what rules may ask for and do; an addon's word that is not its own is left out."""
    kernel = session.info.get("kernel")
    if kernel is None:
        return CORE
    fields = _offered(kernel, "rule_fields", RuleField)
    actions = _offered(kernel, "rule_actions", RuleAction)
    if not (fields or actions):
        return CORE
    return Vocabulary({**CORE.fields, **fields}, {**CORE.actions, **actions})


def _offered(kernel: Kernel, hook: str, kind: type[Any]) -> dict[str, Any]:
    found = {}
    for addon, item in hooks.collect(kernel, hook):
        if isinstance(item, kind) and item.name.startswith(f"{addon}."):
            found[item.name] = item
        else:
            wrong = TypeError(f"{hook}() must return {kind.__name__} objects named {addon}.…")
            faults.record(kernel, addon, f"hook:{hook}", wrong)
    return found
