"""Web server and worker of one command: what happens when one of them ends or does not start."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from core import running

LASTING = [sys.executable, "-c", "import time; time.sleep(60)"]


def noting(file: Path, then: str) -> list[str]:
    """Return a command that notes that it was started and then does something."""
    return [sys.executable, "-c", f"open({str(file)!r}, 'a').write('.'); {then}"]


def starts(file: Path) -> int:
    return len(file.read_text()) if file.exists() else 0


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(running, "LONGEST_PAUSE", 0.1)


def test_a_worker_that_does_not_start_leaves_the_web_server_alone(tmp_path: Path) -> None:
    web, worker = tmp_path / "web", tmp_path / "worker"

    ended = running.watch(
        noting(web, "import time; time.sleep(60)"),
        noting(worker, "raise SystemExit(3)"),
        dict(os.environ),
        lambda: starts(worker) >= 3,
    )

    assert ended == 0
    assert starts(web) == 1


def test_a_web_server_that_cannot_start_is_the_end(tmp_path: Path) -> None:
    web = tmp_path / "web"

    ended = running.watch(
        noting(web, "raise SystemExit(1)"), LASTING, dict(os.environ), lambda: False
    )

    assert (ended, starts(web)) == (1, 1)


def test_a_web_server_that_had_served_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "STARTED_AFTER_SECONDS", 0.5)
    web = tmp_path / "web"
    late = "import time; time.sleep(0 if len(open({0!r}).read()) > 1 else 2); raise SystemExit(1)"

    ended = running.watch(
        noting(web, late.format(str(web))), LASTING, dict(os.environ), lambda: starts(web) >= 3
    )

    assert ended == 0


def test_who_ends_in_order_is_started_again_at_once(tmp_path: Path) -> None:
    worker = tmp_path / "worker"
    begun = time.monotonic()

    running.watch(LASTING, noting(worker, ""), dict(os.environ), lambda: starts(worker) >= 3)

    assert time.monotonic() - begun < 30


def test_pauses_grow_while_a_process_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LONGEST_PAUSE", 30.0)
    child = running.Child([sys.executable, "-c", ""], dict(os.environ))
    child.process.wait()

    pauses = []
    for child.failures in range(8):
        pauses.append(child.pause)

    assert pauses == [0, 1, 2, 4, 8, 16, 30, 30]
