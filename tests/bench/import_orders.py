"""Lines per second of the whole way from a file of orders to balanced entries.

    python -m tests.bench.import_orders [--database sqlite|postgresql] [--lines N]

imports opening stock and the real file of sales into a fresh database, then measures how fast the
driver alone inserts the same rows (see `tests.bench.raw_rate`), and prints one JSON document. Each
database has a process of its own; PostgreSQL is our own server with fsync on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from core.ids import next_id
from core.orders.importing import import_order_file
from tests.bench.instances import ENGINES
from tests.bench.instances import DatabasePair
from tests.bench.instances import databases
from tests.bench.instances import first_lines
from tests.bench.instances import make_instance
from tests.bench.measuring import Watch
from tests.bench.measuring import peak_memory_mb
from tests.bench.measuring import server_cpu
from tests.bench.raw_rate import raw_rate
from tests.online_retail import MAPPING
from tests.online_retail import ORDERS
from tests.online_retail import make_opening_stock
from tests.online_retail import shared_file


def measure(engine: str, lines: int | None = None) -> dict[str, Any]:
    """Measure one engine in a process of its own and return the figures."""
    orders = shared_file(ORDERS)
    with tempfile.TemporaryDirectory(prefix="bench_") as name:
        folder = Path(name)
        excerpt, opening = first_lines(orders, lines, folder), folder / "opening.csv"
        apart(make_opening_stock, excerpt, opening)
        with databases(engine, folder) as pair:
            return apart(_measure, pair, folder, excerpt, opening)


def apart(function: Any, *arguments: Any) -> Any:
    """Call a function in a fresh process, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _measure(pair: DatabasePair, folder: Path, orders: Path, opening: Path) -> dict[str, Any]:
    kernel, connection = make_instance(pair.imported, folder / "instance", opening)
    with kernel.db.write() as session:
        mark = next_id(session)
    load, cpu, server = os.getloadavg()[0], time.process_time(), server_cpu(kernel.db)
    watch = Watch(kernel.db)
    result = import_order_file(
        kernel, connection, orders, mapping=MAPPING, on_progress=watch.progress
    )
    figures = watch.stop()
    figures["cpu_seconds"] = round(time.process_time() - cpu, 2)
    if server is not None:
        figures["server_cpu_seconds"] = round((server_cpu(kernel.db) or 0) - server, 2)
    figures["peak_memory_mb"] = peak_memory_mb()
    kernel.db.dispose()
    raw = raw_rate(pair.imported, pair.raw, mark, [done for _, done in watch.lines])
    return {
        "database": kernel.db.dialect,
        "load_before": round(load, 1),
        "received": result.received,
        "applied": result.applied,
        "quarantined": result.quarantined,
        **figures,
        "raw": raw,
        "share_of_raw": round(figures["lines_per_second"] / raw["lines_per_second"], 3),
    }


def machine() -> dict[str, Any]:
    """Return on what was measured, and when."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print one JSON document."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.import_orders", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--database", choices=ENGINES, help="default: both, one after the other")
    parser.add_argument("--lines", type=int, metavar="N", help="the first N lines; default: all")
    options = parser.parse_args(arguments)
    engines = [options.database] if options.database else ENGINES
    try:
        runs = [measure(engine, options.lines) for engine in engines]
    except pytest.skip.Exception as missing:
        sys.exit(f"SKIPPED, nothing was measured: {missing}")
    print(json.dumps({"machine": machine(), "runs": runs}, indent=2))


if __name__ == "__main__":
    main()
