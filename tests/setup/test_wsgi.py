"""The bootstrap: when it makes .venv, when it only updates it, and what it says when it cannot."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEW_VENV = "new .venv"
PACKAGES = "packages"
ENTREPOT = "Entrepot"


class Bootstrap:
    """The bootstrap of a copy of the project, which records what it would run."""

    def __init__(self, root: Path) -> None:
        for name in ("wsgi.py", "pyproject.toml", "config"):
            subprocess.run(["cp", "-R", ROOT / name, root], check=True)
        self.root = root
        self.did: list[str] = []
        self.broken: str | None = None
        self.module = self.load()

    def load(self) -> Any:
        """Import the copy anew, as the next start would."""
        spec = importlib.util.spec_from_file_location("wsgi_copy", self.root / "wsgi.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        vars(module)["call"] = self.call
        vars(module)["launch"] = lambda *command: self.did.append(" ".join(command))
        return module

    def call(self, command: list[str], _advice: str) -> None:
        """Stand in for venv and pip."""
        what = ENTREPOT
        if "venv" in command:
            what = NEW_VENV
            shutil.rmtree(self.module.VENV, ignore_errors=True)
            self.module.VENV.mkdir()
        elif "-r" in command:
            what = PACKAGES
        if what == self.broken:
            raise KeyboardInterrupt
        self.did.append(what)

    def start(self, *arguments: str) -> list[str]:
        """Start it and return what it did."""
        self.did.clear()
        self.module.main([*arguments])
        return [*self.did]

    def change(self, name: str, old: str, new: str) -> None:
        """Change a file of the copy."""
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def bootstrap(tmp_path: Path) -> Bootstrap:
    return Bootstrap(tmp_path)


def test_first_start_makes_everything(bootstrap: Bootstrap) -> None:
    assert bootstrap.start("setup") == [NEW_VENV, PACKAGES, ENTREPOT]


def test_second_start_does_nothing(bootstrap: Bootstrap) -> None:
    bootstrap.start("setup")
    assert bootstrap.start("setup") == []


def test_run_becomes_the_supervisor(bootstrap: Bootstrap) -> None:
    bootstrap.start("setup")
    assert bootstrap.start() == ["-m core.cli run"]
    assert bootstrap.start("run", "--port", "8001") == ["-m core.cli run --port 8001"]


def test_test_hands_its_arguments_to_pytest(bootstrap: Bootstrap) -> None:
    bootstrap.start("test", "--setup-only")
    (command,) = bootstrap.start("test", "-k", "ledger")
    assert command.startswith("-m pytest -n logical")
    assert command.endswith(" -k ledger")


def test_test_tools_are_added_to_a_plain_set_up(bootstrap: Bootstrap) -> None:
    bootstrap.start("setup")
    assert bootstrap.start("test", "--setup-only") == [PACKAGES, ENTREPOT]


def test_plain_start_is_content_with_the_test_tools(bootstrap: Bootstrap) -> None:
    bootstrap.start("test", "--setup-only")
    assert bootstrap.start("setup") == []


def test_changed_lock_updates(bootstrap: Bootstrap) -> None:
    bootstrap.start("setup")
    bootstrap.change("config/requirements.txt", "flask==", "flask==0")
    assert bootstrap.start("setup") == [PACKAGES, ENTREPOT]
    assert bootstrap.start("setup") == []


def test_changed_project_updates_and_changed_lint_rule_does_not(bootstrap: Bootstrap) -> None:
    bootstrap.start("setup")
    bootstrap.change("pyproject.toml", "line-length = 100", "line-length = 99")
    assert bootstrap.start("setup") == []
    bootstrap.change("pyproject.toml", 'entrepot = "core.cli:main"', 'other = "core.cli:main"')
    assert bootstrap.start("setup") == [PACKAGES, ENTREPOT]


@pytest.mark.parametrize("step", [NEW_VENV, PACKAGES, ENTREPOT])
def test_interrupted_set_up_begins_anew(bootstrap: Bootstrap, step: str) -> None:
    bootstrap.broken = step
    with pytest.raises(KeyboardInterrupt):
        bootstrap.start("setup")
    bootstrap.broken = None
    assert bootstrap.start("setup") == [NEW_VENV, PACKAGES, ENTREPOT]


def test_interrupted_update_begins_anew(bootstrap: Bootstrap) -> None:
    bootstrap.start("setup")
    bootstrap.broken = PACKAGES
    with pytest.raises(KeyboardInterrupt):
        bootstrap.start("test")
    bootstrap.broken = None
    assert bootstrap.start("setup") == [NEW_VENV, PACKAGES, ENTREPOT]


def test_other_python_makes_everything_anew(
    bootstrap: Bootstrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.start("setup")
    monkeypatch.setattr(sys, "version", "3.99.0 (main)")
    assert bootstrap.start("setup") == [NEW_VENV, PACKAGES, ENTREPOT]


def test_moved_folder_makes_everything_anew(bootstrap: Bootstrap, tmp_path: Path) -> None:
    bootstrap.start("setup")
    bootstrap.module.ROOT = tmp_path / "elsewhere"
    shutil.copytree(tmp_path, bootstrap.module.ROOT)
    assert bootstrap.start("setup") == [NEW_VENV, PACKAGES, ENTREPOT]


def test_second_terminal_waits_and_finds_all_done(bootstrap: Bootstrap) -> None:
    second = Bootstrap(bootstrap.root)
    waits = threading.Event()
    second.module.say = lambda _message: waits.set()
    terminal = threading.Thread(target=second.start, args=("setup",))
    with bootstrap.module.lock():
        terminal.start()
        assert waits.wait(10)
        bootstrap.module.VENV.mkdir()
        stamp = [bootstrap.module.foundation(), bootstrap.module.contents("run")]
        bootstrap.module.STAMP.write_text("\n".join(stamp))
    terminal.join(10)
    assert second.did == []


def test_pip_that_outlives_a_killed_set_up_keeps_the_lock(bootstrap: Bootstrap) -> None:
    started = bootstrap.root / "started"
    pip = [sys.executable, "-c", f"open({str(started)!r}, 'w').close(); input()"]
    set_up = f"import wsgi\nwith wsgi.lock(): wsgi.call({pip!r}, '')"
    command = [sys.executable, "-c", set_up]
    said: list[str] = []
    bootstrap.module.say = said.append
    with subprocess.Popen(command, cwd=bootstrap.root, stdin=subprocess.PIPE) as killed:
        while not started.exists():
            assert killed.poll() is None
            time.sleep(0.01)
        killed.kill()
        killed.wait()
        assert killed.stdin is not None
        threading.Timer(0.2, killed.stdin.close).start()
        with bootstrap.module.lock():
            assert said == ["Waiting for another set-up in this folder"]


def test_old_python_is_told_what_to_do(bootstrap: Bootstrap) -> None:
    bootstrap.module.OLDEST_PYTHON = (99, 0)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; this is 3\..*\nStart it"):
        bootstrap.start("setup")


def test_missing_pip_is_named_before_anything_is_touched(bootstrap: Bootstrap) -> None:
    bootstrap.module.PIP = (sys.executable, "-m", "no_such_pip")
    with pytest.raises(SystemExit, match="has no pip.*\n.*apt-get install python3-pip"):
        bootstrap.start("setup")
    assert bootstrap.did == []


def test_unknown_command_shows_the_usage(bootstrap: Bootstrap) -> None:
    with pytest.raises(SystemExit, match=r"^Usage:\n    python3 wsgi.py  .*"):
        bootstrap.start("serve")


def test_failing_command_shows_its_output_and_the_advice() -> None:
    import wsgi

    failing = [sys.executable, "-c", "print('no such host'); raise SystemExit(3)"]
    with pytest.raises(SystemExit, match=r"(?s)no such host.*This failed: .*Check the network\."):
        wsgi.call(failing, "Check the network.")


def test_progress_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    import wsgi

    pip = (
        "for n in range(45): print('Collecting', n)\nprint('noise')\nprint('Installing collected')"
    )
    wsgi.call([sys.executable, "-c", pip], "")
    expected = ["  20 fetched", "  40 fetched", "  all fetched, unpacking"]
    assert capsys.readouterr().out.splitlines() == expected


def test_bootstrap_needs_the_standard_library_only() -> None:
    command = [sys.executable, "-I", "-S", "wsgi.py", "unknown"]
    done = subprocess.run(command, cwd=ROOT, env={}, check=False, capture_output=True, text=True)
    assert done.stderr.startswith("Usage:")


def test_bootstrap_can_be_read_by_an_older_python() -> None:
    ast.parse((ROOT / "wsgi.py").read_text(), feature_version=(3, 8))


def test_gunicorn_gets_one_app(monkeypatch: pytest.MonkeyPatch, bootstrap: Bootstrap) -> None:
    core_app = types.ModuleType("core.app")
    vars(core_app)["create_app"] = object
    monkeypatch.setitem(sys.modules, "core.app", core_app)
    assert bootstrap.module.app is bootstrap.module.app
    with pytest.raises(AttributeError, match="application"):
        _ = bootstrap.module.application
