"""The worker as a real process, told of changes through the database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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
