"""The page of errors says what the tree of errors says."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import core
from core.error_reference import ADVICE
from core.error_reference import FILE
from core.error_reference import kinds
from core.error_reference import write_reference
from core.errors import Conflict
from core.errors import EntrepotError

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


def test_every_error_leads_to_a_heading_of_the_page() -> None:
    class OfAnAddon(Conflict):
        """A kind that the core does not know."""

    headings = set(re.findall(r"^## `(.*)`$", FILE.read_text("utf-8"), re.MULTILINE))
    pages = {kind.__new__(kind).page.partition("#")[2] for kind in kinds()}

    assert pages == headings
    assert OfAnAddon("x").page == "docs/reference/errors.md#conflict"
    assert EntrepotError("x").page == "docs/reference/errors.md"
