"""Install, enable and disable addons: each act is one transaction, seen by every process.

How an addon is taken away again stands in `core.kernel.removal`.

Installing changes the schema and is an act of the command line; enabling is one row and the
seller's switch. Nothing here deletes data.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import GraphError
from core.errors import KernelError
from core.errors import MigrationFailed
from core.errors import NotFound
from core.failpoints import failpoint
from core.identity.actor import HOUSE
from core.identity.audit import audit
from core.kernel import faults
from core.kernel import hooks
from core.kernel import migrations
from core.kernel import states
from core.kernel.backup import Backup
from core.kernel.backup import back_up as back_up_database
from core.kernel.context import frozen_enabled
from core.kernel.graph import dependents
from core.kernel.installing import Installed
from core.kernel.installing import apply
from core.kernel.installing import wish_for
from core.kernel.kernel import Kernel
from core.kernel.kernel import manifests
from core.kernel.registry import Registry
from core.kernel.states import Stored


def install(
    kernel: Kernel,
    name: str,
    *,
    by: str = "",
    back_up: bool = True,
    demo_company: int | None = None,
    before_commit: Callable[[Session], None] | None = None,
) -> Installed:
    """Make an addon's tables and remember it as installed; run again it upgrades the addon.

    An upgrade is preceded by a backup of the database. `demo_company` asks for the demo records.

    Raises: NotFound, GraphError, KernelError, InputError or MigrationFailed; the database is then
    unchanged.
    """
    registry = _registry_with(kernel, name)
    wish = wish_for(kernel.found[name], registry, demo_company=demo_company, by=by)
    saved = _back_up(kernel, name) if back_up else None
    try:
        with faults.deferred(kernel.db), migrations.schema_session(kernel.db) as session:
            done = apply(session, wish)
            if before_commit is not None:
                before_commit(session)
    except MigrationFailed as error:
        faults.record(kernel, name, faults.MIGRATION, error.__cause__ or error)
        raise
    failpoint("addons.committed")
    done.backup = saved
    if done.demo_error is not None:
        faults.record(kernel, name, "demo", done.demo_error)
    kernel.load({*states.installed(kernel.rows), name})
    return done


def _registry_with(kernel: Kernel, name: str) -> Registry:
    """Return a registry that has an addon besides the installed ones, if it can be installed."""
    manifest = kernel.manifest(name)
    present = states.installed(kernel.rows)
    missing = [needed for needed in manifest.depends if needed not in present]
    if missing:
        raise GraphError(f"{name} needs {listed(missing)}.", hint="Install that first.")
    _refuse_downgrade(kernel, name)
    registry = kernel.trial_registry({*present, name})
    if name in registry.broken:
        if name in registry.errors:
            faults.record(kernel, name, faults.IMPORT, registry.errors[name])
        raise KernelError(f"{name} cannot be installed. {registry.broken[name]}")
    return registry


def _back_up(kernel: Kernel, name: str) -> Backup | None:
    """Copy the database before an upgrade; a first install can be purged again."""
    row = kernel.rows.get(name)
    if row is None or row.version == kernel.manifest(name).version:
        return None
    saved = back_up_database(kernel.config, kernel.db, f"before-{name}-{row.version}")
    failpoint("addons.backed_up")
    return saved


def enable(kernel: Kernel, name: str, *, needed_too: bool = False, by: str = "") -> list[str]:
    """Enable an addon and return what was enabled; `needed_too` enables what it depends on.

    Raises: NotFound, GraphError when something it needs is not enabled, Conflict.
    """
    kernel.manifest(name)
    with change(kernel) as (session, rows):
        names = _needs(kernel, name) if needed_too else [name]
        names = [each for each in names if stored_row(rows, each).state != states.ENABLED]
        for each in names:
            _refuse_quarantined(rows, each)
            _enable(kernel, session, rows, each, by)
            rows[each] = Stored(states.ENABLED, rows[each].version, rows[each].tables)
    return names


def retry(kernel: Kernel, name: str, *, by: str = "") -> None:
    """Enable an addon that was quarantined; what it did wrong before counts no more.

    Raises: NotFound, Conflict when it is not quarantined, or what `enable` raises.
    """
    with change(kernel) as (session, rows):
        if stored_row(rows, name).state != states.QUARANTINED:
            raise Conflict(f"{name} is not quarantined; it is {rows[name].state}.")
        _enable(kernel, session, rows, name, by)


def disable(
    kernel: Kernel,
    name: str,
    *,
    dependents_too: bool = False,
    force: bool = False,
    by: str = "",
) -> list[str]:
    """Disable an addon and return what was disabled; its tables and rows stay.

    `force` does not ask the addons, for the case that the one to be disabled fails on being asked.

    Raises: GraphError while others need it, Veto when an addon objects.
    """
    with change(kernel) as (session, rows):
        stored_row(rows, name)
        names = _with_dependents(kernel, rows, name, dependents_too)
        running = states.effective(kernel.loaded(), rows)
        for each in names:
            if not force:
                with frozen_enabled(running):
                    hooks.check(session, "addon_before_disable", addon=each)
            switch(session, each, states.DISABLED, by)
            running -= {each}
            with frozen_enabled(running):
                hooks.observe(session, "addon_disabled", addon=each)
    return names


@contextmanager
def change(kernel: Kernel) -> Iterator[tuple[Session, dict[str, Stored]]]:
    """Open a transaction over the states as they are now, not as this process remembers them."""
    kernel.refresh()
    with kernel.db.write() as session:
        yield session, states.stored_addons(session, lock=True)
    kernel.refresh()


def _enable(kernel: Kernel, session: Session, rows: dict[str, Stored], name: str, by: str) -> None:
    kernel.addon(name)
    manifest = kernel.manifest(name)
    held = states.hold_reason(manifest, rows[name])
    if held:
        raise KernelError(f"{name} cannot be enabled yet. {held[1]}")
    enabled = {each for each, row in rows.items() if row.state == states.ENABLED}
    missing = sorted(set(manifest.depends) - enabled)
    if missing:
        raise GraphError(f"{name} needs {listed(missing)}.", hint="Enable that first.")
    _refuse_conflict(kernel, name, enabled)
    switch(session, name, states.ENABLED, by)
    with frozen_enabled(states.effective(kernel.loaded(), rows) | {name}):
        hooks.observe(session, "addon_enabled", addon=name)


def _refuse_quarantined(rows: dict[str, Stored], name: str) -> None:
    row = rows[name]
    if row.state == states.QUARANTINED:
        raise Conflict(
            f"{name} is quarantined. {row.reason}",
            hint=f"When its cause is gone, run `entrepot addons retry {name}`.",
        )


def _refuse_downgrade(kernel: Kernel, name: str) -> None:
    stored = kernel.rows.get(name)
    held = states.hold_reason(kernel.manifest(name), stored) if stored else None
    if held and held[0] == states.NEWER_DATA:
        raise KernelError(f"{name} cannot be installed. {held[1]}")


def _refuse_conflict(kernel: Kernel, name: str, enabled: Collection[str]) -> None:
    for other in sorted(enabled):
        theirs = kernel.found[other].manifest.conflicts if other in kernel.found else ()
        if other in kernel.found[name].manifest.conflicts or name in theirs:
            raise Conflict(
                f"{name} and {other} cannot be enabled together.", hint=f"Disable {other} first."
            )


def switch(session: Session, name: str, state: str, by: str) -> None:
    """Put an addon into another state; every process learns of it with the commit."""
    states.set_state(session, name, state=state, changed_at=clock.now(), changed_by=by, reason=None)
    audit(session, f"addon.{state}", f"addon:{name}", company_id=HOUSE)
    states.bump(session)


def stored_row(rows: dict[str, Stored], name: str) -> Stored:
    """Return what is stored of an installed addon.

    Raises: NotFound.
    """
    if name not in states.installed(rows):
        raise NotFound(
            f"The addon {name} is not installed.", hint=f"Run `entrepot addons install {name}`."
        )
    return rows[name]


def _needs(kernel: Kernel, name: str) -> list[str]:
    """Return an addon and all that it depends on, dependencies first."""
    wanted, pending = set[str](), [name]
    while pending:
        each = pending.pop()
        if each not in wanted:
            wanted.add(each)
            pending += kernel.manifest(each).depends
    return [each for each in kernel.graph.order if each in wanted]


def _with_dependents(
    kernel: Kernel, rows: dict[str, Stored], name: str, dependents_too: bool
) -> list[str]:
    """Return an addon and what needs it, the last first: nothing runs without its needs."""
    wished = (states.ENABLED, states.QUARANTINED)
    enabled = {each for each, row in rows.items() if row.state in wished}
    needing = dependents(manifests(kernel.found), name, enabled)
    if needing and not dependents_too:
        raise GraphError(f"{name} is needed by {listed(needing)}.", hint="Disable that first.")
    rank = {each: place for place, each in enumerate(kernel.graph.order)}
    return sorted({name, *needing} & enabled, key=lambda each: rank.get(each, -1), reverse=True)


def listed(names: Collection[str]) -> str:
    """Return names as they stand in a sentence."""
    return ", ".join(names)
