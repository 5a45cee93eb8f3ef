"""Acts on addons in a process of its own, which has imported none yet and may be killed."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import TypeVar

from core import failpoints
from core.config import Config
from core.kernel import lifecycle
from core.kernel import removal
from core.kernel.kernel import Kernel

STAGED = Path(__file__).parent / "staged"
Result = TypeVar("Result")


class Killed(Exception):
    """The process ended before its work did; the number of the signal or of the exit."""


def in_child(work: Callable[[], Result]) -> Result:
    """Do the work in a child process and return its result, or raise what it raised."""
    source, target = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        # Out by `_exit`: nothing of the parent's may be cleaned up here, its connections above all.
        with os.fdopen(target, "wb") as stream:
            try:
                pickle.dump((work(), None), stream)
            except BaseException as error:
                pickle.dump((None, f"{type(error).__name__}: {error}"), stream)
        os._exit(0)
    os.close(target)
    with os.fdopen(source, "rb") as stream:
        answer = stream.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise Killed(os.waitstatus_to_exitcode(status))
    result, error = pickle.loads(answer)
    if error is not None:
        raise RuntimeError(error)
    return result


def act(config: Config, verb: str, version: str, points: str = "", **options: Any) -> Any:
    """Install, upgrade or purge `staged` in a version, in a child with failpoints armed."""
    chosen = replace(config, addon_paths=(STAGED / version,) if version else ())

    def work() -> Any:
        failpoints.arm(points)
        kernel = Kernel.boot(chosen)
        return VERBS[verb](kernel, **options)

    return in_child(work)


def _install(kernel: Kernel, **options: Any) -> Any:
    done = lifecycle.install(kernel, "staged", **options)
    done.demo_error = None  # it may not be what can be sent to another process
    return done


def _purge(kernel: Kernel, **options: Any) -> Any:
    return removal.purge(kernel, "staged", **options)


def _uninstall(kernel: Kernel) -> None:
    removal.uninstall(kernel, "staged")


VERBS = {"install": _install, "purge": _purge, "uninstall": _uninstall}
