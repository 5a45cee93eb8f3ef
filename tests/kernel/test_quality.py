"""The quality scale: what a machine can check is checked, and the rest needs an honest word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli import build
from core.config import ROOT
from core.errors import InputError
from core.kernel.discovery import Found
from core.kernel.discovery import discover
from core.kernel.quality import LEVELS
from core.kernel.quality import Quality
from core.kernel.quality import quality_of
from core.kernel.quality import rules
from core.kernel.quality_checks import CHECKS
from core.scaffold import making

SHIPPED = sorted(path.parent.name for path in (ROOT / "addons").glob("*/manifest.toml"))


@pytest.fixture
def made(tmp_path: Path) -> Found:
    """Return a new connector, as the scaffold makes it."""
    making.make(making.plan("connector", "graded", tmp_path, inside=True))
    return discover((tmp_path,), packages=False).found["graded"]


def state(quality: Quality, rule: str) -> str:
    return next(each.state for each in quality.verdicts if each.rule == rule)


def declare(addon: Found, *lines: str) -> None:
    (addon.folder / "quality.toml").write_text("\n".join(lines), encoding="utf-8")


def append(addon: Found, file: str, text: str) -> None:
    with (addon.folder / file).open("a", encoding="utf-8") as out:
        out.write(text)


def test_every_check_has_its_rule_and_every_level_some() -> None:
    assert {rule.check for rule in rules()} - {""} == set(CHECKS)
    assert {rule.level for rule in rules()} == set(LEVELS)
    assert len({rule.name for rule in rules()}) == len(rules())


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_addons_are_bronze_at_least(name: str) -> None:
    found = quality_of(discover((ROOT / "addons",), packages=False).found[name])

    assert found.level in LEVELS, [each for each in found.verdicts if each.state == "open"]


@pytest.mark.parametrize("kind", making.KINDS)
def test_new_addons_are_bronze(kind: str, tmp_path: Path) -> None:
    making.make(making.plan(kind, f"new_{kind}", tmp_path, inside=True))

    found = quality_of(discover((tmp_path,), packages=False).found[f"new_{kind}"])

    assert found.level == "bronze", [each for each in found.verdicts if each.state == "open"]


def test_a_level_needs_every_rule_below(made: Found) -> None:
    believed = [rule for rule in rules() if not rule.check and rule.level != "platinum"]
    declare(made, *(f'{rule.name} = "done"' for rule in believed if rule.level != "silver"))
    assert quality_of(made).level == "bronze"

    declare(made, *(f'{rule.name} = "done"' for rule in believed))
    assert quality_of(made).level == "silver"

    append(made, "manifest.toml", 'homepage = "https://graded.example"\n')
    append(made, "README.md", "\n## When something goes wrong\n\nLook at the connection.\n")
    again = discover((made.folder.parent,), packages=False).found["graded"]
    assert quality_of(again).level == "gold"


@pytest.mark.parametrize(
    ("file", "text", "rule"),
    [
        ("README.md", "Short.", "readme"),
        ("helper.py", "import requests\n", "network"),
        ("helper.py", "from urllib import request\n", "network"),
        ("helper.py", "from core.db import Database\n", "sound"),
        ("helper.py", "def untyped(a):\n    return a\n", "typed"),
        ("helper.py", "def broken(:\n", "typed"),
        ("tests/test_contract.py", "", "contract"),
        ("tests/test_contract.py", "", "kind-contract"),
        ("tests/cassettes/orders.json", None, "recorded"),
        ("README.md", "", "removal"),
    ],
)
def test_what_a_machine_sees_is_not_believed(
    made: Found, file: str, text: str | None, rule: str
) -> None:
    assert state(quality_of(made), rule) == "done"
    declare(made, f'{rule} = "done"')
    if text is None:
        for each in (made.folder / file).parent.iterdir():
            each.unlink()
    else:
        (made.folder / file).write_text(text, encoding="utf-8")

    assert state(quality_of(made), rule) == "open"


def test_a_missing_translation_is_found(made: Found) -> None:
    file = next((made.folder / "translations").rglob("*.po"))
    append(made, str(file.relative_to(made.folder)), '\nmsgid "Never translated"\nmsgstr ""\n')

    assert state(quality_of(made), "chinese") == "open"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('nonsense = "done"', "no rule of the scale"),
        ('coverage = "nearly"', "must be"),
        ("coverage = {exempt = ' '}", "must be"),
        ('readme = {exempt = "no time"}', "nobody is exempt"),
        ("coverage =", "cannot be read"),
    ],
)
def test_a_word_that_nobody_understands_is_refused(made: Found, line: str, said: str) -> None:
    declare(made, line)

    with pytest.raises(InputError, match=said):
        quality_of(made)


def test_check_says_the_level_and_what_is_open(
    made: Found, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENTREPOT_ADDONS_PATH", str(made.folder.parent))
    monkeypatch.setenv("ENTREPOT_INSTANCE", str(tmp_path))

    shown = json.loads(CliRunner().invoke(build(), ["addons", "check", "graded", "--json"]).stdout)

    assert shown["findings"] == []
    assert shown["quality"]["level"] == "bronze"
    open_rules = {v["rule"] for v in shown["quality"]["verdicts"] if v["state"] == "open"}
    assert "coverage" in open_rules

    declare(made, 'nonsense = "done"')
    result = CliRunner().invoke(build(), ["addons", "check", "graded"])
    assert result.exit_code == 1
    assert "no rule of the scale" in result.stdout
