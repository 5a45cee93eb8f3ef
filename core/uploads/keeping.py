"""Where files that were sent lie until a job has read them: the instance's own folder."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from core.errors import NotFound

FOLDER = "uploads"
KEPT_SECONDS = 7 * 86_400
"""A file whose job never ran lies no longer than this."""

LONGEST_NAME = 120
_KEY = re.compile(r"[0-9a-f]{32}")
_ODD = re.compile(r"[^\w.() -]+")


def keep(instance: Path, stream: IO[bytes], filename: str) -> str:
    """Keep a file under its own name, for the owner of the instance only; return its key."""
    key = secrets.token_hex(16)
    folder = instance / FOLDER / key
    folder.mkdir(mode=0o700, parents=True)
    with (folder / _safe(filename)).open("wb") as file:
        shutil.copyfileobj(stream, file)
    return key


def find(instance: Path, key: str) -> Path:
    """Return the file of a key.

    Raises: NotFound when it is not on this machine, or was removed.
    """
    folder = instance / FOLDER / key
    files = list(folder.iterdir()) if _KEY.fullmatch(key) and folder.is_dir() else []
    if len(files) != 1:
        raise NotFound(
            "The file that was sent is not here any more.",
            hint="Send it again. Machines that work together share the instance's folder.",
        )
    return files[0]


def is_here(instance: Path, key: str) -> bool:
    """Say whether the file of a key is on this machine still."""
    return bool(_KEY.fullmatch(key)) and (instance / FOLDER / key).is_dir()


def drop(instance: Path, key: str) -> None:
    """Remove the file of a key, if it is there."""
    if _KEY.fullmatch(key):
        shutil.rmtree(instance / FOLDER / key, ignore_errors=True)


def outdated(instance: Path) -> Iterator[str]:
    """Yield the keys of files that lie too long."""
    folder = instance / FOLDER
    for each in folder.iterdir() if folder.is_dir() else ():
        if time.time() - each.stat().st_mtime > KEPT_SECONDS:
            yield each.name


def _safe(filename: str) -> str:
    name = _ODD.sub("_", filename.replace("\\", "/").rpartition("/")[2]).strip(". ")
    return name[-LONGEST_NAME:] or "file"
