"""Everything of one database into another, empty one: from SQLite to PostgreSQL, or back.

The target gets its tables by the same migrations up to the same revisions, of the core and of every
addon with tables; then the rows of each table follow, those that others refer to first. It is one
transaction there, and one snapshot here: all of it is there, or nothing. In the end the target is
read again and compared, table by table and column by column.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.db import Database
from core.errors import Conflict
from core.errors import InputError
from core.errors import KernelError
from core.failpoints import failpoint
from core.ids import ID_BLOCK
from core.ids import ID_SEQUENCE
from core.kernel import migrations
from core.kernel.kernel import Kernel
from core.kernel.migrations import CORE
from core.kernel.migrations import Lineage
from core.kernel.migrations import core_lineage
from core.moving.guards import guards_off
from core.moving.rows import Fingerprint
from core.moving.rows import copy_rows
from core.moving.rows import fingerprint

VERSIONS = "alembic_version_"
# Filled by the migrations, by the counter of ids, or by workers out of kernel_job.
NOT_COPIED = (VERSIONS, "procrastinate_", "kernel_sequence", "sqlite_")


@dataclass(frozen=True)
class Moved:
    """What was copied where: rows by table, and the revision of each lineage."""

    target: str
    rows: dict[str, int]
    revisions: dict[str, str]


def copy_database(
    kernel: Kernel, target_url: str, say: Callable[[str, int], None] = lambda _table, _rows: None
) -> Moved:
    """Copy the kernel's database into an empty one; `say` hears of each table.

    Raises: InputError for an address that cannot be used, Conflict when something is there already,
    KernelError when an addon's files are missing, or the two do not agree in the end.
    """
    target = _open(target_url)
    try:
        with _snapshot(kernel.db) as source:
            lineages = _lineages(kernel, source)
            with migrations.schema_session(target) as session:
                moved = _copy(source, session, lineages, say)
        _analyse(target)
        return moved
    finally:
        target.dispose()


def _open(url: str) -> Database:
    try:
        database = Database(url)
    except (ArgumentError, ImportError) as error:
        raise InputError(
            "is no address of a database.",
            where="TARGET_URL",
            hint="Write postgresql://user:password@host/name or sqlite:////path/to/file.",
        ) from error
    try:
        with database.engine.connect() as connection:
            present = migrations.tables(connection)
    except DBAPIError as error:
        database.dispose()
        raise InputError(f"cannot be reached: {error.orig}.", where="TARGET_URL") from error
    if present:
        database.dispose()
        raise Conflict(
            f"The target holds {len(present)} tables already, such as {min(present)}.",
            hint="Give an empty database; nothing was changed.",
        )
    return database


@contextmanager
def _snapshot(database: Database) -> Iterator[Session]:
    """Open a session that sees one moment, whatever others write meanwhile."""
    with database.read() as session:
        if database.dialect == "postgresql":
            session.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        yield session


def _lineages(kernel: Kernel, source: Session) -> dict[Lineage, str]:
    """Return whose tables there are, and at which revision they stand."""
    found = {}
    for table in sorted(migrations.tables(source.connection())):
        if not table.startswith(VERSIONS):
            continue
        lineage = _lineage(kernel, table.removeprefix(VERSIONS))
        revision = migrations.present_revision(source.connection(), lineage)
        if revision is not None:
            found[lineage] = revision
    # An addon may refer to tables of those that it depends on.
    places = {name: place for place, name in enumerate((CORE, *kernel.graph.order))}
    return dict(sorted(found.items(), key=lambda item: places.get(item[0].name, len(places))))


def _lineage(kernel: Kernel, name: str) -> Lineage:
    if name == CORE:
        return core_lineage()
    if name not in kernel.found:
        raise KernelError(
            f"The tables of {name} cannot be made in the target: its files are missing.",
            hint=f"Put them back, or remove its data: entrepot addons purge {name}",
        )
    return Lineage(name, kernel.found[name].folder / "migrations")


def _copy(
    source: Session,
    target: Session,
    lineages: dict[Lineage, str],
    say: Callable[[str, int], None],
) -> Moved:
    for lineage, revision in lineages.items():
        migrations.upgrade(target.connection(), lineage, revision)
    tables = _tables(source, target)
    found = {}
    with guards_off(target, tables):
        _empty(target, tables)
        for number, table in enumerate(tables, 1):
            found[table.name] = copy_rows(source, target, table)
            failpoint("db.copied", number)
            say(table.name, found[table.name].rows)
    _carry_ids(source, target)
    _carry_counters(target, tables)
    _compare(target, tables, found)
    revisions = {lineage.name: revision for lineage, revision in lineages.items()}
    url = target.info["database"].url.render_as_string(hide_password=True)
    return Moved(url, {name: each.rows for name, each in found.items()}, revisions)


def _compare(
    target: Session, tables: Sequence[sa.Table], expected: Mapping[str, Fingerprint]
) -> None:
    """Read all of it again: what arrived must be what was read, in every column."""
    for table in tables:
        arrived = fingerprint(target, table)
        if arrived != expected[table.name]:
            raise KernelError(
                f"The copy of {table.name} differs: {arrived.rows} rows of"
                f" {expected[table.name].rows}, or other values.",
                hint="The target is empty again. Please report this.",
            )


def _tables(source: Session, target: Session) -> list[sa.Table]:
    """Return the tables to be copied as the target has them, those that others refer to first."""
    names = _copied(source)
    missing = sorted(names - _copied(target))
    if missing:
        raise KernelError(
            f"No migration makes {', '.join(missing)}.",
            hint="Drop what does not belong to Entrepot or its addons.",
        )
    metadata = sa.MetaData()
    metadata.reflect(target.connection(), only=sorted(names))
    return [table for table in metadata.sorted_tables if table.name in names]


def _copied(session: Session) -> set[str]:
    present = migrations.tables(session.connection())
    return {name for name in present if not name.startswith(NOT_COPIED)}


def _empty(target: Session, tables: Sequence[sa.Table]) -> None:
    """Take away what migrations wrote: the source has its own."""
    for table in reversed(tables):
        if target.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            target.execute(sa.delete(table))


def _carry_ids(source: Session, target: Session) -> None:
    """Let the target go on counting where the source stopped."""
    if source.get_bind().dialect.name == "sqlite":
        following = source.execute(sa.text("SELECT next FROM kernel_sequence")).scalar_one()
    else:
        # Processes may still hold what is left of the block that was taken last.
        query = f"SELECT last_value + CASE WHEN is_called THEN {ID_BLOCK} ELSE 0 END"  # noqa: S608
        following = source.execute(sa.text(f"{query} FROM {ID_SEQUENCE}")).scalar_one()
    if target.get_bind().dialect.name == "sqlite":
        target.execute(sa.text("UPDATE kernel_sequence SET next = :next"), {"next": following})
    else:
        target.execute(
            sa.text(f"SELECT setval('{ID_SEQUENCE}', :next, false)"),  # noqa: S608
            {"next": following},
        )


def _carry_counters(target: Session, tables: Sequence[sa.Table]) -> None:
    """Let the columns that PostgreSQL counts by itself go on after their largest number.

    The core has none; an addon may.
    """
    if target.get_bind().dialect.name == "sqlite":
        return
    for table in tables:
        for column in table.columns:
            query = sa.text("SELECT pg_get_serial_sequence(:table, :column)")
            names = {"table": f'"{table.name}"', "column": column.name}
            if (counter := target.execute(query, names).scalar()) is not None:
                largest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
                target.execute(sa.select(sa.func.setval(counter, largest, False)))


def _analyse(target: Database) -> None:
    with target.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")
