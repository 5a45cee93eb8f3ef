"""uv.lock and the lists exported from it for pip say the same, and nothing of any one machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
EXPORTS = {
    "config/requirements.txt": {"build"},
    "config/requirements-test.txt": {"build", "test"},
    "config/requirements-browser.txt": {"build", "test", "browser"},
}
PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org"}
EXTRAS = ("invoices", "postgres")
EXPORT_HINT = "export uv.lock again: see README.md, “Dependencies”"


def locked() -> dict[str, dict[str, Any]]:
    """Return the packages of uv.lock by name."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    return {package["name"]: package for package in lock["package"]}


def exported(name: str) -> dict[str, tuple[str, set[str]]]:
    """Return the version and the hashes of each package that an export lists."""
    entries = re.sub(r" \\\n\s+", " ", (ROOT / name).read_text()).splitlines()
    return {
        Requirement(entry.split(" --hash")[0]).name: (
            entry.split("==")[1].split()[0],
            set(re.findall(r"--hash=(\S+)", entry)),
        )
        for entry in entries
    }


def needed(groups: set[str]) -> set[str]:
    """Return the names of all packages that Entrepot needs with some dependency groups."""
    packages = locked()
    project = packages["entrepot"]
    extras = project["optional-dependencies"]
    waiting = [*project["dependencies"], *(each for extra in EXTRAS for each in extras[extra])]
    waiting += [each for group in groups for each in project["dev-dependencies"][group]]
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        package = packages[wanted["name"]]
        found.add(wanted["name"])
        for extra in ("", *wanted.get("extra", [])):
            if (wanted["name"], extra) in seen:
                continue
            seen.add((wanted["name"], extra))
            more = package.get("optional-dependencies", {}).get(extra, [])
            waiting += more if extra else package.get("dependencies", [])
    return found


@pytest.mark.parametrize("name", EXPORTS)
def test_export_lists_what_the_lock_says(name: str) -> None:
    assert set(exported(name)) == needed(EXPORTS[name]), EXPORT_HINT


@pytest.mark.parametrize("name", EXPORTS)
def test_export_has_the_versions_and_hashes_of_the_lock(name: str) -> None:
    packages = locked()
    for package, (version, hashes) in exported(name).items():
        files = [*packages[package].get("wheels", []), packages[package].get("sdist", {})]
        known = {file["hash"] for file in files if file}
        assert version == packages[package]["version"], EXPORT_HINT
        assert hashes, f"{package} can be installed unchecked"
        assert hashes <= known, EXPORT_HINT


def test_lock_covers_what_pyproject_asks_for() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*pyproject["project"]["dependencies"]]
    for extra in EXTRAS:
        asked += pyproject["project"]["optional-dependencies"][extra]
    asked += [
        each
        for group in pyproject["dependency-groups"].values()
        for each in group
        if isinstance(each, str)
    ]
    packages = locked()
    for requirement in map(Requirement, asked):
        version = packages[requirement.name.lower()]["version"]
        assert requirement.specifier.contains(version), f"{requirement}: run uv lock"


def test_nothing_has_to_be_compiled() -> None:
    without = [
        name for name, each in locked().items() if name != "entrepot" and not each.get("wheels")
    ]
    assert without == []


@pytest.mark.parametrize("name", ["uv.lock", *EXPORTS])
def test_only_the_public_index_is_named(name: str) -> None:
    text = (ROOT / name).read_text()
    assert {urlsplit(url).hostname for url in re.findall(r"https?://\S+", text)} <= PUBLIC_HOSTS
    assert "file:" not in text
    assert not re.search(r"--(find-links|index-url|extra-index-url|trusted-host)", text)
