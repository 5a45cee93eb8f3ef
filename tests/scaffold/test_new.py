"""A new addon of each kind works at once, in a folder of addons and as a package of its own."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest

from core.config import ROOT
from core.config import Config
from core.errors import Conflict
from core.errors import InputError
from core.kernel.checking import check_addon
from core.kernel.manifest import CATEGORIES
from core.scaffold import making

SECONDS = 60


def run(*words: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module as somebody who has nothing but Entrepot."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ENTREPOT_")}
    environment = {**kept, "ENTREPOT_INSTANCE": str(home / "instance"), **more}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def used() -> float:
    """Return the processor time of our children: what else the machine does is not theirs."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def passed(done: subprocess.CompletedProcess[str]) -> int:
    """Return how many tests passed; all of them must have."""
    found = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found is not None, done.stdout
    return int(found[1])


def test_new_addons_are_green_within_a_minute(tmp_path: Path) -> None:
    began = time.monotonic()
    busy = used()
    folders = []
    for kind in making.KINDS:
        made = run("core.cli", "addons", "new", kind, f"acme_{kind}", "--json", home=tmp_path)
        folders.append(json.loads(made.stdout)["folder"])
    words = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib")
    tested = run("pytest", *words, *folders, home=tmp_path)
    seconds = time.monotonic() - began

    print(
        f"each kind: {passed(tested)} tests green in {seconds:.1f} s, {used() - busy:.1f} s of CPU"
    )
    assert folders == [f"{tmp_path}/instance/addons/acme_{kind}" for kind in making.KINDS]
    assert passed(tested) > 90
    assert used() - busy <= SECONDS


@pytest.mark.parametrize("kind", making.KINDS)
def test_nothing_is_wrong_with_a_new_addon(kind: str, tmp_path: Path) -> None:
    # A name of its own: what Python has imported under one it does not import again.
    making.make(making.plan(kind, f"clean_{kind}", tmp_path, inside=True))

    findings = check_addon(Config(tmp_path, "sqlite://", (tmp_path,)), f"clean_{kind}")

    assert findings == []


def test_addon_outside_is_installed_and_behaves_the_same(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    began = time.monotonic()
    busy = used()
    words = ("addons", "new", "connector", "acme", "--path", ".", "--json")
    project = Path(json.loads(run("core.cli", *words, home=tmp_path).stdout)["folder"])
    site = tmp_path / "site"
    install(project, site)
    here = {"PYTHONPATH": str(site)}
    tests = site / "entrepot_acme" / "tests"
    tested = run("pytest", "-q", "-p", "no:cacheprovider", str(tests), home=tmp_path, **here)
    seconds = time.monotonic() - began

    print(f"outside: {passed(tested)} tests green in {seconds:.1f} s, {used() - busy:.1f} s of CPU")
    assert project == tmp_path / "entrepot-acme"
    assert passed(tested) > 30
    assert used() - busy <= SECONDS
    for step in (("init",), ("addons", "install", "acme"), ("addons", "enable", "acme")):
        done = run("core.cli", *step, home=tmp_path, **here)
        assert done.returncode == 0, done.stderr
    listed = run("core.cli", "addons", "list", "--json", home=tmp_path, **here)
    assert {each["name"]: each["state"] for each in json.loads(listed.stdout)}["acme"] == "enabled"


def install(project: Path, site: Path) -> None:
    """Build a wheel and put it into a folder of packages, as pip does with a pure wheel."""
    built = run("hatchling", "build", "-t", "wheel", home=project)
    assert built.returncode == 0, built.stderr
    (wheel,) = (project / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)


@pytest.mark.parametrize("kind", making.KINDS)
def test_made_files_keep_the_rules_of_style(kind: str, tmp_path: Path) -> None:
    plan = making.plan(kind, "acme", tmp_path, inside=True)
    making.make(plan)

    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--config", ROOT / "pyproject.toml"]
        + ["--config", "lint.isort.known-first-party=['addons','core']", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    code = [file for file in plan.files if file.suffix == ".py" and "tests" not in file.parts]
    assert sum(len(plan.files[file].splitlines()) for file in code) < 240
    assert "{{" not in "".join(plan.files.values()).replace("{{title}}", "")


def test_every_kind_is_a_category() -> None:
    assert set(making.KINDS) <= set(CATEGORIES)


def test_a_project_names_its_entry_point(tmp_path: Path) -> None:
    plan = making.plan("report", "my_own", tmp_path, inside=False)

    document = tomllib.loads(plan.files[tmp_path / "entrepot-my-own" / "pyproject.toml"])

    assert document["project"]["entry-points"]["entrepot.addons"] == {"my_own": "entrepot_my_own"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Acme", "a letter first"),
        ("1st", "a letter first"),
        ("a", "2 to 31"),
        ("ac-me", "a-z, 0-9"),
        ("ac__me", "two underscores"),
        ("acme_", "end in one"),
        ("../acme", "a-z"),
        ("stock", "part of the core"),
        ("class", "word of Python"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        making.check_name(name, ())


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(Conflict, match="already"):
        making.check_name("acme", {"acme"})


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    plan = making.plan("tax", "acme", tmp_path, inside=True)
    making.make(plan)
    (plan.root / "regime.py").write_text("my own work")

    with pytest.raises(Conflict, match="is there already"):
        making.make(plan)

    assert (plan.root / "regime.py").read_text() == "my own work"


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")

    with pytest.raises(InputError, match="--path"):
        making.make(making.plan("tax", "acme", blocked, inside=True))
