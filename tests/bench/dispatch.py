"""What the dispatcher costs beside plain pluggy: `python -m tests.bench.dispatch`.

40 addons implement one hook and 5 of them are enabled. Both sides make the calls of the same run,
in turns, by processor time, and the quickest round of each counts: the others were disturbed.
The median and the load of the machine stand beside it.
"""

from __future__ import annotations

import json
import os
import statistics
import time
import timeit
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import pluggy

from core.config import Config
from core.kernel import hooks
from core.kernel.hookspecs import PROJECT
from core.kernel.hookspecs import hookimpl
from core.kernel.quarantine import Tally
from core.kernel.registry import HOOKSPECS
from core.kernel.registry import Registry

INSTALLED, ENABLED = 40, 5
CALLS, ROUNDS = 2_000, 15
LIMIT_MICROSECONDS = 10.0


class Addon:
    """An addon that offers one report."""

    @hookimpl
    def reports(self) -> list[str]:
        """Offer it."""
        return ["report"]


@dataclass
class Loaded:
    """As much of a kernel as the dispatcher looks at."""

    registry: Registry
    enabled: frozenset[str]
    config: Config
    tally: Tally = field(default_factory=Tally)


def measure() -> dict[str, Any]:
    """Return microseconds per call of each side, what ours costs beside pluggy, and the ratio."""
    names = [f"addon{number:02}" for number in range(INSTALLED)]
    kernel: Any = Loaded(_registry(names), frozenset(names[:ENABLED]), Config(Path(), "", ()))
    # Pluggy has no switch and would ask all forty; the harder comparison is with five registered.
    sides = {
        "ours": lambda: hooks.collect(kernel, "reports"),
        "pluggy_enabled": _manager(names[:ENABLED]).hook.reports,
        "pluggy_installed": _manager(names).hook.reports,
    }
    assert len(sides["ours"]()) == len(sides["pluggy_enabled"]()) == ENABLED
    seconds = {name: [0.0] * ROUNDS for name in sides}
    for number in range(ROUNDS):
        for name, call in sides.items():
            seconds[name][number] = timeit.timeit(call, number=CALLS, timer=time.process_time)
    costs = {name: min(rounds) / CALLS * 1e6 for name, rounds in seconds.items()}
    beside = costs["ours"] - costs["pluggy_enabled"]
    return {
        "installed": INSTALLED,
        "enabled": ENABLED,
        "microseconds": {name: round(cost, 2) for name, cost in costs.items()},
        "microseconds_median": {
            name: round(statistics.median(rounds) / CALLS * 1e6, 2)
            for name, rounds in seconds.items()
        },
        "load_average": round(os.getloadavg()[0], 2),
        "beside_pluggy_microseconds": round(beside, 2),
        "limit_microseconds": LIMIT_MICROSECONDS,
        "ratio_to_pluggy_enabled": round(costs["ours"] / costs["pluggy_enabled"], 2),
        "ratio_to_pluggy_installed": round(costs["ours"] / costs["pluggy_installed"], 2),
        "holds": beside <= LIMIT_MICROSECONDS,
    }


def _manager(names: list[str]) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    for module in HOOKSPECS:
        manager.add_hookspecs(module)
    for name in names:
        manager.register(Addon(), name=name)
    return manager


def _registry(names: list[str]) -> Registry:
    registry = Registry({}, ())
    for name in names:
        registry._manager.register(Addon(), name=name)
    return registry


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
