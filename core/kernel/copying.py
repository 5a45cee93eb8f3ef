"""A copy of the database that lives as long as a block: somewhere to try things out."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from core.config import Config
from core.db import Database
from core.errors import KernelError
from core.kernel.backup import copy_sqlite
from core.kernel.backup import dump
from core.kernel.backup import plain_url
from core.kernel.backup import run

# Names of PostgreSQL are cut off after 63 bytes.
NAME_LENGTH = 45


@dataclass(frozen=True)
class Copy:
    """Where the copy is, and how it was made."""

    url: str
    how: str


@contextmanager
def copied(config: Config, database: Database) -> Iterator[Copy]:
    """Copy the database for the length of the block.

    Raises: KernelError when that is not permitted or not possible, with what to do.
    """
    with tempfile.TemporaryDirectory(prefix="trial-", dir=config.instance) as folder:
        if database.dialect == "sqlite":
            file = Path(folder) / "copy.sqlite"
            copy_sqlite(Path(database.url.database or ""), file)
            yield Copy(f"sqlite:///{file}", "SQLite's backup interface")
            return
        # A template may have no connection, not even an idle one of our own.
        database.dispose()
        with _copied_on_server(database.url, Path(folder)) as copy:
            yield copy


@contextmanager
def _copied_on_server(url: URL, folder: Path) -> Iterator[Copy]:
    name = f"{(url.database or '')[:NAME_LENGTH]}_try_{secrets.token_hex(4)}"
    how = _create(url, name, folder)
    try:
        yield Copy(url.set(database=name).render_as_string(hide_password=False), how)
    finally:
        _execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _create(url: URL, name: str, folder: Path) -> str:
    from psycopg import errors

    try:
        _execute(url, "CREATE DATABASE {} TEMPLATE {}", name, url.database or "")
    except (errors.ObjectInUse, errors.InsufficientPrivilege):
        # Others are connected, or the database is not ours to be a template.
        _restore(url, name, folder)
        return "pg_dump and pg_restore"
    return "CREATE DATABASE … TEMPLATE"


def _restore(url: URL, name: str, folder: Path) -> None:
    from psycopg import errors

    try:
        _execute(url, "CREATE DATABASE {} TEMPLATE template0", name)
    except errors.InsufficientPrivilege as error:
        raise KernelError(
            f"The user {url.username} of PostgreSQL may not create databases.",
            hint=f'Let an administrator run: ALTER ROLE "{url.username}" CREATEDB',
        ) from error
    file = folder / "copy.dump"
    target = url.set(database=name)
    refused = dump(url, file) or restore(target, file)
    if refused:
        _execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        raise KernelError(
            f"The database could not be copied: {refused}",
            hint="Install pg_dump and pg_restore of the server's version, or stop every other"
            " process of Entrepot: then PostgreSQL copies by itself.",
        )


def restore(url: URL, file: Path) -> str:
    """Read a dump into an empty database; return what went wrong, or nothing."""
    options = ["--exit-on-error", "--no-owner", f"--dbname={plain_url(url)}", str(file)]
    return run(["pg_restore", *options], url)


def _execute(url: URL, statement: str, *names: str) -> None:
    """Run a statement about databases, from another one than those that it is about."""
    import psycopg
    from psycopg import sql

    command: Any = sql.SQL(statement).format(*map(sql.Identifier, names))
    address = url.set(drivername="postgresql", database="postgres")
    with psycopg.connect(
        address.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute(command)
