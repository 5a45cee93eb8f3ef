"""A database for each test, copied from a template, on SQLite and on PostgreSQL.

This is a pytest plugin (`-p tests.databases`), so that the tests of addons have its fixtures too.
A test that uses `database_url` runs once on each engine. PostgreSQL is the server at the URL in
ENTREPOT_TEST_PG, whose user may create databases, or else one of our own (see `tests.postgres`),
shared by all xdist workers; where neither can be had, its tests are skipped, and loudly.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from tests.postgres import PostgresUnavailable
from tests.postgres import durable_postgres
from tests.postgres import locked
from tests.postgres import new_folder
from tests.postgres import remove_folder
from tests.postgres import start

__all__ = ["Databases", "durable_postgres"]

ENGINES = ("sqlite", "postgresql")
FOLDER = pytest.StashKey[Path]()
OWNER = pytest.StashKey[IO[str]]()
OPENED: WeakSet[Any] = WeakSet()
"""The connections of this process to PostgreSQL, for as long as anything holds them."""


@sa.event.listens_for(sa.pool.Pool, "connect")
def _remember(connection: Any, _record: object) -> None:
    if isinstance(connection, psycopg.Connection):
        OPENED.add(connection)


def make_template(url: str) -> None:
    """Bring an empty database to what every test starts from: the tables of the core."""
    from core.db import Database
    from core.kernel.migrations import upgrade_core

    database = Database(url)
    try:
        upgrade_core(database)
    finally:
        database.dispose()


class Sqlite:
    """SQLite files in the session's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.sqlite"

    def create(self, name: str, *, empty: bool) -> str:
        """Make a database and return its URL."""
        path = self._folder / f"{name}.sqlite"
        if not empty:
            self._make_template()
            shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Remove a database with the files beside it."""
        path = url.removeprefix("sqlite:///")
        for suffix in ("", "-wal", "-shm"):
            Path(path + suffix).unlink(missing_ok=True)

    def _make_template(self) -> None:
        with locked(self._folder / "sqlite-template"):
            if not self._template.exists():
                draft = self._folder / "draft.sqlite"
                draft.unlink(missing_ok=True)
                make_template(f"sqlite:///{draft}")
                draft.rename(self._template)


class Postgresql:
    """Databases of the one server that the processes of a session share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # The name of the session's folder tells apart two sessions on one server.
        self._template = f"{folder.name.replace('-', '_')}_template"

    def create(self, name: str, *, empty: bool) -> str:
        """Make a database and return its URL."""
        if not empty:
            self._make_template()
        return self._create(name, "template0" if empty else self._template)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected; a test that forgot to leave it fails.

        Else the collector would close the connection in a later test, and that one would fail.
        """
        name = urlsplit(url).path[1:]
        forgotten = [c for c in OPENED if not c.closed and c.info.dbname == name]
        for each in forgotten:
            each.close()
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        assert not forgotten, f"{len(forgotten)} connections are open: dispose of each kernel's db"

    def close(self) -> None:
        """Remove the template from a server that goes on after us."""
        if (self._folder / "template-made").exists() and "ENTREPOT_TEST_PG" in os.environ:
            self._execute("DROP DATABASE {}", self._template)

    def _make_template(self) -> None:
        made = self._folder / "template-made"
        with locked(self._folder / "postgresql-template"):
            if not made.exists():
                self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._template)
                make_template(self._create(self._template, "template0"))
                made.touch()

    def _create(self, name: str, template: str) -> str:
        # Copying the files skips the write-ahead log: with fsync off that is the quicker way.
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        return urlsplit(self._server())._replace(path=f"/{name}").geturl()

    def _server(self) -> str:
        return os.environ.get("ENTREPOT_TEST_PG") or start(self._folder)

    def _execute(self, statement: str, *names: str) -> None:
        command = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(self._server(), autocommit=True) as connection:
            connection.execute(command)


class Databases:
    """Makes databases for tests, named by process and number."""

    def __init__(self, folder: Path) -> None:
        self._makers: dict[str, Sqlite | Postgresql] = {
            "sqlite": Sqlite(folder),
            "postgresql": Postgresql(folder),
        }
        self._names = (
            f"{folder.name.replace('-', '_')}_{os.getpid()}_{n}" for n in itertools.count()
        )

    def create(self, engine: str, *, empty: bool = False) -> str:
        """Make a database with the tables of the core, or an empty one, and return its URL."""
        try:
            return self._makers[engine].create(next(self._names), empty=empty)
        except PostgresUnavailable as error:
            pytest.skip(f"NO POSTGRESQL: {error}")

    def drop(self, url: str) -> None:
        """Remove a database."""
        self._makers[urlsplit(url).scheme].drop(url)

    def lend(self, engine: str, *, empty: bool = False) -> Iterator[str]:
        """Make a database for as long as the fixture that yields from here lasts."""
        url = self.create(engine, empty=empty)
        yield url
        self.drop(url)


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    """Make as many databases as a test wants; it drops them itself."""
    return Databases(pytestconfig.stash[FOLDER])


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """Give the URL of a fresh database with the tables of the core, on each engine in turn."""
    yield from databases.lend(request.param)


@pytest.fixture(params=ENGINES)
def empty_database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """Give the URL of a database without any table, on each engine in turn."""
    yield from databases.lend(request.param, empty=True)


@pytest.fixture
def sqlite_url(databases: Databases) -> Iterator[str]:
    """Give the URL of a fresh SQLite database with the tables of the core."""
    yield from databases.lend("sqlite")


@pytest.fixture
def postgresql_url(databases: Databases) -> Iterator[str]:
    """Give the URL of a fresh PostgreSQL database with the tables of the core."""
    yield from databases.lend("postgresql")


def pytest_configure(config: pytest.Config) -> None:
    """Make the session's folder, or learn of it from the process that started this worker."""
    given = getattr(config, "workerinput", {}).get("databases")
    config.stash[FOLDER] = Path(given) if given else new_folder()
    if not given:
        owner = (config.stash[FOLDER] / "owner").open("w")
        fcntl.flock(owner, fcntl.LOCK_EX)
        config.stash[OWNER] = owner


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker the session's folder."""
    node.workerinput["databases"] = str(node.config.stash[FOLDER])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say aloud that the tests on PostgreSQL did not run."""
    with suppress(FileNotFoundError):
        reason = (config.stash[FOLDER] / "failure").read_text()
        terminalreporter.section("TESTS ON POSTGRESQL WERE SKIPPED", red=True, bold=True)
        terminalreporter.line(reason)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and remove every database, in the process that made the folder."""
    if OWNER in config.stash:
        Postgresql(config.stash[FOLDER]).close()
        config.stash[OWNER].close()
        remove_folder(config.stash[FOLDER])
