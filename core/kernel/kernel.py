"""One process's view of the addons: what is there, what is loaded, what is enabled."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

import core
from core.config import Config
from core.errors import NotFound
from core.kernel import faults
from core.kernel import quarantine
from core.kernel import states
from core.kernel.blocked import blocked_reason
from core.kernel.blueprint import AddonBlueprint
from core.kernel.context import enabled_snapshot
from core.kernel.context import running_addon
from core.kernel.database import KernelDatabase
from core.kernel.discovery import Found
from core.kernel.discovery import discover
from core.kernel.graph import Graph
from core.kernel.graph import order_addons
from core.kernel.lock import change_of
from core.kernel.manifest import Manifest
from core.kernel.packages import installed_version
from core.kernel.quarantine import Tally
from core.kernel.registry import Registry
from core.kernel.states import Stored


@dataclass(frozen=True)
class AddonInfo:
    """An addon as the addons page and `entrepot addons list` show it."""

    name: str
    title: str
    summary: str
    category: str
    version: str
    installed_version: str
    state: str
    reason: str
    depends: tuple[str, ...]
    tables: tuple[str, ...]
    changed: str = ""


class Kernel:
    """The addons of one installation, and the database that says which of them are enabled."""

    def __init__(self, config: Config, database: KernelDatabase) -> None:
        self.config = config
        self.db = database
        self.db.info["kernel"] = self
        self._lock = Lock()
        self.found, self.graph = look(config)
        self.rows: dict[str, Stored] = {}
        self.registry = Registry(self.found, ())
        self._generation = -1
        self._code_generation = -1
        self._enabled: frozenset[str] = frozenset()
        self.code_is_old = False
        self.tally = Tally()

    @classmethod
    def boot(cls, config: Config) -> Kernel:
        """Start the kernel on an initialised database.

        Raises: KernelError when there is no database, or one of another version.
        """
        database = KernelDatabase(config.database_url)
        try:
            states.require_database(database)
            kernel = cls(config, database)
            with database.read() as session:
                rows = states.stored_addons(session)
            kernel.load(states.installed(rows))
            kernel.report_broken(rows)
        except BaseException:
            database.dispose()
            raise
        return kernel

    @property
    def enabled(self) -> frozenset[str]:
        """Return the enabled addons: those of the present request, else the newest known."""
        snapshot = enabled_snapshot()
        return self._enabled if snapshot is None else snapshot

    @property
    def generation(self) -> int:
        """Return the generation of the enabled set that this process knows."""
        return self._generation

    def load(self, installed: Collection[str]) -> None:
        """Import the installed addons and read which are enabled."""
        self.registry = self.trial_registry(installed)
        self._generation = self._code_generation = -1
        self.refresh()

    def trial_registry(self, names: Collection[str]) -> Registry:
        """Return a registry of these addons without using it yet."""
        order = [name for name in self.graph.order if name in names]
        return Registry(self.found, order, self.registry.addons)

    def refresh(self) -> frozenset[str]:
        """Read the enabled set again if another process has changed it; return it.

        `code_is_old` says from then on whether another process has installed code since.
        """
        # The numbers first: a change in between is then found the next time.
        numbers = states.peek_generations(self.db)
        generation = numbers.get(states.GENERATION, 0)
        self._compare_code(numbers.get(states.CODE_GENERATION, 0))
        if generation == self._generation:
            return self._enabled
        with self.db.read() as session:
            rows = states.stored_addons(session)
        with self._lock:
            self.rows = rows
            before, self._enabled = self._enabled, states.effective(self.loaded(), rows)
            self._generation = generation
        for name in self._enabled - before:
            self.tally.forget(name)
        return self._enabled

    def report_broken(self, rows: Mapping[str, Stored]) -> None:
        """Record a fault of every enabled addon that could not be loaded."""
        for name, error in self.registry.errors.items():
            if name in rows and rows[name].state == states.ENABLED:
                faults.record(self, name, faults.IMPORT, error)

    def isolate(self, session: Session, places: Collection[tuple[str, str]]) -> None:
        """Take out of service which of these addons failed too often, or in such a place."""
        for addon, place in sorted(places):
            reason = quarantine.reason_for(self.tally, addon, place)
            if reason is not None and not self.decides_tax(addon):
                quarantine.quarantine(session, addon, reason)

    def decides_tax(self, name: str) -> bool:
        """Say whether an addon offers tax regimes: those fail closed and are never taken away."""
        offering = self.registry.implementations("tax_regimes")
        return any(each.plugin_name == name for each in offering) or (
            name in self.found and self.found[name].manifest.category == "tax"
        )

    def absent(self, capability: str) -> dict[str, str]:
        """Return the enabled addons with a capability that do not run, each with the reason."""
        # Of one moment, and not of the request's: rows and enabled set are read together.
        with self._lock:
            rows, running = self.rows, self._enabled
        return {
            name: self._why_absent(name, row)
            for name, row in rows.items()
            if row.state in (states.ENABLED, states.QUARANTINED)
            and name not in running
            and capability in row.capabilities
        }

    def _why_absent(self, name: str, row: Stored) -> str:
        if row.state == states.QUARANTINED:
            return row.reason
        if name in self.graph.broken:
            return self.graph.broken[name]
        if name not in self.found:
            return "Its files are missing."
        if (held := states.hold_reason(self.found[name].manifest, row)) is not None:
            return held[1]
        return self.registry.broken.get(name, "An addon that it needs does not run.")

    def _compare_code(self, generation: int) -> None:
        if self._code_generation == -1:
            self._code_generation = generation
        self.code_is_old = generation != self._code_generation

    def manifest(self, name: str) -> Manifest:
        """Return an addon's manifest.

        Raises: NotFound when no usable addon has that name, with the reason if it is known.
        """
        if name in self.graph.broken:
            raise NotFound(f"The addon {name} cannot be used. {self.graph.broken[name]}")
        if name not in self.found:
            raise NotFound(
                f"There is no addon {name}.", hint="`entrepot addons list` shows all of them."
            )
        return self.found[name].manifest

    def addon(self, name: str) -> Any:
        """Return the object of a loaded addon.

        Raises: NotFound when it is not installed or could not be loaded.
        """
        if name not in self.registry.addons:
            reason = self.registry.broken.get(name) or (
                "This process started before it was installed; start it again."
                if name in self.rows
                else f"Run `entrepot addons install {name}`."
            )
            raise NotFound(f"The addon {name} is not loaded.", hint=reason)
        return self.registry.addons[name]

    def overview(self) -> list[AddonInfo]:
        """Return every addon that was found or is installed, with its state and the reason."""
        names = {*self.found, *self.graph.broken, *self.rows}
        return [self._info(name) for name in sorted(names)]

    def failing(self) -> list[AddonInfo]:
        """Return the addons that should run and do not: enabled but broken, or quarantined."""
        wanted = (states.ENABLED, states.QUARANTINED)
        return [
            self._info(name)
            for name, row in sorted(self.rows.items())
            if row.state in wanted and name not in self._enabled
        ]

    def blueprints(self) -> list[tuple[str, AddonBlueprint]]:
        """Return the blueprints of all loaded addons, enabled or not: the gate hides the rest."""
        offered: list[tuple[str, AddonBlueprint]] = []
        for implementation in self.registry.implementations("blueprints", "collect"):
            name = implementation.plugin_name
            try:
                with running_addon(name):
                    items: Any = implementation.function()
                offered += [(name, _own_blueprint(name, item)) for item in items or ()]
            except faults.BOUNDARY as error:
                faults.record(self, name, "hook:blueprints", error)
        return offered

    def loaded(self) -> dict[str, Manifest]:
        """Return the manifests of the loaded addons, dependencies first."""
        return {
            name: self.found[name].manifest
            for name in self.graph.order
            if name in self.registry.addons
        }

    def _info(self, name: str) -> AddonInfo:
        found, row = self.found.get(name), self.rows.get(name)
        state, reason = self._state(name)
        changed = change_of(found, self.config.instance) if found else ""
        return AddonInfo(
            name=name,
            title=found.manifest.title if found else name,
            summary=found.manifest.summary if found else "",
            category=found.manifest.category if found else "",
            version=str(found.manifest.version) if found else "",
            installed_version=str(row.version) if row else "",
            state=state,
            reason=" ".join(filter(None, (reason, changed))),
            depends=found.manifest.depends if found else (),
            tables=row.tables if row else (),
            changed=changed,
        )

    def _state(self, name: str) -> tuple[str, str]:
        """Compute an addon's state; only what somebody or the quarantine decided is stored."""
        row = self.rows.get(name)
        if row is not None and row.state == states.UNINSTALLED:
            return row.state, "Its tables are kept."
        reason = self._broken(name)
        if reason:
            return "broken", reason
        if row is None:
            return "discovered", ""
        return self._installed_state(name, row)

    def _broken(self, name: str) -> str:
        missing = "" if name in self.found else "Its files are missing; its data is kept."
        return self.graph.broken.get(name) or self.registry.broken.get(name) or missing

    def _installed_state(self, name: str, row: Stored) -> tuple[str, str]:
        held = states.hold_reason(self.found[name].manifest, row)
        if held:
            return held
        if row.state == states.ENABLED and name not in self._enabled:
            return "waiting", "Something it needs is not running."
        return row.state, row.reason


def look(config: Config) -> tuple[dict[str, Found], Graph]:
    """Return what was found on disk, and in which order it can be used; nothing is imported."""
    discovery = discover(config.addon_paths)
    broken = dict(discovery.broken)
    for name, found in discovery.found.items():
        reason = _misfit(found, config)
        if reason:
            broken[name] = reason
    manifests = {name: found.manifest for name, found in discovery.found.items()}
    return discovery.found, order_addons(manifests, broken)


def _misfit(found: Found, config: Config) -> str | None:
    """Say why an addon cannot run here at all, without importing it."""
    manifest = found.manifest
    blocked = blocked_reason(manifest)
    if blocked:
        return blocked
    if config.safe_mode and found.folder.parent != config.shipped_addons:
        return "Left out: in safe mode only the shipped addons run."
    if not manifest.core.contains(core.__api_version__, prereleases=True):
        return f"Needs core {manifest.core}; this is {core.__api_version__}."
    for requirement in manifest.python:
        version = installed_version(requirement.name)
        if version is None:
            return f"Needs the Python package {requirement}, which is not installed."
        if not requirement.specifier.contains(version, prereleases=True):
            return f"Needs the Python package {requirement}; installed is {version}."
    return None


def _own_blueprint(name: str, item: object) -> AddonBlueprint:
    if not isinstance(item, AddonBlueprint) or item.addon != name:
        raise TypeError(f"blueprints() must return AddonBlueprint objects of {name}, not {item!r}")
    return item


def manifests(found: Mapping[str, Found]) -> dict[str, Manifest]:
    """Return the manifests of addons by name."""
    return {name: addon.manifest for name, addon in found.items()}
