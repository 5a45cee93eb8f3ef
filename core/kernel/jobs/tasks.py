"""Tasks: the functions that jobs run, as the core and the addons declare them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import TypeVar

from apscheduler.triggers.cron import CronTrigger

import core
from core.errors import InputError
from core.errors import KernelError
from core.errors import NotFound
from core.kernel.jobs.durations import seconds_of

if TYPE_CHECKING:
    from core.kernel.jobs.context import JobContext

Run = Callable[["JobContext"], Any]
Declared = TypeVar("Declared", bound=Run)

MARK = "entrepot_job"


@dataclass(frozen=True)
class Timing:
    """When a schedule fires: every so often, or as a line of a crontab says."""

    text: str
    timezone: str = "UTC"

    @property
    def every(self) -> int | None:
        """Return the interval in seconds, or None for a crontab's line."""
        return None if " " in self.text else seconds_of(self.text)

    def check(self) -> None:
        """Refuse what cannot be read.

        Raises: InputError.
        """
        if self.every is None:
            try:
                CronTrigger.from_crontab(self.text, timezone=self.timezone)
            except (ValueError, KeyError) as error:
                raise InputError(
                    f"{self.text!r} is no line of a crontab: {error}.",
                    hint="Write for example `0 6 * * mon-fri`, or an interval such as 15m.",
                ) from error


@dataclass(frozen=True)
class Task:
    """What a kind of job does, and how it is treated; `addon` is empty for a task of the core.

    `connector` is for tasks of the core that run per connection: the method that a connector needs.
    """

    name: str
    run: Run
    addon: str = ""
    timing: Timing | None = None
    per_connection: bool = False
    connector: str = ""
    timeout: int = 600
    max_attempts: int = 8
    unique_while: Literal["waiting", "running"] = "waiting"
    lock: str | None = None
    priority: int = 0


_core: dict[str, Task] = {}


def task(name: str, **options: Any) -> Callable[[Declared], Declared]:
    """Declare a task of the core; the options are those of `job`.

    With `connector` it runs once for each connection whose connector has a method of that name.
    """
    connector = options.pop("connector", "")
    per_connection = bool(connector)

    def declare(run: Declared) -> Declared:
        if name in _core and _core[name].run.__qualname__ != run.__qualname__:
            raise KernelError(f"There are two tasks {name}.")
        given = {**_options(**options), "per_connection": per_connection, "connector": connector}
        _core[name] = Task(name, run, **given)
        return run

    return declare


def job(**options: Any) -> Callable[[Declared], Declared]:
    """Declare a function of an addon's `jobs.py` as the task `<addon>.<function>`.

    It gets a `JobContext`, opens its own sessions, and may run more than once: it is idempotent.

    every, cron     when it is enqueued by itself: `"15m"`, or a crontab's `"0 6 * * mon-fri"`
    timezone        the zone in which that line is meant; UTC otherwise
    per_connection  once for each connection of the addon rather than once
    timeout         after how long it is killed and counts as failed; `"10m"` otherwise
    max_attempts    after how many failures it is dead; 8 otherwise
    unique_while    a second one with the same `unique` is not taken while one is `"waiting"`, or
                    `"running"` (which is waiting too)
    lock            a name of which only one job runs at a time; `{connection}` stands for its id
    priority        what is smaller runs first; 0 otherwise
    """
    prepared = _options(**options)

    def declare(run: Declared) -> Declared:
        setattr(run, MARK, prepared)
        return run

    return declare


def _options(
    *,
    every: str | None = None,
    cron: str | None = None,
    timezone: str = "UTC",
    timeout: str = "10m",
    **others: Any,
) -> dict[str, Any]:
    """Check the options of a declaration, and return the fields of a task."""
    if every and cron:
        raise InputError("a job is declared with `every` or with `cron`, not with both.")
    timing = None
    if text := every or cron:
        timing = Timing(text, timezone)
        timing.check()
    unknown = set(others) - {"per_connection", "max_attempts", "unique_while", "lock", "priority"}
    if unknown:
        raise InputError(f"{', '.join(sorted(unknown))}: a job has no such option.")
    return {"timing": timing, "timeout": seconds_of(timeout), **others}


def tasks_of_module(addon: str, module: ModuleType) -> dict[str, Task]:
    """Return the tasks that an addon's `jobs.py` declares, by name."""
    return {
        f"{addon}.{name}": Task(f"{addon}.{name}", thing, addon=addon, **getattr(thing, MARK))
        for name, thing in vars(module).items()
        if callable(thing) and hasattr(thing, MARK)
    }


def core_tasks() -> Mapping[str, Task]:
    """Return the tasks of the core: those of every `core.<package>.jobs`."""
    for package in pkgutil.iter_modules(core.__path__):
        if package.ispkg and (Path(core.__path__[0]) / package.name / "jobs.py").is_file():
            importlib.import_module(f"core.{package.name}.jobs")
    return _core


def find_task(tasks: Mapping[str, Task], name: str) -> Task:
    """Return the task of that name.

    Raises: NotFound.
    """
    if name not in tasks:
        raise NotFound(
            f"There is no task {name}.",
            hint="A task of an addon is named <addon>.<function>, as its jobs.py declares it.",
        )
    return tasks[name]


def lock_of(found: Task, lock: str | None, connection_id: int | None) -> str | None:
    """Return the lock of a job: what its caller asked for, or else what its task declares."""
    if lock is not None or found.lock is None:
        return lock
    return found.lock.replace("{connection}", str(connection_id or 0))
