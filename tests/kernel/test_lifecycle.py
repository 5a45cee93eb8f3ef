"""Installing, enabling and disabling."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.config import ROOT
from core.config import Config
from core.errors import Conflict
from core.errors import GraphError
from core.errors import MigrationFailed
from core.errors import NotFound
from core.errors import Veto
from core.kernel import lifecycle
from core.kernel import migrations
from core.kernel import states
from core.kernel.kernel import Kernel

Boot = Callable[[], Kernel]
Run = Callable[..., Kernel]


def tables(kernel: Kernel, prefix: str) -> set[str]:
    with kernel.db.read() as session:
        return {name for name in migrations.tables(session.connection()) if prefix in name}


def code_generation(kernel: Kernel) -> int:
    with kernel.db.read() as session:
        return states.generations(session).get(states.CODE_GENERATION, 0)


def entrepot(
    config: Config, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "ENTREPOT_INSTANCE": str(config.instance),
            "ENTREPOT_DATABASE_URL": config.database_url,
            "ENTREPOT_ADDONS_PATH": str(config.addon_paths[0]),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_install_makes_the_tables_and_does_not_enable(kernel: Kernel) -> None:
    before = code_generation(kernel)

    lifecycle.install(kernel, "alpha", by="me")

    assert tables(kernel, "alpha") == {"alpha__note", "alpha__tag", "alembic_version_alpha"}
    assert kernel.rows["alpha"].tables == ("alpha__note", "alpha__tag")
    assert kernel.enabled == frozenset()
    assert code_generation(kernel) == before + 1


def test_installing_again_changes_nothing(running: Run) -> None:
    kernel = running("alpha")

    lifecycle.install(kernel, "alpha")

    assert kernel.enabled == {"alpha"}
    assert kernel.rows["alpha"].tables == ("alpha__note", "alpha__tag")


@pytest.mark.parametrize("failure", ["raise", "exit"])
def test_an_install_that_fails_half_way_leaves_nothing_and_can_be_repeated(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    before = code_generation(kernel)
    monkeypatch.setenv("BAD_MIGRATION", failure)

    with pytest.raises(MigrationFailed, match="bad_migration"):
        lifecycle.install(kernel, "bad_migration")

    assert tables(kernel, "bad_migration") == set()
    assert code_generation(kernel) == before
    assert "bad_migration" not in kernel.rows

    monkeypatch.delenv("BAD_MIGRATION")
    lifecycle.install(kernel, "bad_migration")
    assert len(tables(kernel, "bad_migration")) == 3


def test_an_install_that_is_killed_half_way_leaves_nothing_and_can_be_repeated(
    kernel: Kernel, config: Config
) -> None:
    killed = entrepot(config, "addons", "install", "bad_migration", BAD_MIGRATION="kill")

    assert killed.returncode == -9
    assert tables(kernel, "bad_migration") == set()

    repeated = entrepot(config, "addons", "install", "bad_migration")
    assert repeated.returncode == 0, repeated.stderr
    assert len(tables(kernel, "bad_migration")) == 3


def test_a_migration_may_make_tables_of_its_addon_only(kernel: Kernel) -> None:
    with pytest.raises(MigrationFailed, match="somebodys_note"):
        lifecycle.install(kernel, "foreign_table")

    assert tables(kernel, "somebodys_note") == set()


def test_a_migration_may_not_leave_rows_that_refer_to_nothing(kernel: Kernel) -> None:
    with pytest.raises(MigrationFailed, match="orphan_rows"):
        lifecycle.install(kernel, "orphan_rows")

    assert tables(kernel, "orphan_rows") == set()


def test_foreign_keys_hold_again_after_an_install(kernel: Kernel) -> None:
    lifecycle.install(kernel, "alpha")

    with kernel.db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_install_asks_for_what_is_needed(kernel: Kernel) -> None:
    with pytest.raises(GraphError, match="beta needs alpha"):
        lifecycle.install(kernel, "beta")


def test_enable_asks_for_what_is_needed_or_enables_it_too(kernel: Kernel) -> None:
    lifecycle.install(kernel, "alpha")
    lifecycle.install(kernel, "beta")

    with pytest.raises(GraphError, match="beta needs alpha"):
        lifecycle.enable(kernel, "beta")
    assert kernel.enabled == frozenset()

    assert lifecycle.enable(kernel, "beta", needed_too=True) == ["alpha", "beta"]
    assert kernel.enabled == {"alpha", "beta"}


def test_enable_tells_the_addon_itself_too(running: Run) -> None:
    kernel = running("alpha", "beta")

    assert ("addon_enabled", "alpha") in kernel.addon("alpha").told
    assert ("addon_enabled", "beta") in kernel.addon("alpha").told


def test_enable_refuses_what_is_not_installed(kernel: Kernel) -> None:
    with pytest.raises(NotFound, match="entrepot addons install alpha"):
        lifecycle.enable(kernel, "alpha")
    with pytest.raises(NotFound, match="no addon nothing"):
        lifecycle.enable(kernel, "nothing")


def test_two_that_exclude_each_other_are_not_enabled_together(running: Run) -> None:
    kernel = running("gamma")
    lifecycle.install(kernel, "rival")

    with pytest.raises(Conflict, match="rival and gamma"):
        lifecycle.enable(kernel, "rival")

    lifecycle.disable(kernel, "gamma")
    assert lifecycle.enable(kernel, "rival") == ["rival"]


def test_disable_is_refused_while_another_needs_it(running: Run) -> None:
    kernel = running("alpha", "beta")

    with pytest.raises(GraphError, match="alpha is needed by beta"):
        lifecycle.disable(kernel, "alpha")
    assert kernel.enabled == {"alpha", "beta"}

    assert lifecycle.disable(kernel, "alpha", dependents_too=True) == ["beta", "alpha"]
    assert kernel.enabled == frozenset()


def test_an_addon_may_refuse_to_be_disabled(running: Run) -> None:
    kernel = running("alpha")

    def object_to(_session: object) -> None:
        raise Veto("17 statements are not posted")

    kernel.addon("alpha").act = object_to

    with pytest.raises(Veto, match="alpha: 17 statements"):
        lifecycle.disable(kernel, "alpha")
    assert kernel.enabled == {"alpha"}

    lifecycle.disable(kernel, "alpha", force=True)
    assert kernel.enabled == frozenset()


def test_disabling_keeps_the_tables(running: Run) -> None:
    kernel = running("alpha")

    lifecycle.disable(kernel, "alpha")

    assert "alpha__note" in tables(kernel, "alpha")


def test_another_process_learns_of_a_change(running: Run, boot: Boot) -> None:
    kernel = running("alpha")
    other = boot()
    seen = other.generation

    lifecycle.disable(kernel, "alpha")

    assert other.enabled == {"alpha"}
    assert other.refresh() == frozenset()
    assert other.generation > seen


def test_another_process_learns_that_its_code_is_old(kernel: Kernel, boot: Boot) -> None:
    other = boot()

    lifecycle.install(kernel, "alpha")

    other.refresh()
    assert other.code_is_old
    assert not kernel.code_is_old
    assert not boot().code_is_old


def test_a_change_rests_on_the_states_in_the_database(running: Run, boot: Boot) -> None:
    kernel = running("alpha")
    lifecycle.install(kernel, "beta")
    other = boot()
    lifecycle.disable(kernel, "alpha")

    # The other process still believes that alpha runs.
    with pytest.raises(GraphError, match="beta needs alpha"):
        lifecycle.enable(other, "beta")


def test_enabling_twice_is_one_change(running: Run) -> None:
    kernel = running("alpha")
    before = kernel.generation

    assert lifecycle.enable(kernel, "alpha") == []
    assert lifecycle.disable(kernel, "alpha") == ["alpha"]
    assert lifecycle.disable(kernel, "alpha") == []
    assert kernel.generation == before + 1


def test_an_addon_that_was_not_loaded_here_is_not_enabled_here(kernel: Kernel, boot: Boot) -> None:
    lifecycle.install(boot(), "alpha")

    with pytest.raises(NotFound, match=r"alpha is not loaded.*start it again"):
        lifecycle.enable(kernel, "alpha")


def test_the_version_table_of_an_addon_survives_its_files(
    running: Run, config: Config, tmp_path: Path
) -> None:
    kernel = running("alpha")

    # Other paths: the files of alpha are gone, everything else is as before.
    migrations.upgrade_core(kernel.db)
    without = Kernel.boot(
        Config(instance=tmp_path, database_url=config.database_url, addon_paths=())
    )

    assert "alembic_version_alpha" in tables(without, "alpha")
    assert [info.state for info in without.overview() if info.name == "alpha"] == ["broken"]
    without.db.dispose()
