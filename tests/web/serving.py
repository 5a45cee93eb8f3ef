"""The web application behind gunicorn, as it runs in earnest, and clients that ask it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from http.client import HTTPException
from pathlib import Path

import httpx2

from core.bootstrap import web_command
from core.config import ROOT
from core.config import Config
from tests.web.conftest import FIELD

PATIENCE = 120.0


@contextmanager
def server(config: Config, workers: int) -> Iterator[str]:
    """Run gunicorn with some workers as `entrepot serve` does; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host, port = free.getsockname()
    log = config.instance / "gunicorn.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            web_command(replace(config, host=host, port=port)),
            cwd=ROOT,
            env={**environment(config), "ENTREPOT_WEB_PROCESSES": str(workers)},
            stdout=out,
            stderr=out,
        )
    try:
        _wait_for_workers(f"http://{host}:{port}", log, workers)
        yield f"http://{host}:{port}"
    finally:
        process.terminate()
        process.wait(40)


@contextmanager
def worker(config: Config) -> Iterator[None]:
    """Run a worker as `entrepot worker` does."""
    with (config.instance / "worker.log").open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.cli", "worker"],
            cwd=ROOT,
            env=environment(config),
            stdout=out,
            stderr=out,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(40)


def command(config: Config, *arguments: str) -> str:
    """Run an `entrepot` command in a process of its own; return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        cwd=ROOT,
        env=environment(config),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(config: Config, *arguments: str) -> str:
    """Run an `entrepot` command that has to fail; return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        cwd=ROOT,
        env=environment(config),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


def environment(config: Config) -> dict[str, str]:
    """Return what tells another process of this installation."""
    return {
        **os.environ,
        "ENTREPOT_INSTANCE": str(config.instance),
        "ENTREPOT_DATABASE_URL": config.database_url,
        "ENTREPOT_ADDONS_PATH": os.pathsep.join(map(str, config.addon_paths[1:])),
        "ENTREPOT_HTTP_ALLOW": ",".join(config.http_allow),
    }


def ask(address: str, cookie: str, method: str, path: str) -> tuple[int, str]:
    """Ask once over a connection of its own, so that any worker may answer; 0 is no answer."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=PATIENCE)
    try:
        connection.request(method, path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, HTTPException):
        return 0, ""
    finally:
        connection.close()


def fields(browser: httpx2.Client, address: str) -> dict[str, str]:
    """Return what a form of a page sends besides what a person enters."""
    found = FIELD.search(browser.get(address).text)
    assert found is not None
    return {"csrf_token": found[1]}


def _wait_for_workers(address: str, log: Path, workers: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if len(re.findall("Booting worker", log.read_text())) >= workers:
            try:
                if httpx2.get(f"{address}/readyz").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())
