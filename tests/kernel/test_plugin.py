"""The test-kit as a pytest plugin, where none of this repository's own plugins is loaded."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.databases import ENGINES

CONTRACT = """
from types import SimpleNamespace

from core.testkit.addon import AddonContract


class TestIt(AddonContract):
    addon = "own_warehouse"

    def test_url(self, database_url):
        assert database_url == "a database of this plugin"

    def test_broken(self):
        self.test_it_runs(SimpleNamespace(enabled="an empty set of addons"))
"""

OWN = """
import pytest


@pytest.fixture
def database_url():
    return "a database of one's own"


def test_url(database_url):
    assert database_url == "a database of one's own"
"""

UNUSED = """
import sys


def test_core_is_left_alone():
    assert "core.testkit.plugin" in sys.modules
    assert "core.db" not in sys.modules
"""


def run(folder: Path, code: str, *arguments: str) -> str:
    """Run pytest on one file, as in a folder that knows nothing of this repository."""
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (folder / "test_it.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_it_is_installed() -> None:
    (found,) = entry_points(group="pytest11", name="entrepot")

    assert found.value == "core.testkit.plugin"


def test_contract_runs_on_sqlite_and_shows_values(tmp_path: Path) -> None:
    said = run(tmp_path, CONTRACT, "-k", "runs or url or broken")

    assert "2 failed, 1 passed" in said, said
    assert "assert 'own_warehouse' in 'an empty set of addons'" in said, said
    assert "AssertionError: assert 'sqlite:///" in said, said


def test_database_of_ones_own_comes_first(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, OWN)


def test_other_tests_do_not_load_the_core(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, UNUSED)


def test_databases_of_this_repository_come_first(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    assert request.node.callspec.params["database_url"] in ENGINES
    assert request.node.callspec.params["database_url"] in database_url
