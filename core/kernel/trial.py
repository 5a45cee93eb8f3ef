"""Install or upgrade an addon on a copy of the database, and say what that would change."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection as DbConnection
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.kernel import lifecycle
from core.kernel.connections import connection_schema
from core.kernel.copying import copied
from core.kernel.faults import BOUNDARY
from core.kernel.installing import Installed
from core.kernel.kernel import Kernel
from core.kernel.models import Addon
from core.kernel.models import Connection
from core.kernel.models import Setting
from core.kernel.schema import up_to_date
from core.kernel.schema import version_of
from core.kernel.settings import settings_schema
from core.kernel.shape import Difference
from core.kernel.shape import Shape
from core.kernel.shape import differences
from core.kernel.shape import shape_of

# What keeps others from writing to a table, or from reading it too.
STRONG_LOCKS = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")

# These count what the kernel does, and change with every act.
KERNEL_ONLY = ("kernel_addon", "kernel_state", "kernel_sequence")


@dataclass(frozen=True)
class SettingsTried:
    """Settings of an older version of their schema, and whether they can be brought up to date."""

    scope: str
    before: int
    after: int
    error: str = ""


@dataclass(frozen=True)
class Declared:
    """What an addon asks for or takes part in that it did not before, or no longer does."""

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass
class Trial:
    """What an install or an upgrade would change."""

    installed: Installed
    copied_by: str = ""
    copy_seconds: float = 0.0
    seconds: float = 0.0
    locks: list[str] = field(default_factory=list)
    shape: list[Difference] = field(default_factory=list)
    rows: list[tuple[str, int, int]] = field(default_factory=list)
    settings: list[SettingsTried] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)


@dataclass(frozen=True)
class _Before:
    """The copy as it was before the act."""

    shape: Shape
    counts: dict[str, int]
    declared: dict[str, list[str]]


def try_on_copy(kernel: Kernel, name: str, *, upgrade: bool = False) -> Trial:
    """Install or upgrade an addon on a copy; the database itself is only read.

    Raises: NotFound, Conflict when there is nothing to upgrade, KernelError when the database
    cannot be copied, and whatever the install itself raises.
    """
    kernel.manifest(name)
    row = kernel.rows.get(name)
    if upgrade and row is None:
        raise Conflict(f"{name} is not installed.", hint="Leave out --upgrade.")
    began = time.perf_counter()
    with copied(kernel.config, kernel.db) as copy:
        copy_seconds = time.perf_counter() - began
        trial = Kernel.boot(replace(kernel.config, database_url=copy.url))
        try:
            found = _try(trial, name)
        finally:
            trial.db.dispose()
    found.copied_by, found.copy_seconds = copy.how, copy_seconds
    return found


def _try(trial: Kernel, name: str) -> Trial:
    before = _before(trial, name)
    locks: list[str] = []

    def observe(session: Session) -> None:
        locks.extend(_locks(session.connection(), before.shape))

    began = time.perf_counter()
    installed = lifecycle.install(trial, name, back_up=False, before_commit=observe)
    seconds = time.perf_counter() - began
    with trial.db.read() as session:
        connection = session.connection()
        after = shape_of(connection)
        counts = _counts(connection, after)
        row = session.get_one(Addon, name)
        return Trial(
            installed=installed,
            seconds=seconds,
            locks=locks,
            shape=differences(before.shape, after),
            rows=[
                (table, before.counts.get(table, 0), count)
                for table, count in sorted(counts.items())
                if count != before.counts.get(table, 0) and table not in KERNEL_ONLY
            ],
            settings=list(_settings(trial, session, name)),
            declared=_declared(before.declared, row.declared or {}),
        )


def _before(trial: Kernel, name: str) -> _Before:
    with trial.db.read() as session:
        connection = session.connection()
        shape = shape_of(connection)
        row = session.get(Addon, name)
        return _Before(shape, _counts(connection, shape), (row.declared if row else None) or {})


def _counts(connection: DbConnection, shape: Shape) -> dict[str, int]:
    return {
        table: int(connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0)
        for table in shape
    }


def _locks(connection: DbConnection, before: Shape) -> Iterator[str]:
    """Say what others would have to wait for, until the commit."""
    if connection.dialect.name == "sqlite":
        yield "the one lock for writing: other writers wait, readers go on"
        return
    query = sa.text(
        "SELECT DISTINCT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " WHERE l.pid = pg_backend_pid() AND l.granted AND c.relkind = 'r' ORDER BY 1, 2"
    )
    for table, mode in connection.execute(query):
        if table in before and mode in STRONG_LOCKS:
            waits = "readers and writers wait" if mode == "AccessExclusiveLock" else "writers wait"
            yield f"{table}: {mode} ({waits})"


def _settings(trial: Kernel, session: Session, name: str) -> Iterator[SettingsTried]:
    """Bring stored settings up to date, as the first use after an upgrade would."""
    kind = settings_schema(trial, name)
    house = session.get(Setting, (name, 0))
    scopes = [("the installation", kind, house.version, house.data)] if house else []
    kind = connection_schema(trial, name)
    scopes += [
        (each.label, kind, each.settings_version, each.settings)
        for each in session.scalars(sa.select(Connection).where(Connection.addon == name))
    ]
    for scope, schema, version, data in scopes:
        present = version_of(schema)
        if version == present:
            continue
        error = ""
        try:
            up_to_date(schema, version, data)
        except BOUNDARY as failure:
            error = f"{type(failure).__name__}: {failure}"
        yield SettingsTried(scope, version, present, error)


def _declared(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[Declared]:
    found = []
    for kind in sorted({*before, *after}):
        old, new = set(before.get(kind, ())), set(after.get(kind, ()))
        if old != new:
            found.append(Declared(kind, tuple(sorted(new - old)), tuple(sorted(old - new))))
    return found
