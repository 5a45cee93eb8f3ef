"""The reference of hooks, written from their declarations: `python -m core.kernel.reference`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FunctionType
from types import ModuleType

from core.config import ROOT
from core.kernel.registry import HOOKSPECS

FILE = ROOT / "docs" / "reference" / "hooks.md"

INTRODUCTION = """# Hooks

This page is written from the declarations in `core/kernel/hookspecs/` by
`python -m core.kernel.reference`; change those, not this page.

An addon implements a hook by a method of the same name, marked with `hookimpl` of `core.api`. It
names only the arguments that it uses. Addons are called in the order of their dependencies, ties
by name, and only while they are enabled. What happens with the answer, and when an addon fails,
depends on the kind of the hook:

| Kind | The answer | If an addon fails | Transaction |
|---|---|---|---|
| observe | is ignored | recorded; its rows are undone, the others go on | a savepoint of its own |
| check | is ignored; raise `Veto` to refuse | the act is refused, naming the addon | the caller's |
| resolve | exactly one may answer other than None | the act is refused | the caller's |
| collect | a list, joined with the others' | recorded; its items are missing | a savepoint |
| transform | the new value, for the next | recorded; the value stays as it was | a savepoint |

Commit, rollback and close raise while an addon runs: the transaction belongs to the caller.
"""


def write_reference() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *(line for module in HOOKSPECS for line in _domain(module))])


def hooks_of(module: ModuleType) -> list[FunctionType]:
    """Return the hooks that a module declares, in its order."""
    return [
        thing
        for thing in vars(module).values()
        if inspect.isfunction(thing) and "entrepot_kind" in vars(thing)
    ]


def _domain(module: ModuleType) -> Iterator[str]:
    yield f"## {module.__name__.rpartition('.')[2].title()}"
    yield ""
    yield inspect.getdoc(module) or ""
    yield ""
    for hook in hooks_of(module):
        yield f"### `{hook.__name__}({', '.join(inspect.signature(hook).parameters)})`"
        yield ""
        yield f"*{vars(hook)['entrepot_kind']}*"
        yield ""
        yield inspect.getdoc(hook) or ""
        yield ""


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(write_reference(), encoding="utf-8")
