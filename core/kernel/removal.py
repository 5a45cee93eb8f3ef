"""Take an addon away: uninstalling keeps its tables, purging leaves nothing of it.

Both work without the addon's files: what it owns is known from its row and from its prefix.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection as DbConnection
from sqlalchemy.orm import Session

from core.db import Base
from core.db import table_of
from core.errors import Conflict
from core.errors import GraphError
from core.errors import NotFound
from core.failpoints import failpoint
from core.identity.actor import HOUSE
from core.identity.audit import audit
from core.kernel import faults
from core.kernel import hooks
from core.kernel import migrations
from core.kernel import states
from core.kernel.context import frozen_enabled
from core.kernel.core_models import import_models
from core.kernel.graph import dependents
from core.kernel.kernel import Kernel
from core.kernel.kernel import manifests
from core.kernel.lifecycle import change
from core.kernel.lifecycle import listed
from core.kernel.lifecycle import stored_row
from core.kernel.lifecycle import switch
from core.kernel.migrations import Lineage
from core.kernel.models import Addon
from core.kernel.models import Connection
from core.kernel.models import Fault
from core.kernel.models import Setting
from core.kernel.states import Stored


@dataclass(frozen=True)
class Purge:
    """What a purge takes away."""

    addon: str
    tables: tuple[tuple[str, int], ...]
    connections: tuple[str, ...]
    settings: int
    faults: int
    by_migrations: bool
    """Whether its own migrations take the tables away; otherwise they are dropped."""

    @property
    def rows(self) -> int:
        """Return how many rows of the addon's own tables go."""
        return sum(count for _, count in self.tables)


def uninstall(kernel: Kernel, name: str, *, force: bool = False, by: str = "") -> None:
    """Forget an addon's code and keep its tables; `force` does not ask the addons.

    Raises: NotFound, Conflict while it is enabled, GraphError while others need it, Veto.
    """
    with change(kernel) as (session, rows):
        if stored_row(rows, name).state != states.DISABLED:
            raise Conflict(
                f"{name} is {rows[name].state}.", hint=f"Run `entrepot addons disable {name}`."
            )
        _refuse_needed(kernel, rows, name)
        asked = kernel.enabled | (frozenset({name}) & kernel.loaded().keys())
        if not force:
            with frozen_enabled(asked):
                hooks.check(session, "addon_before_uninstall", addon=name)
        switch(session, name, states.UNINSTALLED, by)
        states.bump(session, states.CODE_GENERATION)
    kernel.load(states.installed(kernel.rows))


def preview(kernel: Kernel, name: str, *, drop: bool = False) -> Purge:
    """Say what a purge would take away, without changing anything.

    Raises: NotFound, Conflict while the addon is installed.
    """
    kernel.refresh()
    with kernel.db.read() as session:
        return _preview(kernel, session, _uninstalled(kernel.rows, name), name, drop=drop)


def purge(kernel: Kernel, name: str, *, drop: bool = False) -> Purge:
    """Take away everything that belongs to an uninstalled addon; return what that was.

    Its migrations run down to nothing where its files are there, unless `drop` says otherwise.

    Raises: NotFound, Conflict while it is installed or other tables refer to its own,
    MigrationFailed; the database is then unchanged.
    """
    kernel.refresh()
    with faults.deferred(kernel.db), migrations.schema_session(kernel.db) as session:
        failpoint("addons.locked")
        row = _uninstalled(states.stored_addons(session, lock=True), name)
        gone = _preview(kernel, session, row, name, drop=drop)
        connection = session.connection()
        _refuse_referred(connection, name, {table for table, _ in gone.tables})
        if gone.by_migrations:
            migrations.downgrade_addon(connection, name, kernel.found[name].folder / "migrations")
        _drop(connection, owned_tables(connection, name, row))
        failpoint("addons.dropped")
        _forget(session, name)
        failpoint("addons.forgotten")
        after = {"tables": [table for table, _ in gone.tables]}
        audit(session, "addon.purged", f"addon:{name}", after=after, company_id=HOUSE)
        states.bump(session, states.CODE_GENERATION)
        states.bump(session)
        failpoint("addons.bumped")
    failpoint("addons.committed")
    kernel.refresh()
    return gone


def _preview(kernel: Kernel, session: Session, row: Stored, name: str, *, drop: bool) -> Purge:
    connection = session.connection()
    labels = sa.select(Connection.label).where(Connection.addon == name)
    return Purge(
        addon=name,
        tables=tuple(
            (table, _count(connection, table)) for table in owned_tables(connection, name, row)
        ),
        connections=tuple(session.scalars(labels.order_by(Connection.label))),
        settings=session.scalar(sa.select(sa.func.count()).where(_settings_of(name))) or 0,
        faults=session.scalar(sa.select(sa.func.count()).where(Fault.addon == name)) or 0,
        by_migrations=not drop and _migrates(kernel, connection, name),
    )


def _migrates(kernel: Kernel, connection: DbConnection, name: str) -> bool:
    """Say whether the files of an addon know the way down from where its tables stand."""
    if name not in kernel.found:
        return False
    lineage = Lineage(name, kernel.found[name].folder / "migrations")
    script = lineage.script()
    present = migrations.present_revision(connection, lineage)
    return script is not None and present in {each.revision for each in script.walk_revisions()}


def owned_tables(connection: DbConnection, name: str, row: Stored) -> list[str]:
    """Return the addon's tables that exist, its version table among them."""
    lineage = Lineage(name, Path())
    return sorted(
        table
        for table in migrations.tables(connection)
        if table in row.tables or table == lineage.version_table or lineage.owns(table)
    )


def _count(connection: DbConnection, table: str) -> int:
    return int(connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0)


def _uninstalled(rows: dict[str, Stored], name: str) -> Stored:
    if name not in rows:
        raise NotFound(f"Nothing is stored of an addon {name}.")
    if rows[name].state != states.UNINSTALLED:
        raise Conflict(
            f"{name} is {rows[name].state}.", hint=f"Run `entrepot addons uninstall {name}` first."
        )
    return rows[name]


def _refuse_needed(kernel: Kernel, rows: dict[str, Stored], name: str) -> None:
    needing = dependents(manifests(kernel.found), name, states.installed(rows))
    if needing:
        raise GraphError(f"{name} is needed by {listed(needing)}.", hint="Uninstall that first.")


def _refuse_referred(connection: DbConnection, name: str, going: Collection[str]) -> None:
    """Refuse to leave foreign keys that point to nothing: no row could be written there again."""
    for (_, table), keys in sa.inspect(connection).get_multi_foreign_keys().items():
        targets = {key["referred_table"] for key in keys} & {*going}
        if table not in going and targets:
            raise Conflict(
                f"{table} refers to {listed(sorted(targets))} of {name}.",
                hint="Purge the addon that owns it first.",
            )


def _drop(connection: DbConnection, tables: Collection[str]) -> None:
    """Drop tables; together, since they may refer to each other."""
    quoted = [f'"{table}"' for table in tables]
    # SQLite drops one at a time, and does not look at foreign keys meanwhile.
    for some in [quoted] if connection.dialect.name == "postgresql" else [[q] for q in quoted]:
        if some:
            connection.exec_driver_sql(f"DROP TABLE {', '.join(some)}")


def _settings_of(name: str) -> sa.ColumnElement[bool]:
    theirs = sa.select(Connection.id).where(Connection.addon == name)
    return sa.or_(Setting.addon == name, Setting.connection_id.in_(theirs))


def _forget(session: Session, name: str) -> None:
    """Delete every row of the kernel that is the addon's, or belongs to one of its connections."""
    connections = list(session.scalars(sa.select(Connection.id).where(Connection.addon == name)))
    import_models()
    for table in reversed(Base.metadata.sorted_tables):
        if not table.name.startswith("kernel_") or table.name == Connection.__tablename__:
            continue
        theirs = [table.c.addon == name] if "addon" in table.c else []
        if "connection_id" in table.c and connections:
            theirs.append(table.c.connection_id.in_(connections))
        if theirs:
            session.execute(sa.delete(table).where(sa.or_(*theirs)))
    session.execute(sa.delete(table_of(Connection)).where(Connection.addon == name))
    session.execute(sa.delete(table_of(Addon)).where(Addon.name == name))
