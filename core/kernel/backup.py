"""A copy of the database before something that cannot be undone: an upgrade, a purge.

SQLite is copied through its own backup interface while others go on writing; PostgreSQL by pg_dump,
where that is installed. Where it is not, the caller says so and goes on.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from core import clock
from core.config import Config
from core.db import Database
from core.errors import KernelError

FOLDER = "backups"
KEEP = 10
DUMP_SECONDS = 3600


@dataclass(frozen=True)
class Backup:
    """A backup that was made, or the reason why there is none."""

    file: Path | None
    said: str


def back_up(config: Config, database: Database, label: str) -> Backup:
    """Copy the database into the instance's folder of backups; the newest ten are kept.

    Raises: KernelError when a copy of SQLite cannot be written, as on a full disk.
    """
    folder = config.instance / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    moment = clock.now().strftime("%Y%m%dT%H%M%S%fZ")
    suffix = "sqlite" if database.dialect == "sqlite" else "dump"
    file = folder / f"{moment}-{label}.{suffix}"
    if database.dialect == "sqlite":
        _copy(Path(database.url.database or ""), file)
    else:
        refused = dump(database.url, file)
        if refused:
            return Backup(None, f"No backup was made: {refused}")
    _tidy(folder)
    return Backup(file, f"Backup: {file}")


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database of SQLite, with all that was committed, while others use it."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)) as origin,
        closing(sqlite3.connect(target)) as copy,
    ):
        origin.backup(copy)


def dump(url: URL, file: Path) -> str:
    """Write a database of PostgreSQL into a file; return what went wrong, or nothing."""
    if shutil.which("pg_dump") is None:
        return "pg_dump is not installed."
    options = ["--format=custom", "--no-owner", f"--file={file}", f"--dbname={plain_url(url)}"]
    done = run(["pg_dump", *options], url)
    if done:
        file.unlink(missing_ok=True)
    return done


def run(command: list[str], url: URL) -> str:
    """Run a tool of PostgreSQL; return what went wrong, or nothing."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=DUMP_SECONDS,
            env={**os.environ, **_password(url)},
        )
    except subprocess.TimeoutExpired:
        return f"{command[0]} did not end within an hour."
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return f"{command[0]}: {' '.join(lines)[:500]}" if done.returncode else ""


def plain_url(url: URL) -> str:
    """Return a database's address for PostgreSQL's own tools, without the password.

    Whoever may list the processes would read it there.
    """
    bare = url.set(drivername="postgresql", password=None) if url.password else url
    return bare.set(drivername="postgresql").render_as_string(hide_password=False)


def _password(url: URL) -> Mapping[str, str]:
    return {"PGPASSWORD": str(url.password)} if url.password else {}


def _copy(source: Path, file: Path) -> None:
    draft = file.with_suffix(".part")
    try:
        copy_sqlite(source, draft)
        draft.chmod(0o600)
        draft.replace(file)
    except (OSError, sqlite3.Error) as error:
        draft.unlink(missing_ok=True)
        raise KernelError(
            f"The database could not be copied to {file}: {error}.",
            hint="Make room there, or go on with --no-backup.",
        ) from error


def _tidy(folder: Path) -> None:
    # The name begins with the moment; files of other names are not ours.
    made = sorted([*folder.glob("2*Z-before-*.sqlite"), *folder.glob("2*Z-before-*.dump")])
    for file in made[:-KEEP]:
        file.unlink(missing_ok=True)
