"""The page of errors says what the tree of errors says."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import core
from core.error_reference import ADVICE
from core.error_reference import FILE
from core.error_reference import kinds
from core.error_reference import write_reference

NOT_IMPORTED = ("core.testkit", "core.migrations")


def test_reference_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == write_reference()


def test_every_error_of_the_core_has_its_section_and_a_code_of_its_own() -> None:
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if not module.name.startswith(NOT_IMPORTED):
            import_module(module.name)
    found = list(kinds())
    codes = [kind.code for kind in found]

    assert set(found) == set(ADVICE)
    assert len(set(codes)) == len(codes) > 20
    assert {"auth-failed", "rate-limited", "input-error"} <= set(codes)


def test_every_advice_is_a_sentence() -> None:
    assert [advice for advice in ADVICE.values() if not advice.todo.endswith(".")] == []
