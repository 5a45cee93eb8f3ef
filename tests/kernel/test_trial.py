"""Trying an install or an upgrade on a copy of the database."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.config import Config
from core.db import Database
from core.errors import KernelError
from core.kernel import copying
from core.kernel.kernel import Kernel
from core.kernel.trial import Trial
from core.kernel.trial import try_on_copy
from tests.kernel.acting import STAGED
from tests.kernel.acting import act
from tests.kernel.acting import in_child
from tests.kernel.test_killed import state_of
from tests.postgres import SOFTWARE


def tried(config: Config, version: str, **options: Any) -> Trial:
    """Try the addon in a version; in a process of its own, which has no other version of it."""
    chosen = replace(config, addon_paths=(STAGED / version,))

    def work() -> Trial:
        kernel = Kernel.boot(chosen)
        try:
            return try_on_copy(kernel, "staged", **options)
        finally:
            kernel.db.dispose()

    return in_child(work)


def copies(config: Config) -> list[str]:
    """Return what copies there still are."""
    left = [file.name for file in config.instance.glob("trial-*")]
    database = Database(config.database_url)
    if database.dialect == "postgresql":
        with database.read() as session:
            names = session.scalars(text("SELECT datname FROM pg_database")).all()
            left += [
                name for name in names if name.startswith(f"{database.url.database}"[:45] + "_try")
            ]
    database.dispose()
    return left


def test_an_install_on_a_copy_tells_all_and_changes_nothing(config: Config) -> None:
    before = state_of(config.database_url)

    trial = tried(config, "one")

    assert state_of(config.database_url) == before
    assert copies(config) == []
    assert [(each.what, each.table) for each in trial.shape] == [
        ("added", "alembic_version_staged"),
        ("added", "staged__colour"),
        ("added", "staged__thing"),
    ]
    assert trial.installed.data.inserted == 7
    assert ("staged__colour", 0, 4) in trial.rows
    told = {each.kind: each.added for each in trial.declared}
    assert told == {"hooks": ("orders_imported",), "permissions": ("staged.view",)}
    assert 0 < trial.seconds < 60


def test_an_upgrade_on_a_copy_tells_what_differs(config: Config) -> None:
    act(config, "install", "one")
    before = state_of(config.database_url)

    trial = tried(config, "two", upgrade=True)

    assert state_of(config.database_url) == before
    parts = {(each.what, each.table, each.part) for each in trial.shape}
    assert parts == {
        ("added", "staged__box", ""),
        ("added", "staged__thing", "column weight"),
        ("added", "staged__thing", "index ix_staged__thing_weight"),
    }
    assert (trial.installed.before, trial.installed.version) == ("1.0", "2.0")
    assert (trial.installed.data.inserted, trial.installed.data.updated) == (2, 5)
    told = {each.kind: (each.added, each.removed) for each in trial.declared}
    assert told["permissions"] == (("staged.pack",), ())
    assert told["hosts"] == (("api.example.com",), ())
    # What it says of locks is what the engine said.
    waiting = "lock for writing" if "sqlite" in config.database_url else "staged__thing: AccessExcl"
    assert any(waiting in lock for lock in trial.locks)

    done = act(config, "install", "two")
    assert done.data == trial.installed.data


def test_what_would_fail_fails_on_the_copy(
    kernel: Kernel, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of(config.database_url)
    monkeypatch.setenv("BAD_MIGRATION", "raise")

    with pytest.raises(KernelError, match="half-way"):
        try_on_copy(kernel, "bad_migration")

    assert state_of(config.database_url) == before
    assert copies(config) == []


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the tools of the tests' own server before those of the machine."""
    spec = find_spec(SOFTWARE)
    folders = map(Path, (spec.submodule_search_locations or ()) if spec else ())
    found = sorted(file for each in folders for file in each.glob("pginstall*/bin/pg_dump"))
    path = os.pathsep.join([*(str(file.parent) for file in reversed(found)), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)


def test_while_others_are_connected_the_copy_is_dumped_and_restored(
    postgresql_url: str, tmp_path: Path, tools: None
) -> None:
    config = Config(instance=tmp_path, database_url=postgresql_url, addon_paths=())
    other = Database(postgresql_url)
    with other.read() as session:
        session.execute(text("SELECT 1"))

        trial = tried(config, "one")

    other.dispose()
    assert trial.copied_by == "pg_dump and pg_restore"
    assert trial.installed.data.inserted == 7
    assert copies(config) == []


def test_without_the_tools_it_says_what_to_do(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(instance=tmp_path, database_url=postgresql_url, addon_paths=())
    monkeypatch.setenv("PATH", str(tmp_path))
    other = Database(postgresql_url)

    with other.read() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(RuntimeError, match=r"pg_dump is not installed.*stop every other"):
            tried(config, "one")

    other.dispose()
    assert copies(config) == []


def test_a_user_who_may_not_create_databases_is_told_how_to(
    postgresql_url: str, tmp_path: Path, tools: None
) -> None:
    owner = Database(postgresql_url)
    with owner.write() as session:
        session.execute(text("DROP ROLE IF EXISTS entrepot_narrow"))
        session.execute(text("CREATE ROLE entrepot_narrow LOGIN"))
    url = owner.url.set(username="entrepot_narrow")
    narrow = Database(url.render_as_string(hide_password=False))

    with (
        pytest.raises(KernelError, match=r"may not create databases.*ALTER ROLE"),
        copying.copied(Config(tmp_path, str(url), ()), narrow),
    ):
        pass

    narrow.dispose()
    with owner.write() as session:
        session.execute(text("DROP ROLE entrepot_narrow"))
    owner.dispose()
