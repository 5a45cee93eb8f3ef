"""The addons loaded in this process, and their hook implementations in order."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Collection
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from core.errors import KernelError
from core.kernel.context import running_addon
from core.kernel.discovery import NAMESPACE
from core.kernel.discovery import Found
from core.kernel.faults import BOUNDARY
from core.kernel.hookspecs import PROJECT
from core.kernel.hookspecs import Kind
from core.kernel.hookspecs import channels
from core.kernel.hookspecs import ledger
from core.kernel.hookspecs import lifecycle
from core.kernel.hookspecs import orders
from core.kernel.hookspecs import reports
from core.kernel.hookspecs import stock
from core.kernel.hookspecs import tax
from core.kernel.hookspecs import web
from core.kernel.jobs.tasks import Task
from core.kernel.jobs.tasks import core_tasks
from core.kernel.jobs.tasks import tasks_of_module

log = logging.getLogger(__name__)

HOOKSPECS = (channels, ledger, lifecycle, orders, reports, stock, tax, web)


class Registry:
    """Addon objects by name; an addon that cannot be imported is broken, the others go on."""

    def __init__(
        self,
        found: Mapping[str, Found],
        order: Collection[str],
        known: Mapping[str, Any] | None = None,
    ) -> None:
        self.addons: dict[str, Any] = {}
        self.broken: dict[str, str] = {}
        self.errors: dict[str, BaseException] = {}
        self._enabled: dict[str, tuple[frozenset[str], Kind, tuple[pluggy.HookImpl, ...]]] = {}
        self._found = found
        self._manager = _manager()
        open_namespace({addon.folder.parent for addon in found.values()})
        for name in order:
            if known is not None and name in known:
                self.addons[name] = known[name]
            else:
                self._load(found[name])
        # pluggy calls the last registered first: registered in reverse, dependencies run first
        # and `tryfirst` and `trylast` mean what pluggy's pages say.
        for name in reversed(list(self.addons)):
            self._register(name)
        for name in list(self.addons):
            self._drop_without_needs(found[name])

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """Return the tasks of the core and of the loaded addons, by name."""
        tasks = dict(core_tasks())
        for name in self.addons:
            module = sys.modules.get(_jobs_module(self._found[name]))
            tasks |= tasks_of_module(name, module) if module is not None else {}
        return tasks

    def implementations(self, hook: str, kind: Kind | None = None) -> list[pluggy.HookImpl]:
        """Return the implementations of a hook, dependencies first; a given kind is checked."""
        caller = self._caller(hook)
        declared = caller.spec.function.__dict__["entrepot_kind"] if caller.spec else None
        if kind not in (None, declared):
            raise TypeError(f"{hook} is a hook of kind {declared}, it cannot be called by {kind}")
        return caller.get_hookimpls()[::-1]

    def enabled_implementations(
        self, hook: str, kind: Kind, enabled: frozenset[str]
    ) -> tuple[pluggy.HookImpl, ...]:
        """Return the implementations of enabled addons; kept until another set is asked for."""
        known = self._enabled.get(hook)
        # The very same set, not an equal one: to compare sets would take as long as to filter.
        if known is None or known[0] is not enabled or known[1] != kind:
            chosen = (i for i in self.implementations(hook, kind) if i.plugin_name in enabled)
            known = self._enabled[hook] = (enabled, kind, tuple(chosen))
        return known[2]

    def hooks_of(self, addon: str) -> frozenset[str]:
        """Return the names of the hooks that a loaded addon implements."""
        callers = self._manager.get_hookcallers(self.addons[addon]) or ()
        return frozenset(caller.name for caller in callers)

    def first_argument(self, hook: str) -> str:
        """Return the name of a hook's first argument, the value that a transform changes."""
        spec = self._caller(hook).spec
        if spec is None:
            raise TypeError(f"{hook} is not declared")
        return spec.argnames[0]

    def answer_of(self, hook: str) -> tuple[type, tuple[str, ...]]:
        """Return the type of a hook's answer, and the attributes of each of its items."""
        spec = self._caller(hook).spec
        if spec is None:
            return object, ()
        declared = spec.function.__dict__
        return declared["entrepot_answer"], declared["entrepot_attributes"]

    def require_arguments(self, hook: str, given: Collection[str], *, piped: bool) -> None:
        """Refuse a call without all arguments of the hook: the addons would get the blame.

        The first argument of a transform is `piped` through: it is given later.
        """
        spec = self._caller(hook).spec
        missing = [name for name in spec.argnames[piped:] if name not in given] if spec else []
        if missing:
            raise TypeError(f"{hook} is called without {', '.join(sorted(missing))}")

    def _caller(self, hook: str) -> pluggy.HookCaller:
        caller: pluggy.HookCaller | None = getattr(self._manager.hook, hook, None)
        if caller is None:
            raise TypeError(f"there is no hook {hook}; hooks are declared in core/kernel/hookspecs")
        return caller

    def _load(self, found: Found) -> None:
        try:
            with running_addon(found.name):
                self.addons[found.name] = load_addon(found)
        except BOUNDARY as error:
            log.exception("the addon %s cannot be imported", found.name)
            self.broken[found.name] = f"Cannot be imported: {_said(error)}."
            self.errors[found.name] = error

    def _register(self, name: str) -> None:
        try:
            self._manager.register(self.addons[name], name=name)
            self._check(name)
        except BOUNDARY as error:
            self._drop(name, f"Its hooks cannot be registered: {_said(error)}.")
            self.errors[name] = error

    def _drop_without_needs(self, found: Found) -> None:
        missing = [name for name in found.manifest.depends if name not in self.addons]
        if missing:
            self._drop(found.name, f"Needs {missing[0]}, which is not loaded.")

    def _drop(self, name: str, reason: str) -> None:
        self._manager.unregister(name=name)
        self.broken[name] = reason
        del self.addons[name]

    def _check(self, name: str) -> None:
        for caller in self._manager.get_hookcallers(self.addons[name]) or ():
            own = [impl for impl in caller.get_hookimpls() if impl.plugin_name == name]
            if caller.spec is None and not all(impl.optionalhook for impl in own):
                raise KernelError(f"there is no hook {caller.name}")
            if any(impl.wrapper or impl.hookwrapper for impl in own):
                raise KernelError(f"{caller.name}: hook wrappers are not supported")


def hook_names() -> frozenset[str]:
    """Return the names of all hooks that are declared."""
    return frozenset(
        name
        for module in HOOKSPECS
        for name, thing in vars(module).items()
        if "entrepot_kind" in getattr(thing, "__dict__", ())
    )


def load_addon(found: Found) -> Any:
    """Import an addon and return the object that carries its hooks.

    Raises: KernelError when the module comes from elsewhere, and whatever the addon raises.
    """
    module_name, _, attribute = found.target.partition(":")
    module = importlib.import_module(module_name)
    if not _lies_in(module, found.folder):
        raise KernelError(f"{module_name} was imported from {module.__file__}")
    if (found.folder / "jobs.py").is_file():
        # With the addon, so that what is wrong with it shows when it is installed.
        importlib.import_module(_jobs_module(found))
    target = getattr(module, attribute)
    return target() if isinstance(target, type) else target


def _jobs_module(found: Found) -> str:
    return f"{found.package}.jobs"


def open_namespace(roots: Collection[Path]) -> None:
    """Let folders of several roots be imported as `addons.<name>`."""
    known = sys.modules.get(NAMESPACE)
    module = known if known is not None else ModuleType(NAMESPACE)
    present = [str(path) for path in getattr(module, "__path__", [])]
    # A plain list: Python would compute a namespace path anew from sys.path and lose ours.
    module.__path__ = list(dict.fromkeys([*present, *sorted(map(str, roots))]))
    sys.modules[NAMESPACE] = module


def _lies_in(module: ModuleType, folder: Path) -> bool:
    return module.__file__ is None or Path(module.__file__).resolve().is_relative_to(folder)


class _Manager(pluggy.PluginManager):
    """A manager that looks at each specification once in a process, however many there are."""

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> pluggy.HookspecOpts | None:
        key = (module_or_class, name)
        if key not in _specifications:
            _specifications[key] = super().parse_hookspec_opts(module_or_class, name)
        return _specifications[key]


_specifications: dict[tuple[Any, str], pluggy.HookspecOpts | None] = {}


def _manager() -> pluggy.PluginManager:
    manager = _Manager(PROJECT)
    for module in HOOKSPECS:
        manager.add_hookspecs(module)
    return manager


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
