"""Proof of life: a file that a worker and its children keep locked as long as one of them runs.

The operating system unlocks it with the last of them, however they end. So another worker of the
same machine need not wait for the end of a lease: what it can lock belongs to nobody any more.
Where the file cannot be written, or lies on another machine, leases alone decide.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

FOLDER = "workers"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# A file that is not locked yet may just have been made.
KEEP_SECONDS = 3600.0


def hold(instance: Path, name: str) -> int | None:
    """Lock a worker's file and return its descriptor, which children are to inherit; or None."""
    path = _path(instance, name)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, _machine().encode())
    except OSError as error:
        log.info("%s cannot be locked (%s); should we die, our leases must end first", path, error)
        return None
    return descriptor


def let_go(instance: Path, name: str, descriptor: int | None) -> None:
    """Take back a worker's file when it has no jobs any more."""
    if descriptor is not None:
        with suppress(OSError):
            _path(instance, name).unlink()
        os.close(descriptor)


def gone(instance: Path, names: Collection[str]) -> set[str]:
    """Return which of these workers have certainly ended, with all their children."""
    return {name for name in names if _ended(_path(instance, name))}


def sweep(instance: Path) -> None:
    """Remove the files of workers that ended without taking them back."""
    for path in (instance / FOLDER).glob("*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > KEEP_SECONDS and _ended(path):
                path.unlink()


def _ended(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            # A lock means nothing on a disk that another machine shares.
            if file.read().decode(errors="replace") != _machine():
                return False
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _path(instance: Path, name: str) -> Path:
    return instance / FOLDER / name.replace(":", "_")


def _machine() -> str:
    """Return what tells this machine from others; its containers are one machine."""
    try:
        return BOOT_ID.read_text(encoding="ascii")
    except OSError:
        return socket.gethostname()
