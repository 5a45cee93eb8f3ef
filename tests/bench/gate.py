"""What the gate costs a request: `python -m tests.bench.gate [sqlite|postgresql]`.

The same tiny WSGI application is asked with the gate before it and without, in turns; the gate's
cost is the difference of the medians of both, in processor time, which on PostgreSQL leaves out
the server's. Beside it stands the load of the machine.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from core.config import ROOT
from core.config import Config
from core.kernel import keys
from core.kernel import lifecycle
from core.kernel import migrations
from core.kernel.database import KernelDatabase
from core.kernel.gate import Gate
from core.kernel.kernel import Kernel
from tests.postgres import server

CALLS, ROUNDS = 200, 21
LIMIT_MICROSECONDS = 200.0
PATHS = ("/orders", "/x/profit_report/")


def measure(engine: str = "sqlite") -> dict[str, Any]:
    """Return the microseconds per request with and without the gate."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'gate.sqlite'}"
        if engine == "postgresql":
            url = stack.enter_context(server())
        kernel = _kernel(Config(folder, url, (ROOT / "addons",)))
        stack.callback(kernel.db.dispose)
        gate = Gate(_application, kernel)
        sides = {"bare": _application, "gate": gate}
        rounds: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, application in sides.items():
                rounds[name].append(_seconds(application) / CALLS / len(PATHS) * 1e6)
    medians = {name: statistics.median(times) for name, times in rounds.items()}
    best = {name: min(times) for name, times in rounds.items()}
    cost = medians["gate"] - medians["bare"]
    return {
        "engine": engine,
        "installed": len(kernel.rows),
        "microseconds_median": {name: round(value, 1) for name, value in medians.items()},
        "microseconds_best": {name: round(value, 1) for name, value in best.items()},
        "gate_microseconds_median": round(cost, 1),
        "gate_microseconds_best": round(best["gate"] - best["bare"], 1),
        "limit_microseconds": LIMIT_MICROSECONDS,
        "load_average": round(os.getloadavg()[0], 2),
        "holds": cost <= LIMIT_MICROSECONDS,
    }


def _kernel(config: Config) -> Kernel:
    keys.ensure_keys(config)
    database = KernelDatabase(config.database_url)
    migrations.upgrade_core(database)
    database.dispose()
    kernel = Kernel.boot(config)
    for name in kernel.graph.order:
        if kernel.found[name].folder.parent == config.shipped_addons:
            lifecycle.install(kernel, name)
            lifecycle.enable(kernel, name)
    return kernel


def _application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"x"]


def _seconds(application: Any) -> float:
    def start_response(*_: object) -> None:
        return None

    began = time.process_time()
    for _ in range(CALLS):
        for path in PATHS:
            list(application({"PATH_INFO": path, "REQUEST_METHOD": "GET"}, start_response))
    return time.process_time() - began


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:]), indent=2))
