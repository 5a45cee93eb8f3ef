"""Blocked and changed addons, the checks without a database, and the doctor."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from click.testing import Result

from core.cli import build
from core.config import ROOT
from core.config import Config
from core.config import load_config
from core.doctor import examine
from core.errors import KernelError
from core.errors import NotFound
from core.kernel import blocked
from core.kernel import checking
from core.kernel import states
from core.kernel.checking import check_addon
from core.kernel.jobs import health
from core.kernel.kernel import Kernel
from core.kernel.manifest import read_manifest
from core.kernel.probe import probe
from tests.kernel.conftest import ADDONS

Boot = Callable[[], Kernel]
Run = Callable[..., Kernel]

NUMBERS = itertools.count()
SHIPPED = sorted(
    each.name for each in (ROOT / "addons").iterdir() if (each / "manifest.toml").exists()
)


@pytest.fixture
def solo() -> str:
    """Give an addon's name that nobody had before: a module is imported once in a process."""
    return f"solo{next(NUMBERS)}"


@pytest.fixture
def own(tmp_path: Path, solo: str) -> Path:
    """Give a folder with a copy of one addon, to be changed."""
    folder = shutil.copytree(ADDONS / "faulty", tmp_path / "addons" / solo)
    for file in (folder / "manifest.toml", folder / "addon.py"):
        file.write_text(file.read_text().replace("faulty", solo))
    return tmp_path / "addons"


@pytest.fixture
def entrepot(
    empty_database_url: str, tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    monkeypatch.setenv("ENTREPOT_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("ENTREPOT_ADDONS_PATH", str(own))

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(build(), list(arguments), prog_name="entrepot")

    return call


def block(file: Path, below: str) -> Path:
    file.write_text(f'[[addon]]\nname = "alpha"\n{below}\nreason = "It loses notes."\n')
    return file


def test_the_shipped_list_of_blocked_addons_can_be_read() -> None:
    for name in SHIPPED:
        assert (
            blocked.blocked_reason(read_manifest(ROOT / "addons" / name / "manifest.toml")) is None
        )


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ('below = "1.0.1"', "Blocked: It loses notes; install version 1.0.1 or later."),
        ("", "Blocked: It loses notes; no version is known to be safe."),
        ('below = "1.0"', None),
    ],
)
def test_a_version_is_blocked_below_the_safe_one(
    tmp_path: Path, below: str, said: str | None
) -> None:
    manifest = read_manifest(ADDONS / "alpha" / "manifest.toml")

    assert blocked.blocked_reason(manifest, block(tmp_path / "blocked.toml", below)) == said


def test_a_blocked_addon_does_not_run_and_says_why(
    running: Run, boot: Boot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running("alpha", "gamma")
    monkeypatch.setattr(blocked, "FILE", block(tmp_path / "blocked.toml", 'below = "2"'))

    booted = boot()

    assert booted.enabled == {"gamma"}
    info = next(info for info in booted.overview() if info.name == "alpha")
    assert (info.state, info.reason) == (
        "broken",
        "Blocked: It loses notes; install version 2 or later.",
    )


def test_changed_new_and_missing_files_are_named(
    entrepot: Callable[..., Result], own: Path, solo: str
) -> None:
    entrepot("init")
    entrepot("addons", "install", solo)
    unlocked = entrepot("addons", "verify")
    assert (unlocked.exit_code, unlocked.stdout) == (2, "")
    assert "entrepot addons lock" in unlocked.stderr

    assert entrepot("addons", "lock").exit_code == 0
    assert entrepot("addons", "verify").stdout == "No file has changed.\n"

    (own / solo / "addon.py").write_text("# other\n" + (own / solo / "addon.py").read_text())
    (own / solo / "more.py").write_text("")
    shutil.copytree(ADDONS / "gamma", own / "gamma")
    told = entrepot("addons", "verify", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout) == [
        {"addon": "gamma", "files": ["__init__.py", "addon.py", "manifest.toml"], "what": "new"},
        {"addon": solo, "files": ["addon.py", "more.py"], "what": "changed"},
    ]
    listed = {
        each["name"]: each for each in json.loads(entrepot("addons", "list", "--json").stdout)
    }
    assert listed[solo]["reason"] == "Changed since it was locked: addon.py, more.py."
    assert listed["tax_uk"]["reason"] == ""

    shutil.rmtree(own / solo)
    assert f"{solo} is missing" in entrepot("addons", "verify").stdout


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_is_wrong_with_the_shipped_addons(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each addon's own tests import it in a process of its own, which takes most of the time.
    monkeypatch.setattr(checking, "_import", lambda *_: [])

    assert check_addon(Config(tmp_path, "sqlite://", (ROOT / "addons",)), name) == []


@pytest.mark.parametrize(
    ("name", "rule", "said"),
    [
        ("circle_one", "usable", "in a circle"),
        ("raises_at_import", "import", "RuntimeError: no licence key"),
        ("exits_at_import", "import", "Importing exits_at_import"),
        ("unknown_hook", "hooks", "orders_imporded"),
        ("bad_migration", "hooks", "implements no hook"),
    ],
)
def test_what_is_wrong_is_found_without_a_database(
    tmp_path: Path, name: str, rule: str, said: str
) -> None:
    config = Config(tmp_path, f"sqlite:///{tmp_path / 'none'}", (ADDONS,))

    findings = check_addon(config, name)

    assert any(finding.rule == rule and said in finding.what for finding in findings), findings
    assert not (tmp_path / "none").exists()


def test_stray_files_and_imports_are_found(tmp_path: Path, own: Path, solo: str) -> None:
    (own / solo / "templates").mkdir()
    (own / solo / "templates" / "base.html").write_text("")
    (own / solo / "helper.py").write_text("from core.db import Database\n")
    config = Config(tmp_path, "sqlite://", (own,))

    assert [(finding.rule, finding.what) for finding in check_addon(config, solo)] == [
        ("imports", "helper.py: core.db is not core.api."),
        ("templates", f"base.html must lie in templates/{solo}/."),
    ]
    with pytest.raises(NotFound, match="nothing"):
        check_addon(config, "nothing")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("while True: pass", "did not end within 4 seconds"),
        ("import os; os._exit(0)", "ended the process"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended with -11"),
        ("b = bytearray(2 << 30)", "MemoryError"),
    ],
)
def test_what_would_take_the_server_down_is_imported_elsewhere(
    own: Path, solo: str, code: str, said: str
) -> None:
    seconds = 4 if "while" in code else 20
    (own / solo / "addon.py").write_text(code)

    with pytest.raises(KernelError, match=said):
        probe(solo, [own], seconds=seconds)


def test_an_import_that_changes_the_core_is_seen(own: Path, solo: str) -> None:
    (own / solo / "__init__.py").write_text("import core.api\ncore.api.hookimpl = print\n")

    assert probe(solo, [own]).changed == ("core.api.hookimpl",)


def test_the_doctor_names_what_needs_a_person(running: Run, boot: Boot) -> None:
    kernel = running("alpha")
    with kernel.db.write() as session:
        states.set_state(session, "alpha", version="0.9")
        states.bump(session)

    complaints = {complaint.where: complaint.what for complaint in examine(boot())}

    assert complaints["addon alpha"].startswith("upgrade_pending: Version 1.0 is on disk")
    assert complaints["addon old_core"].startswith("broken: Needs core >=7")
    assert "entrepot worker" in complaints["worker"]
    assert "database" not in complaints
    assert "guards" not in complaints


def test_the_doctor_is_content_with_a_sound_installation(kernel: Kernel, config: Config) -> None:
    with kernel.db.write() as session:
        health.arrive(session, health.Presence("here:1", "here", 1, 2))
    sound = Kernel.boot(replace(config, addon_paths=()))

    assert examine(sound) == []
    sound.db.dispose()


def test_the_doctor_sees_a_missing_guard(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        on = " ON ledger_posting" if kernel.db.dialect == "postgresql" else ""
        session.connection().exec_driver_sql(f"DROP TRIGGER ledger_posting_no_update{on}")

    assert any("ledger_posting_no_update" in complaint.what for complaint in examine(kernel))


def test_the_doctor_ends_with_one(entrepot: Callable[..., Result]) -> None:
    entrepot("init")

    result = entrepot("addons", "doctor")

    assert result.exit_code == 1
    assert "worker: No worker" in result.stdout


def test_reload_asks_every_process_to_start_anew(entrepot: Callable[..., Result]) -> None:
    entrepot("init")
    before = json.loads(entrepot("addons", "list", "--json").stdout)
    kernel = Kernel.boot(load_config())

    assert entrepot("addons", "reload").exit_code == 0

    kernel.refresh()
    assert kernel.code_is_old
    assert json.loads(entrepot("addons", "list", "--json").stdout) == before
    kernel.db.dispose()
