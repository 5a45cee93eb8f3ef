"""The declarations of hooks and the page about them."""

from __future__ import annotations

import inspect
from types import FunctionType

import pytest

from core.kernel.reference import FILE
from core.kernel.reference import hooks_of
from core.kernel.reference import write_reference
from core.kernel.registry import HOOKSPECS

HOOKS = [hook for module in HOOKSPECS for hook in hooks_of(module)]


def test_the_page_is_what_the_declarations_say() -> None:
    assert FILE.read_text(encoding="utf-8") == write_reference()


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
def test_every_hook_is_documented(hook: FunctionType) -> None:
    assert (inspect.getdoc(hook) or "").partition("\n")[0].endswith((".", ",", ":", "and", "or"))
    assert len(inspect.getdoc(hook) or "") > 40


def test_names_are_used_once() -> None:
    names = [hook.__name__ for hook in HOOKS]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    "hook",
    [hook for hook in HOOKS if vars(hook)["entrepot_kind"] != "collect"],
    ids=lambda hook: hook.__name__,
)
def test_hooks_that_are_called_within_a_transaction_get_the_session(hook: FunctionType) -> None:
    assert "session" in inspect.signature(hook).parameters
