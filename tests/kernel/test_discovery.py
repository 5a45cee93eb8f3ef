"""Finding addons without running them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.config import ROOT
from core.kernel.discovery import discover

ADDONS = Path(__file__).parent / "addons"

MANIFEST = """
name = "{name}"
title = "Title"
version = "1"
core = ">=1"
category = "app"
"""

LISTING = """
import sys
from pathlib import Path
from core.kernel.discovery import discover
found = discover([Path(path) for path in sys.argv[1:]])
foreign = [name for name in sys.modules if name.split(".")[0] in ("addons", "wheel_addon", "deep")]
print(sorted(found.found), foreign)
"""


def write_addon(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "manifest.toml").write_text(MANIFEST.format(name=name))
    (folder / "__init__.py").write_text("raise RuntimeError('imported during discovery')\n")
    return folder


def list_in_new_process(*paths: Path, python_path: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", LISTING, *map(str, paths)],
        env={"PYTHONPATH": f"{ROOT}:{python_path}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_folders_of_several_roots_and_packages_are_found_and_nothing_is_imported(
    tmp_path: Path,
) -> None:
    write_addon(tmp_path / "one" / "first", "first")
    write_addon(tmp_path / "two" / "second", "second")
    site = tmp_path / "site"
    write_addon(site / "wheel_addon", "third")
    write_addon(site / "deep" / "nested", "fourth")
    info = site / "third-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: third\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[entrepot.addons]\nthird = wheel_addon\nfourth = deep.nested\n"
    )

    printed = list_in_new_process(tmp_path / "one", tmp_path / "two", python_path=site)

    assert printed == "['first', 'fourth', 'second', 'third'] []"


def test_a_wrong_manifest_breaks_that_addon_only(tmp_path: Path) -> None:
    write_addon(tmp_path / "good", "good")
    (write_addon(tmp_path / "bad", "bad") / "manifest.toml").write_text("name = 1")

    discovery = discover([tmp_path], packages=False)

    assert list(discovery.found) == ["good"]
    assert "Not a valid string" in discovery.broken["bad"]


def test_a_name_that_is_not_the_folders_is_refused(tmp_path: Path) -> None:
    write_addon(tmp_path / "good", "other")

    discovery = discover([tmp_path], packages=False)

    assert discovery.found == {}
    assert "'other'" in discovery.broken["good"]


def test_one_name_in_two_places_is_used_from_neither(tmp_path: Path) -> None:
    write_addon(tmp_path / "one" / "same", "same")
    write_addon(tmp_path / "two" / "same", "same")

    discovery = discover([tmp_path / "one", tmp_path / "two"], packages=False)

    assert discovery.found == {}
    assert "Found twice" in discovery.broken["same"]


def test_a_missing_path_and_a_path_given_twice_do_no_harm(tmp_path: Path) -> None:
    write_addon(tmp_path / "one" / "only", "only")

    paths = [tmp_path / "one", tmp_path / "none", tmp_path / "one"]

    assert list(discover(paths, packages=False).found) == ["only"]


@pytest.mark.parametrize("name", ["raises_at_import", "exits_at_import"])
def test_an_addon_that_cannot_be_imported_is_found_all_the_same(name: str) -> None:
    assert name in discover([ADDONS], packages=False).found
