"""gunicorn's entry (`wsgi:app`), and the bootstrap, which needs only Python 3.11 with pip.

Usage:
    python3 wsgi.py                 set up, then run with the demo company
    python3 wsgi.py setup           only set up
    python3 wsgi.py test [ARG ...]  set up with the test tools, then run pytest with ARG ...
    python3 wsgi.py test --setup-only
    python3 wsgi.py test --browser [ARG ...]  the tests that open pages in Chromium
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "entrepot-setup"
REQUIREMENTS = {
    "run": "config/requirements.txt",
    "test": "config/requirements-test.txt",
    "browser": "config/requirements-browser.txt",
}
OLDEST_PYTHON = (3, 11)
SETUP_VERSION = "1"  # raise it when a .venv made by an older bootstrap must be made anew
PYTHON: str = getattr(sys, "_base_executable", sys.executable)  # not .venv's: that has no pip
PIP = (PYTHON, "-m", "pip")
PYTEST = ("-m", "pytest", "-n", "logical", "--maxprocesses", "8", "--dist", "loadgroup")
say = partial(print, flush=True)  # progress shows at once, in a pipe too


def __getattr__(name: str) -> Any:
    """Build the app when gunicorn first asks for it, so that the bootstrap imports no Flask."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from core.app import create_app
    from core.collector import leave_loaded_alone

    globals()["app"] = app = create_app()
    leave_loaded_alone()
    return app


def digest(*parts: str) -> str:
    """Return one fingerprint of several texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def foundation() -> str:
    """Return the fingerprint of what a .venv stands on; another one means a new .venv."""
    return digest(SETUP_VERSION, sys.version, str(ROOT))


def contents(kind: str) -> str:
    """Return the fingerprint of what belongs into a .venv; another one means an update."""
    import tomllib  # not at the top: an older Python must get as far as the message for it

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return digest(kind, repr(project), (ROOT / REQUIREMENTS[kind]).read_text("utf-8"))


def stamped() -> list[str]:
    """Return what the last finished set-up left: its foundation, then the contents it holds."""
    return STAMP.read_text("utf-8").split() if STAMP.is_file() else []


def is_ready(kind: str) -> bool:
    """Tell whether .venv holds this kind of set-up, finished and up to date."""
    return {foundation(), contents(kind)} <= set(stamped())


@contextmanager
def lock() -> Iterator[None]:
    """Let one set-up at a time work in this folder, until it and the pip it started have ended."""
    folder = os.open(ROOT, os.O_RDONLY)
    os.set_inheritable(folder, True)  # a pip that outlives a killed set-up still holds the lock
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up in this folder")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def call(command: list[str], advice: str) -> None:
    """Run a command, telling how far pip has come; print what it said only if it fails."""
    said: list[str] = []
    fetched = 0
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PIP_USER": "0", "PYTHONUNBUFFERED": "1"},
        close_fds=False,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        for line in process.stdout or ():
            if not line.startswith("Requirement already satisfied"):
                said.append(line)
            fetched += line.startswith("Collecting ")
            if line.startswith("Collecting ") and fetched % 20 == 0:
                say(f"  {fetched} fetched")
            elif line.startswith("Installing collected"):
                say("  all fetched, unpacking")
    if process.returncode:
        sys.exit(f"{''.join(said)}\nThis failed: {' '.join(command)}\n{advice}")


def install(kind: str) -> None:
    """Bring .venv to what the lock says, and Entrepot itself into it."""
    pip = [*PIP, "--python", str(VENV_PYTHON), "install", "--no-input"]
    listed = (ROOT / REQUIREMENTS[kind]).read_text("utf-8").splitlines()
    packages = sum(line[:1].isalnum() for line in listed)
    say(f"Installing {packages} packages; the first time this takes about a minute")
    call(
        [*pip, "--require-hashes", "-r", REQUIREMENTS[kind]],
        "Check the network and pip's settings (python3 -m pip config list), then start again.",
    )
    call(
        [*pip, "--quiet", "--no-deps", "--no-build-isolation", "--editable", "."],
        "pyproject.toml does not build: the lines above say why.",
    )


def set_up(kind: str) -> None:
    """Make .venv ready once, whoever asks, however often, from however many terminals."""
    if is_ready(kind):
        return
    with lock():
        if is_ready(kind):
            return
        check_pip()
        found = stamped()
        STAMP.unlink(missing_ok=True)  # without it, the next start knows that this one broke off
        if foundation() not in found:
            say(f"Making .venv with Python {sys.version.split()[0]}")
            call(
                [PYTHON, "-m", "venv", "--clear", "--without-pip", str(VENV)],
                "Check that this folder can be written and that the disk has room.",
            )
        install(kind)
        # Each kind comes with everything that those before it need.
        kinds = list(REQUIREMENTS)
        held = [contents(each) for each in kinds[: kinds.index(kind) + 1]]
        STAMP.write_text("\n".join([foundation(), *held, ""]), "utf-8")
        say("Set-up finished")


def check_python() -> None:
    """Refuse a Python too old for Entrepot, in words that it can still print."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"Entrepot needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n"
            "Start it with a newer one, for example: python3.11 wsgi.py"
        )


def check_pip() -> None:
    """Refuse to start a set-up that would end for want of pip."""
    if subprocess.run([*PIP, "--version"], capture_output=True, check=False).returncode:
        sys.exit(
            f"{PYTHON} has no pip, which the set-up needs.\n"
            "Debian, Ubuntu: apt-get install python3-pip. Elsewhere: python3 -m ensurepip."
        )


def launch(*arguments: str) -> NoReturn:
    """Become the Python of .venv."""
    os.chdir(ROOT)
    # Many processes follow that import the same code: it is to be compiled once.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), *arguments])


def main(arguments: list[str]) -> None:
    """Carry out one command line."""
    check_python()
    command, rest = (arguments[0], arguments[1:]) if arguments else ("run", [])
    if command == "run":
        set_up("run")
        launch("-m", "core.cli", "run", *rest)
    elif command == "setup" and not rest:
        set_up("run")
    elif command == "test":
        kind, more = ("browser", ("-m", "browser")) if "--browser" in rest else ("test", ())
        rest = [each for each in rest if each != "--browser"]
        set_up(kind)
        if rest != ["--setup-only"]:
            launch(*PYTEST, *more, *rest)
    else:
        sys.exit((__doc__ or "").split("\n\n")[-1].rstrip())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the next start takes it up again.")
