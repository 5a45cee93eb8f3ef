"""What switching an addon off, or taking it away, would mean here and now."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.kernel import states
from core.kernel.graph import dependents
from core.kernel.kernel import Kernel
from core.kernel.kernel import manifests
from core.kernel.models import Connection
from core.kernel.models import DataRecord
from core.kernel.models import Fault
from core.kernel.models import Secret
from core.kernel.models import Setting


@dataclass(frozen=True)
class Impact:
    """What hangs on an addon."""

    addon: str
    state: str
    dependents: tuple[str, ...]
    """Enabled addons that need it, and are disabled with it."""
    needed_by: tuple[str, ...]
    """Installed addons that need it, and are to be uninstalled first."""
    hooks: tuple[str, ...]
    pages: bool
    connections: tuple[tuple[str, str], ...]
    tables: tuple[tuple[str, int], ...]
    referring: tuple[str, ...]
    """Tables of others that refer to its own; it is not purged while there are any."""
    records: int
    settings: int
    secrets: int
    faults: int

    @property
    def rows(self) -> int:
        """Return how many rows of its own tables a purge would delete."""
        return sum(count for _, count in self.tables)


def impact_of(kernel: Kernel, session: Session, name: str) -> Impact:
    """Return what hangs on an installed addon; nothing is changed.

    Raises: NotFound.
    """
    row = kernel.rows.get(name)
    if row is None:
        kernel.manifest(name)
    wished = {n for n, r in kernel.rows.items() if r.state in (states.ENABLED, states.QUARANTINED)}
    loaded = name in kernel.registry.addons
    hooks = kernel.registry.hooks_of(name) if loaded else frozenset()
    known = manifests(kernel.found)
    here = sa.select(Connection.label, Connection.state).where(Connection.addon == name)
    theirs = sa.select(Connection.id).where(Connection.addon == name)
    tables = row.tables if row else ()
    return Impact(
        addon=name,
        state=row.state if row else "discovered",
        dependents=tuple(sorted(dependents(known, name, wished))),
        needed_by=tuple(sorted(dependents(known, name, states.installed(kernel.rows)))),
        hooks=tuple(sorted(hooks)),
        pages="blueprints" in hooks,
        connections=tuple(
            (label, state) for label, state in session.execute(here.order_by("label"))
        ),
        tables=tuple((table, _count(session, sa.table(table))) for table in tables),
        referring=_referring(session, tables),
        records=_count(session, DataRecord, DataRecord.addon == name),
        settings=_count(
            session, Setting, sa.or_(Setting.addon == name, Setting.connection_id.in_(theirs))
        ),
        secrets=_count(session, Secret, Secret.addon == name),
        faults=_count(session, Fault, Fault.addon == name),
    )


def _count(session: Session, source: object, *conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(source).where(*conditions)  # type: ignore[arg-type]
    return session.scalar(query) or 0


def _referring(session: Session, tables: tuple[str, ...]) -> tuple[str, ...]:
    if not tables:
        return ()
    found = sa.inspect(session.connection()).get_multi_foreign_keys()
    return tuple(
        sorted(
            table
            for (_, table), keys in found.items()
            if table not in tables and {key["referred_table"] for key in keys} & set(tables)
        )
    )
