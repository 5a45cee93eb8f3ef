"""Orders per second that leave, are booked with their fees estimated, and are settled.

    python -m tests.bench.posting [--database sqlite|postgresql] [--orders N] [--profile]

Orders of one line come as a file of what has left: stock leaves its layers, and revenue, tax, cost
and two estimated fees are booked in one entry each. Then the platform's settlement comes, four rows
an order: what was owed is cleared, the estimates give way to the fees, differences are booked. Both
files are read, stored as received and booked by the public imports. Afterwards the driver alone
inserts the same rows in the same transactions (see `tests.bench.raw_rate`). With `--profile` the
functions that took longest are printed instead.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import json
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.measuring import Measures
from core.catalog.measuring import measure_skus
from core.fees.plans import find_shop
from core.fees.plans import use_plan
from core.ids import next_id
from core.kernel import lifecycle
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from core.orders.importing import import_order_file
from core.settlements.importing import import_settlement_file
from core.stock.importing import COLUMNS
from tests.bench.import_orders import apart
from tests.bench.import_orders import machine
from tests.bench.instances import ENGINES
from tests.bench.instances import DatabasePair
from tests.bench.instances import databases
from tests.bench.instances import make_instance
from tests.bench.measuring import peak_memory_mb
from tests.bench.measuring import server_cpu
from tests.bench.raw_rate import raw_rate
from tests.world import HEADER
from tests.world import MAPPING
from tests.world import SETTLEMENT_HEADER

SKUS = 300
WARM_UP = 200


def measure(engine: str, orders: int, *, profile: bool = False) -> dict[str, Any]:
    """Measure one engine in a process of its own and return the figures."""
    with (
        tempfile.TemporaryDirectory(prefix="bench_") as name,
        databases(engine, Path(name)) as pair,
    ):
        figures: dict[str, Any] = apart(_measure, pair, Path(name), orders, profile)
        return figures


def _measure(pair: DatabasePair, folder: Path, orders: int, profile: bool) -> dict[str, Any]:
    kernel, till, amazon = _prepare(pair.imported, folder)
    mapping = folder / "orders.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    files = _files(folder, WARM_UP, orders)
    for number, path in (("1", files[2]), ("2", files[3])):
        # Once before the clock runs: code is imported, statements are compiled.
        _one(kernel, till, amazon, path, mapping, number)
    with kernel.db.write() as session:
        mark = next_id(session)
    marks = _Marks(kernel)
    watched = cProfile.Profile() if profile else None
    phases = {}
    for phase, path in (("shipped", files[0]), ("settled", files[1])):
        load, wall = os.getloadavg()[0], time.perf_counter()
        cpu, server = time.process_time(), server_cpu(kernel.db) or 0.0
        if watched:
            watched.enable()
        _one(kernel, till, amazon, path, mapping, phase)
        if watched:
            watched.disable()
        phases[phase] = {
            "seconds": round(time.perf_counter() - wall, 2),
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "server_cpu_seconds": round((server_cpu(kernel.db) or 0.0) - server, 2),
            "load_before": round(load, 1),
        }
    marks.stop()
    if watched:
        pstats.Stats(watched, stream=sys.stderr).sort_stats("tottime").print_stats(45)
        pstats.Stats(watched, stream=sys.stderr).sort_stats("cumtime").print_stats(70)
    memory = peak_memory_mb()
    counts = _counts(kernel, mark)
    kernel.db.dispose()
    raw = raw_rate(pair.imported, pair.raw, mark, [orders], marks.ids)
    seconds = sum(phase["seconds"] for phase in phases.values())
    return {
        "database": kernel.db.dialect,
        "orders": orders,
        "orders_per_second": round(orders / seconds),
        "raw_orders_per_second": round(raw["lines_per_second"]),
        "share_of_raw": round(orders / seconds / raw["lines_per_second"], 3),
        "cpu_share_of_raw": round(
            raw["cpu_seconds"] / sum(phase["cpu_seconds"] for phase in phases.values()), 3
        ),
        "postings_per_order": round(counts["ledger_posting"] / orders, 2),
        "phases": phases,
        "peak_memory_mb": memory,
        "rows": counts,
        "raw": {name: raw[name] for name in ("rows", "seconds", "cpu_seconds")},
    }


def _one(
    kernel: Kernel,
    till: ConnectionInfo,
    amazon: ConnectionInfo,
    path: Path,
    mapping: Path,
    phase: str,
) -> None:
    if path.suffix == ".csv":
        import_order_file(kernel, till, path, mapping=mapping)
        return
    found = import_settlement_file(kernel, amazon, path).statements[0]
    if (found.state, found.suspense, found.applied) != ("booked", 0, found.received):
        raise RuntimeError(f"{phase}: {found}")


class _Marks:
    """The ids with which write transactions began."""

    def __init__(self, kernel: Kernel) -> None:
        self.ids: list[int] = []
        self._database, self._write = kernel.db, kernel.db.write
        kernel.db.write = self.write  # type: ignore[method-assign]

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self._write() as session:
            self.ids.append(next_id(session))
            yield session

    def stop(self) -> None:
        self._database.write = self._write  # type: ignore[method-assign]


def _prepare(url: str, folder: Path) -> tuple[Kernel, ConnectionInfo, ConnectionInfo]:
    opening = folder / "opening.csv"
    with opening.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(COLUMNS)
        out.writerows(
            [f"S{n}", "MAIN", 1_000_000, "2.00", "GBP", "2026-01-01"] for n in range(SKUS)
        )
    kernel, till = make_instance(url, folder / "instance", opening)
    for addon in ("amazon_settlements",):
        if addon not in kernel.enabled:
            lifecycle.install(kernel, addon)
            lifecycle.enable(kernel, addon)
    company_id = till.company_id
    with kernel.db.write() as session:
        amazon = create_connection(
            session, "amazon_settlements", "Amazon", {"orders_from": till.label},
            company_id=company_id,
        )  # fmt: skip
        skus = {f"S{n}": Measures(100 + n, 200, 150, 100) for n in range(SKUS)}
        measure_skus(session, company_id, skus)
    mapping = folder / "first.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    first = folder / "first.csv"
    _write_orders(first, -1, 1)
    import_order_file(kernel, till, first, mapping=mapping)
    with kernel.db.write() as session:
        shop = find_shop(session, company_id, "Till")
        use_plan(
            session, company_id, shop.id, "amazon", "GB", category="Toys and Games",
            fulfilment="platform",
        )  # fmt: skip
    return kernel, till, amazon


def _files(folder: Path, warm_up: int, orders: int) -> list[Path]:
    names = ("orders.csv", "settlement.txt", "warm_orders.csv", "warm_settlement.txt")
    paths = [folder / name for name in names]
    _write_orders(paths[2], 0, warm_up)
    _write_settlement(paths[3], "1", 0, warm_up)
    _write_orders(paths[0], warm_up, orders)
    _write_settlement(paths[1], "2", warm_up, orders)
    return paths


def _price(number: int) -> int:
    return 1000 + 7 * (number % 400)


def _ref(number: int) -> str:
    return f"026-{number % 10_000_000:07d}-{number + 1:07d}"


def _write_orders(path: Path, start: int, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(HEADER)
        for n in range(start, start + count):
            day = f"2026-03-{1 + n * 28 // (start + count + 1):02d} 10:00"
            price = f"{_price(n) / 100:.2f}"
            out.writerow([_ref(n), f"S{n % SKUS}", "Goods", 1 + n % 2, day, price, "", "GB", "GBP"])


def _write_settlement(path: Path, ref: str, start: int, count: int) -> None:
    rows = []
    total = 0
    for n in range(start, start + count):
        net = _price(n) * (1 + n % 2)
        tax = (net * 2 + 5) // 10
        amounts = (
            ("ItemPrice", "Principal", net),
            ("ItemPrice", "Tax", tax),
            # Now and then the fee is another one than was estimated.
            ("ItemFees", "Commission", -((net + tax) * 15 // 100) - (n % 3 == 0) * 7),
            ("ItemFees", "FBAPerUnitFulfillmentFee", -304 * (1 + n % 2)),
        )
        for group, name, amount in amounts:
            total += amount
            rows.append(
                [ref, "", "", "", "", "", "Order", _ref(n), "", "", group, name]
                + [f"{amount / 100:.2f}", "2026-04-01 10:00:00 UTC", "", f"S{n % SKUS}", ""]
            )
    days = [f"2026-0{month}-01 00:00:00 UTC" for month in (3, 4)]
    head = [ref, *days, "2026-04-03 00:00:00 UTC", f"{total / 100:.2f}", "GBP"]
    lines = ["\t".join(row) for row in (SETTLEMENT_HEADER, head, *rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _counts(kernel: Kernel, mark: int) -> dict[str, int]:
    tables = (
        *(("ledger_entry", "id"), ("ledger_posting", "entry_id"), ("ledger_item", "id")),
        *(("fees_estimate", "id"), ("settlements_row", "id"), ("stock_move", "id")),
    )
    with kernel.db.read() as session:
        counts = {
            name: session.scalar(sa.text(f"SELECT count(*) FROM {name} WHERE {key} >= {mark}"))
            for name, key in tables
        }
        open_items = "SELECT count(*) FROM fees_estimate WHERE open_amount <> 0"
        counts["open_estimates"] = session.scalar(sa.text(open_items))
    return {name: int(number or 0) for name, number in counts.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print one JSON document."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.posting", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--database", choices=ENGINES, help="default: both, one after the other")
    parser.add_argument("--orders", type=int, default=10_000, metavar="N")
    parser.add_argument("--profile", action="store_true", help="tell where the time goes")
    options = parser.parse_args(arguments)
    engines = [options.database] if options.database else ENGINES
    run: Callable[[str], dict[str, Any]] = lambda engine: measure(  # noqa: E731
        engine, options.orders, profile=options.profile
    )
    try:
        runs = [run(engine) for engine in engines]
    except pytest.skip.Exception as missing:
        sys.exit(f"SKIPPED, nothing was measured: {missing}")
    print(json.dumps({"machine": machine(), "runs": runs}, indent=2))


if __name__ == "__main__":
    main()
