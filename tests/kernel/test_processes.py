"""Web server and worker as real processes, told of changes through the database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.config import ROOT
from core.db import Database
from core.kernel.job_models import Worker

ADDONS = Path(__file__).parent / "addons"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def environment(empty_database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ENTREPOT_INSTANCE": str(tmp_path / "instance"),
        "ENTREPOT_DATABASE_URL": empty_database_url,
        "ENTREPOT_ADDONS_PATH": str(ADDONS),
    }


def entrepot(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "core.cli", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


@contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "core.cli", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def status(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


def eventually(condition: Callable[[], bool], seconds: float = 40.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.2)
    return False


def workers(url: str) -> list[str]:
    database = Database(url)
    try:
        with database.read() as session:
            return [worker.name for worker in session.query(Worker)]
    finally:
        database.dispose()


def test_every_web_worker_sees_a_change_at_once_and_new_code_soon(
    environment: dict[str, str],
) -> None:
    entrepot(environment, "init")
    port = free_port()
    with running({**environment, "ENTREPOT_WEB_PROCESSES": "2"}, "serve", "--port", str(port)):
        assert eventually(lambda: status(port, "/login") == 200)
        assert status(port, "/x/pages/list/") == 404

        # Installed while the server runs: the workers start anew, one after the other.
        entrepot(environment, "addons", "install", "pages")
        entrepot(environment, "addons", "enable", "pages")
        assert eventually(lambda: {status(port, "/x/pages/list/") for _ in range(12)} == {200})

        # Toggled: no worker may answer from before, not even once.
        for verb, expected in [("disable", 404), ("enable", 200)] * 2:
            entrepot(environment, "addons", verb, "pages")
            assert {status(port, "/x/pages/list/") for _ in range(12)} == {expected}


def test_the_worker_keeps_a_heartbeat_and_takes_it_back(environment: dict[str, str]) -> None:
    entrepot(environment, "init")
    url = environment["ENTREPOT_DATABASE_URL"]

    with running(environment, "worker") as process:
        assert eventually(lambda: len(workers(url)) == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    assert workers(url) == []


def test_the_worker_ends_when_new_code_is_installed(environment: dict[str, str]) -> None:
    entrepot(environment, "init")
    url = environment["ENTREPOT_DATABASE_URL"]

    with running(environment, "worker") as process:
        assert eventually(lambda: len(workers(url)) == 1)
        entrepot(environment, "addons", "install", "alpha")
        assert process.wait(30) == 0
