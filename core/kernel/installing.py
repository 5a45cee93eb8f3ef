"""What an install or an upgrade does to the database: tables, records, the addon's row."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core import clock
from core.errors import InputError
from core.errors import KernelError
from core.errors import MigrationFailed
from core.failpoints import failpoint
from core.identity.actor import HOUSE
from core.identity.audit import audit
from core.kernel import migrations
from core.kernel import states
from core.kernel.backup import Backup
from core.kernel.datafiles import DataFile
from core.kernel.datafiles import read_folder
from core.kernel.datarecords import Kept
from core.kernel.datarecords import Loaded
from core.kernel.datarecords import Loader
from core.kernel.discovery import Found
from core.kernel.faults import BOUNDARY
from core.kernel.jobs.tasks import tasks_of_module
from core.kernel.models import Addon
from core.kernel.registry import Registry


@dataclass
class Installed:
    """What an install or an upgrade did."""

    addon: str
    version: str
    before: str = ""
    """The version of the data before; empty at the first install."""
    data: Loaded = field(default_factory=Loaded)
    demo: str = ""
    """Whether the demo records were loaded, in words; empty if nobody asked for them."""
    demo_error: BaseException | None = None
    backup: Backup | None = None

    @property
    def upgraded(self) -> bool:
        """Say whether there was data of another version."""
        return self.before not in ("", self.version)


@dataclass(frozen=True)
class Wish:
    """Which addon is to be installed, with which files; read before the transaction begins."""

    found: Found
    declared: dict[str, list[str]]
    data: Sequence[DataFile]
    demo: Sequence[DataFile] | None = None
    demo_company: int | None = None
    by: str = ""


def wish_for(
    found: Found, registry: Registry, *, demo_company: int | None = None, by: str = ""
) -> Wish:
    """Read the files that an install needs.

    Raises: InputError when a data file cannot be read.
    """
    demo = read_folder(found.folder / "demo") if demo_company is not None else None
    data = read_folder(found.folder / "data")
    return Wish(found, declared(found, registry), data, demo, demo_company, by)


def declared(found: Found, registry: Registry) -> dict[str, list[str]]:
    """Return what an addon asks for and takes part in, by kind."""
    manifest = found.manifest
    return {
        "needs": sorted(manifest.depends),
        "permissions": sorted(manifest.permissions),
        "hosts": sorted(manifest.hosts),
        "capabilities": sorted(manifest.capabilities),
        "hooks": sorted(registry.hooks_of(found.name)),
        "jobs": _jobs(found),
    }


def _jobs(found: Found) -> list[str]:
    """Return the names of the jobs that an addon declares.

    Raises: KernelError when its `jobs.py` cannot be imported.
    """
    if not (found.folder / "jobs.py").is_file():
        return []
    try:
        module = importlib.import_module(f"{found.package}.jobs")
    except BOUNDARY as error:
        raise KernelError(
            f"The jobs of {found.name} cannot be imported: {type(error).__name__}: {error}."
        ) from error
    return sorted(tasks_of_module(found.name, module))


def apply(session: Session, wish: Wish) -> Installed:
    """Bring an addon's tables and records to its version, within the caller's transaction.

    Raises: MigrationFailed or InputError; the caller then undoes everything.
    """
    failpoint("addons.locked")
    name = wish.found.name
    row = session.get(Addon, name)
    done = Installed(name, str(wish.found.manifest.version), row.version if row else "")
    tables = _migrate(session, wish.found)
    done.data = _load(session, wish)
    if wish.demo is not None:
        _load_demo(session, wish, done)
    _remember(session, wish, tables)
    failpoint("addons.remembered")
    states.bump(session, states.CODE_GENERATION)
    states.bump(session)
    failpoint("addons.bumped")
    return done


def _migrate(session: Session, found: Found) -> list[str]:
    """Run an addon's migrations and return its tables; those of others may not be touched."""
    connection = session.connection()
    lineage = migrations.Lineage(found.name, found.folder / "migrations")
    before = migrations.tables(connection)
    migrations.upgrade(connection, lineage)
    after = migrations.tables(connection)
    foreign = sorted(
        table
        for table in before ^ after
        if not lineage.owns(table) and table != lineage.version_table
    )
    if foreign:
        raise MigrationFailed(
            f"A migration of {found.name} makes or drops {', '.join(foreign)}; tables of an addon"
            f" are named {found.name}__…",
            hint="The database is as it was before.",
        )
    return sorted(table for table in after if lineage.owns(table))


def _load(session: Session, wish: Wish) -> Loaded:
    try:
        return Loader(session, wish.found.name).load(wish.data)
    except DBAPIError as error:
        raise InputError(
            f"the database refuses a record: {error.orig}.",
            where=f"data/ of {wish.found.name}",
            hint="The database is as it was before.",
        ) from error


def _load_demo(session: Session, wish: Wish, done: Installed) -> None:
    """Load the demo records in a savepoint; they are worth nothing if they do not fit."""
    fixed = {"company_id": wish.demo_company or 0}
    savepoint = session.begin_nested()
    try:
        loaded = Loader(session, wish.found.name, fixed=fixed, demo=True).load(wish.demo or ())
        migrations.check_foreign_keys(session.connection())
        savepoint.commit()
    except BOUNDARY as error:
        savepoint.rollback()
        done.demo = f"The demo records were left out: {error}"
        done.demo_error = error
    else:
        done.demo = f"Demo records: {loaded.inserted} new, {len(loaded.kept)} kept."


def _remember(session: Session, wish: Wish, tables: list[str]) -> None:
    name = wish.found.name
    row = session.get(Addon, name)
    if row is None:
        row = Addon(name=name, state=states.DISABLED)
        session.add(row)
    if row.state == states.UNINSTALLED:
        row.state = states.DISABLED
    row.version = str(wish.found.manifest.version)
    row.tables = tables
    row.declared = wish.declared
    row.changed_at = clock.now()
    row.changed_by = wish.by
    session.flush()
    after = {"version": row.version}
    audit(session, "addon.installed", f"addon:{name}", after=after, company_id=HOUSE)


def kept_words(kept: Sequence[Kept]) -> list[str]:
    """Say of each record that was not written why it was left as it is."""
    why = {
        "edited": "was changed here and is kept",
        "deleted": "was deleted here and stays so",
        "exists": "has the key of a row that was here before, which is kept",
        "in use": "is no longer in the files, but others refer to it; it is kept",
    }
    return [
        f"{each.table}: {each.ref} {why[each.why]}"
        + (f" ({', '.join(each.fields)})" if each.fields else "")
        for each in kept
    ]
