"""Schema changes: one alembic lineage and one version table for the core and for each addon.

Lineages are independent, so the files of an addon may vanish without harming any other. Addons
ship migration files only, no env.py. Everything runs inside the caller's transaction; on SQLite
that works because `core.db` sends its own BEGIN.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.orm import Session

import core
from core.db import Database
from core.driver import WatchedSession
from core.errors import MigrationFailed
from core.failpoints import failpoint
from core.ids import store_next_id
from core.kernel.faults import BOUNDARY
from core.kernel.guarding import guarded_connection
from core.stamps import create_stamps

if TYPE_CHECKING:
    # Loaded when a schema changes: no start of a program needs it, and it takes its time.
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

CORE = "core"
SCHEMA_LOCK = 0x656E7472


@dataclass(frozen=True)
class Lineage:
    """The migrations of the core or of one addon; `folder` may be missing or empty."""

    name: str
    folder: Path

    @property
    def version_table(self) -> str:
        """Return the table that holds the lineage's present revision."""
        return f"alembic_version_{self.name}"

    def owns(self, table: str) -> bool:
        """Say whether a table belongs to this lineage, by its name."""
        owner, separator, _ = table.partition("__")
        if self.name != CORE:
            return bool(separator) and owner == self.name
        return not separator and not table.startswith(("alembic_version_", "procrastinate_"))

    def script(self) -> ScriptDirectory | None:
        """Return alembic's view of the migration files, or None when there are none."""
        files = sorted(self.folder.glob("*.py"))
        if not files:
            return None
        return _script(self.folder, tuple((file.name, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=64)
def _script(folder: Path, _files: tuple[tuple[str, int], ...]) -> ScriptDirectory:
    """Read the migration files of a folder, again only when one of them has changed."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(folder), version_locations=[str(folder)])


def core_lineage() -> Lineage:
    """Return the lineage of the core's own tables."""
    return Lineage(CORE, Path(core.__file__).parent / "migrations")


def upgrade_core(database: Database) -> None:
    """Bring the core's tables to the newest revision, in one transaction."""
    with schema_session(database) as session:
        upgrade(session.connection(), core_lineage())
        # SQLite loses the triggers of a table that a migration has rebuilt.
        create_stamps(session.connection())


def upgrade_addon(connection: Connection, name: str, folder: Path) -> None:
    """Bring an addon's tables to the newest revision, within the caller's transaction."""
    upgrade(connection, Lineage(name, folder))


def downgrade_addon(connection: Connection, name: str, folder: Path) -> None:
    """Take away an addon's tables and its version table, within the caller's transaction."""
    lineage = Lineage(name, folder)
    downgrade(connection, lineage, "base")
    connection.execute(text(f'DROP TABLE IF EXISTS "{lineage.version_table}"'))


def upgrade(connection: Connection, lineage: Lineage, revision: str = "head") -> None:
    """Run the migrations of a lineage up to a revision."""
    script = lineage.script()
    if script is not None:
        _run(connection, lineage, script, lambda now: script._upgrade_revs(revision, now))


def downgrade(connection: Connection, lineage: Lineage, revision: str) -> None:
    """Run the migrations of a lineage down to a revision."""
    script = lineage.script()
    if script is not None:
        _run(connection, lineage, script, lambda now: script._downgrade_revs(revision, now))


def core_revisions() -> list[str]:
    """Return the core's revisions, oldest first; the names of their files say them."""
    return [f"{CORE}_{file.name[:4]}" for file in sorted(core_lineage().folder.glob("[0-9]*.py"))]


def present_revision(connection: Connection, lineage: Lineage) -> str | None:
    """Return the revision at which a lineage stands in the database."""
    if not inspect(connection).has_table(lineage.version_table):
        return None
    query = f'SELECT version_num FROM "{lineage.version_table}"'  # noqa: S608
    return connection.execute(text(query)).scalar()


def newest_revision(lineage: Lineage) -> str | None:
    """Return the revision to which the files of a lineage would bring it."""
    script = lineage.script()
    return script.get_current_head() if script is not None else None


def tables(connection: Connection) -> frozenset[str]:
    """Return the names of all tables as the present transaction sees them."""
    return frozenset(inspect(connection).get_table_names())


@contextmanager
def schema_session(database: Database) -> Iterator[Session]:
    """Open a session for schema changes that commits at the end, or undoes everything.

    SQLite rebuilds a table by dropping the old one, and would delete the rows that refer to it
    by ON DELETE CASCADE: foreign keys are off meanwhile and checked before the commit.
    """
    with database.engine.connect() as connection:
        _foreign_keys(connection, "OFF")
        try:
            info = {**database.info, "database": database}
            with WatchedSession(connection, expire_on_commit=False, info=info) as session:
                _wait_for_others(session)
                yield session
                session.flush()
                check_foreign_keys(session.connection())
                store_next_id(session)
                session.commit()
        finally:
            _foreign_keys(connection, "ON")


def _run(
    connection: Connection,
    lineage: Lineage,
    script: ScriptDirectory,
    steps: Callable[[Any], Any],
) -> None:
    """Run alembic's environment without any env.py."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    def work(now: Any, _context: MigrationContext) -> Any:
        return steps(now)

    environment = EnvironmentContext(Config(), script, fn=work)
    try:
        # A migration that commits would leave half an addon when the next one fails.
        with environment, guarded_connection(connection):
            environment.configure(
                connection=connection,
                version_table=lineage.version_table,
                render_as_batch=True,
                transactional_ddl=True,
                on_version_apply=_applied(),
            )
            environment.run_migrations()
    except BOUNDARY as error:
        raise MigrationFailed(
            f"A migration of {lineage.name} failed: {type(error).__name__}: {error}.",
            hint="The database is as it was before.",
        ) from error


def _applied() -> Callable[..., None]:
    numbers = itertools.count(1)

    def applied(**_what: object) -> None:
        failpoint("addons.migrated", next(numbers))

    return applied


def _wait_for_others(session: Session) -> None:
    # SQLite has one writer anyway; on PostgreSQL two installations would race for the same tables.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SCHEMA_LOCK})


def _foreign_keys(connection: Connection, switch: str) -> None:
    # Through the driver: SQLAlchemy would begin a transaction first, and inside one the PRAGMA is
    # silently without effect.
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA foreign_keys={switch}")


def check_foreign_keys(connection: Connection) -> None:
    """Refuse rows that refer to nothing; on SQLite nobody else looks while a schema changes.

    Raises: MigrationFailed.
    """
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise MigrationFailed(
            f"After the migration, {broken[0]} refers to rows of {broken[2]} that are missing.",
            hint="The database is as it was before.",
        )
