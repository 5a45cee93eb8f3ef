"""What the database says about addons, and the two integers that tell other processes to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.db import Database
from core.errors import KernelError
from core.kernel import migrations
from core.kernel.manifest import Manifest
from core.kernel.models import Addon
from core.kernel.models import State

GENERATION = "generation"
CODE_GENERATION = "code_generation"

DISABLED = "disabled"
ENABLED = "enabled"
QUARANTINED = "quarantined"
UNINSTALLED = "uninstalled"
PEEK = f"SELECT key, value FROM {State.__tablename__}"  # noqa: S608

UPGRADE_PENDING = "upgrade_pending"
NEWER_DATA = "newer_data"


@dataclass(frozen=True)
class Stored:
    """An installed addon as the database knows it."""

    state: str
    version: Version
    tables: tuple[str, ...]
    reason: str = ""
    capabilities: tuple[str, ...] = ()


def require_database(database: Database) -> None:
    """Stop with one clear sentence where there is no database of this version.

    Raises: KernelError.
    """
    hint = "Run `entrepot init`."
    file = database.url.database
    if database.dialect == "sqlite" and file and not _exists(file):
        raise KernelError(f"There is no database at {file} yet.", hint=hint)
    try:
        with database.read() as session:
            if not inspect(session.connection()).has_table(Addon.__tablename__):
                raise KernelError("The database is empty.", hint=hint)
            _require_revision(session)
    except DBAPIError as error:
        raise KernelError(f"The database cannot be used: {error.orig}.") from error


def stored_addons(session: Session, *, lock: bool = False) -> dict[str, Stored]:
    """Return every installed addon by name; `lock` keeps other acts on addons waiting."""
    query = select(Addon).order_by(Addon.name)
    return {
        row.name: Stored(
            row.state,
            Version(row.version),
            tuple(row.tables),
            row.reason or "",
            tuple((row.declared or {}).get("capabilities", ())),
        )
        for row in session.scalars(query.with_for_update() if lock else query)
    }


def installed(rows: Mapping[str, Stored]) -> set[str]:
    """Return the addons whose code is to be loaded; of an uninstalled one only the data is left."""
    return {name for name, row in rows.items() if row.state != UNINSTALLED}


def generations(session: Session) -> dict[str, int]:
    """Return how often the enabled set and the code have changed, by key."""
    return {row.key: row.value for row in session.scalars(select(State))}


def peek_generations(database: Database) -> dict[str, int]:
    """Return the same by the shortest way.

    Raises: DBAPIError when the database cannot be asked.
    """
    try:
        return dict(database.peek(PEEK))
    except Exception:
        # The longer way says what is wrong, as the rest of the program knows it.
        with database.read() as session:
            return generations(session)


def bump(session: Session, key: str = GENERATION) -> None:
    """Tell every process, with the commit of this session, to look again."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(State)
        .values(key=key, value=1)
        .on_conflict_do_update(index_elements=["key"], set_={"value": State.value + 1})
    )


def set_state(session: Session, name: str, **values: object) -> None:
    """Change the row of an installed addon."""
    session.execute(update(Addon).where(Addon.name == name).values(**values))


def hold_reason(manifest: Manifest, stored: Stored) -> tuple[str, str] | None:
    """Say why an installed addon must wait: its files and its data are of different versions."""
    if manifest.version > stored.version:
        return UPGRADE_PENDING, (
            f"Version {manifest.version} is on disk, the data is of {stored.version};"
            f" run `entrepot addons install {manifest.name}`."
        )
    if manifest.version < stored.version:
        return NEWER_DATA, (
            f"The data is of version {stored.version}, newer than the files ({manifest.version});"
            " put the newer files back."
        )
    return None


def effective(order: Mapping[str, Manifest], rows: Mapping[str, Stored]) -> frozenset[str]:
    """Return the addons that run: enabled, not held, and all they need runs too.

    `order` holds the loaded addons, dependencies first.
    """
    running: set[str] = set()
    for name, manifest in order.items():
        row = rows.get(name)
        if row is None or row.state != ENABLED or hold_reason(manifest, row):
            continue
        if running.issuperset(manifest.depends):
            running.add(name)
    return frozenset(running)


def _exists(file: str) -> bool:
    return file == ":memory:" or Path(file).exists()


def _require_revision(session: Session) -> None:
    known = migrations.core_revisions()
    present = migrations.present_revision(session.connection(), migrations.core_lineage())
    if present == known[-1]:
        return
    if present is not None and present not in known:
        raise KernelError(
            f"The database is of a newer version ({present}) than this program.",
            hint="Install the newer program again.",
        )
    raise KernelError(
        "The database is of an older version than this program.", hint="Run `entrepot init`."
    )
