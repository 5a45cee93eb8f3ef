"""A worker that ends leaves its jobs to the others at once, and not before its children do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.kernel.jobs import claiming
from core.kernel.jobs import keeping
from core.kernel.jobs import vitals
from core.kernel.kernel import Kernel
from tests.kernel.jobs.working import eventually
from tests.kernel.jobs.working import get
from tests.kernel.jobs.working import put

NAME = "host:4711:0815"

# Locks the file, hands it to a child, says its number and sleeps.
WORKER = """
import subprocess, sys, time
from pathlib import Path
from core.kernel.jobs import vitals
held = vitals.hold(Path(sys.argv[1]), sys.argv[2])
child = subprocess.Popen(["sleep", "600"], pass_fds=[held])
print(child.pid, flush=True)
time.sleep(600)
"""


@contextmanager
def worker(instance: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a process that holds a file, with a child that does; yield it and the child's number."""
    command = [sys.executable, "-c", WORKER, str(instance), NAME]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def test_a_worker_is_gone_when_it_and_its_children_are(tmp_path: Path) -> None:
    with worker(tmp_path) as (process, child):
        assert vitals.gone(tmp_path, [NAME]) == set()

        process.kill()
        process.wait()
        assert vitals.gone(tmp_path, [NAME]) == set()

        os.kill(child, 9)
        assert eventually(lambda: vitals.gone(tmp_path, [NAME]) == {NAME}, 10)


def test_nothing_is_known_of_a_worker_without_a_file_or_of_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert vitals.gone(tmp_path, [NAME]) == set()

    with monkeypatch.context() as there:
        there.setattr(vitals, "_machine", lambda: "another")
        held = vitals.hold(tmp_path, NAME)
    assert held is not None
    os.close(held)

    assert vitals.gone(tmp_path, [NAME]) == set()


def test_a_folder_that_cannot_be_written_leaves_it_to_the_leases(tmp_path: Path) -> None:
    (tmp_path / vitals.FOLDER).touch()

    assert vitals.hold(tmp_path, NAME) is None
    vitals.let_go(tmp_path, NAME, None)
    vitals.sweep(tmp_path)


def test_files_left_behind_are_swept_when_they_are_old(tmp_path: Path) -> None:
    held = vitals.hold(tmp_path, NAME)
    (file,) = (tmp_path / vitals.FOLDER).iterdir()
    os.utime(file, (time.time() - 7200,) * 2)
    vitals.sweep(tmp_path)
    assert file.exists()

    assert held is not None
    os.close(held)
    vitals.sweep(tmp_path)

    assert not file.exists()


def test_jobs_of_a_worker_that_is_gone_run_again_before_their_lease_ends(
    kernel: Kernel, tmp_path: Path
) -> None:
    job = put(kernel, "answer")
    held = vitals.hold(tmp_path, NAME)
    with kernel.db.write() as session:
        assert claiming.claim(session, job, NAME, kernel.enabled)
    doubtful = keeping.Steady()
    doubtful._jumped_at = time.monotonic()

    assert keeping.recover(kernel.db, doubtful, tmp_path) == 0
    assert held is not None
    os.close(held)

    # It needs no clock to know that.
    assert keeping.recover(kernel.db, doubtful, tmp_path) == 1
    assert (get(kernel, job).state, get(kernel, job).losses) == ("waiting", 1)
