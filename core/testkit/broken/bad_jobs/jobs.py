"""Everything a job can do to the process it runs in."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import time

from core.api import JobContext
from core.api import job

log = logging.getLogger(__name__)


@job(timeout="1s", max_attempts=1)
def loops(context: JobContext) -> None:
    """Never come back."""
    while True:
        pass


@job(timeout="1s", max_attempts=1)
def sleeps(context: JobContext) -> None:
    """Come back after a minute."""
    time.sleep(60)


@job(max_attempts=1)
def exits(context: JobContext) -> None:
    """Raise what ends a program."""
    sys.exit(3)


@job(max_attempts=1)
def ends(context: JobContext) -> None:
    """End the process past all clean-up."""
    os._exit(4)


@job(max_attempts=1)
def crashes(context: JobContext) -> None:
    """Read where nothing is, as a fault in a C library would."""
    ctypes.string_at(0)


@job(max_attempts=1)
def eats_memory(context: JobContext) -> int:
    """Take two gigabytes, bit by bit."""
    return len([bytearray(1 << 26) for _ in range(32)]) // 0


@job(max_attempts=1)
def shouts(context: JobContext) -> None:
    """Fill the log with a hundred megabytes and fail."""
    for _ in range(100):
        log.warning("x" * 1_000_000)
    raise RuntimeError("x" * 10_000_000)


@job(max_attempts=1)
def fails(context: JobContext) -> None:
    """Bear the name of a job of `healthy`, and fail."""
    raise RuntimeError("raised on purpose")
