"""The contract of every addon finds hostile ones; the shipped ones keep it in their own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import ROOT
from core.errors import KernelError
from core.kernel.checking import imports_of
from core.testkit.addon import AddonContract

SHIPPED = sorted(path.parent.name for path in (ROOT / "addons").glob("*/manifest.toml"))


def test_there_are_shipped_addons() -> None:
    assert {"file_channel", "own_warehouse", "tax_uk"} <= set(SHIPPED)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("import core.db", ["core.db"]),
        ("from core import db, api", ["core.db", "core.api"]),
        ("from core.stock.services import reserve", ["core.stock.services"]),
        ("def f():\n    from core.api import hookimpl", ["core.api"]),
        ("from . import models", []),
    ],
)
def test_imports_are_seen_however_they_are_written(
    tmp_path: Path, line: str, names: list[str]
) -> None:
    file = tmp_path / "module.py"
    file.write_text(line)

    assert list(imports_of(file)) == names


def write_addon(root: Path, code: str) -> None:
    folder = root / "hostile"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "manifest.toml").write_text(
        'name = "hostile"\ntitle = "Hostile"\nversion = "1"\ncore = ">=1"\ncategory = "app"\n'
    )
    (folder / "addon.py").write_text(f"{code}\n\n\nclass Addon:\n    pass\n")


class Hostile(AddonContract):
    """The contract of an addon that a test writes."""

    addon = "hostile"


# It is called, not collected: there is no such addon beside the shipped ones.
Hostile.__test__ = False


def contract() -> AddonContract:
    return Hostile()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import core.money\ncore.money.round_div = max", "core.money.round_div"),
        ("sum(range(40_000_000))", r"< 0\.3"),
        ("import sqlite3\nsqlite3.connect(':memory:')", "may not open connections"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))", "may not open connections"),
    ],
)
def test_the_contract_refuses_what_has_effects_at_import(
    tmp_path: Path, code: str, said: str
) -> None:
    write_addon(tmp_path, code)

    with pytest.raises((AssertionError, KernelError), match=said):
        contract().test_importing_it_is_quick_and_without_effects(tmp_path / "hostile")


def test_the_contract_refuses_other_imports_than_core_api(tmp_path: Path) -> None:
    write_addon(tmp_path, "from core.stock import services")

    with pytest.raises(AssertionError, match=r"addon\.py: core\.stock"):
        contract().test_it_imports_core_api_only(tmp_path / "hostile")


def test_the_contract_refuses_templates_outside_the_folder_of_its_name(tmp_path: Path) -> None:
    write_addon(tmp_path, "")
    (tmp_path / "hostile" / "templates").mkdir()
    (tmp_path / "hostile" / "templates" / "base.html").touch()

    with pytest.raises(AssertionError, match=r"base\.html"):
        contract().test_its_templates_lie_in_a_folder_of_its_name(tmp_path / "hostile")


def test_the_contract_refuses_a_broken_catalogue(tmp_path: Path) -> None:
    write_addon(tmp_path, "")
    folder = tmp_path / "hostile" / "translations" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        '#, python-format\nmsgid "%(count)d orders"\nmsgstr "%(number)d Aufträge"\n'
    )

    with pytest.raises(AssertionError):
        contract().test_its_translations_can_be_read(tmp_path / "hostile")
