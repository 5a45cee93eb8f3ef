"""Orders per second from a file of orders to orders whose goods are promised.

    python -m tests.bench.take_orders [--database sqlite|postgresql] [--orders N] [--batch N]

Orders of two lines come through the public import as sellers have it: listings that are mapped to
SKUs and bundles, addresses that are checked and sealed, rules that tag, hold and choose a
warehouse, goods in two warehouses that are promised, and a few orders that find too little. With
`--batch 1` every order has a transaction of its own. Afterwards the driver alone inserts the same
rows in the same transactions (see `tests.bench.raw_rate`); one JSON document is printed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.catalog.bundles import set_components
from core.catalog.services import create_skus
from core.catalog.services import make_skus
from core.ids import next_id
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.orders.importing import import_order_file
from core.orders.lookups import Account
from core.orders.lookups import skus_of
from core.orders.models import Order
from core.rules.rule import read_rule
from core.rules.storing import add_rule
from core.rules.storing import go_live
from core.stock.importing import COLUMNS
from core.stock.importing import import_stock_file
from core.warehousing.places import add_warehouse
from tests.bench.import_orders import apart
from tests.bench.import_orders import machine
from tests.bench.instances import ENGINES
from tests.bench.instances import DatabasePair
from tests.bench.instances import databases
from tests.bench.instances import make_instance
from tests.bench.measuring import Watch
from tests.bench.measuring import server_cpu
from tests.bench.raw_rate import raw_rate
from tests.privacy.buyers import WAITING

SKUS, BUNDLES = 300, 20
PLACES = (
    ("GB", "Leeds", "LS1 4AP", "020 7946 0958", "London Road"),
    ("DE", "Berlin", "10115", "030 901820", "Hauptstrasse"),
    ("FR", "Paris", "75001", "01 42 76 40 40", "Rue Royale"),
    ("NL", "Utrecht", "3511 AA", "030 286 0000", "Oudegracht"),
)
HEADER = (
    *("Invoice", "Code", "Title", "Qty", "Date", "Price", "Customer", "Country", "Currency"),
    *("name", "company", "street", "street 2", "city", "region", "postcode", "phone", "email"),
    "note",
)
MAPPING = WAITING.replace("create_skus = true", "create_skus = false")


def measure(engine: str, orders: int, batch: int) -> dict[str, Any]:
    """Measure one engine in a process of its own and return the figures."""
    with (
        tempfile.TemporaryDirectory(prefix="bench_") as name,
        databases(engine, Path(name)) as pair,
    ):
        figures: dict[str, Any] = apart(_measure, pair, Path(name), orders, batch)
        return figures


def _measure(pair: DatabasePair, folder: Path, orders: int, batch: int) -> dict[str, Any]:
    kernel, connection = prepare(pair.imported, folder)
    mapping, first, rest = folder / "orders.toml", folder / "first.csv", folder / "rest.csv"
    mapping.write_text(MAPPING, encoding="utf-8")
    warm_up = max(2 * batch, 50)
    write_orders(first, 0, warm_up)
    write_orders(rest, warm_up, orders)
    import_order_file(kernel, connection, first, mapping=mapping, batch_lines=2 * batch)
    with kernel.db.write() as session:
        mark = next_id(session)
    load, cpu, server = os.getloadavg()[0], time.process_time(), server_cpu(kernel.db)
    watch = Watch(kernel.db)
    result = import_order_file(
        kernel,
        connection,
        rest,
        mapping=mapping,
        on_progress=watch.progress,
        batch_lines=2 * batch,
    )
    figures = watch.stop()
    figures["cpu_seconds"] = round(time.process_time() - cpu, 2)
    if server is not None:
        figures["server_cpu_seconds"] = round((server_cpu(kernel.db) or 0) - server, 2)
    states = _states(kernel, mark)
    kernel.db.dispose()
    raw = raw_rate(pair.imported, pair.raw, mark, [done for _, done in watch.lines])
    return {
        "database": kernel.db.dialect,
        "addons": sorted(kernel.enabled),
        "load_before": round(load, 1),
        "orders": result.applied // 2,
        "orders_in_a_transaction": batch,
        "orders_per_second": round(result.applied / 2 / figures["seconds"]),
        "raw_orders_per_second": round(raw["lines_per_second"] / 2),
        "share_of_raw": round(figures["lines_per_second"] / raw["lines_per_second"], 3),
        "states": states,
        **{name: figures[name] for name in ("seconds", "cpu_seconds", "stages", "batches")},
        "server_cpu_seconds": figures.get("server_cpu_seconds"),
        "raw_rows": raw["rows"],
    }


def _states(kernel: Kernel, mark: int) -> dict[str, int]:
    with kernel.db.read() as session:
        query = sa.select(Order.state, sa.func.count()).where(Order.id >= mark)
        return {row[0]: row[1] for row in session.execute(query.group_by(Order.state))}


def prepare(url: str, folder: Path) -> tuple[Kernel, ConnectionInfo]:
    """Make a company with goods in two warehouses, mapped listings and live rules."""
    opening = folder / "opening.csv"
    _write_stock(opening, "MAIN", 0)
    kernel, connection = make_instance(url, folder / "instance", opening)
    company_id = connection.company_id
    with kernel.db.write() as session:
        add_warehouse(session, company_id, "NORTH", "own", "GB")
        make_skus(session, company_id, {f"K{n}": f"Set {n}" for n in range(BUNDLES)})
        for n in range(BUNDLES):
            set_components(session, company_id, f"K{n}", {f"S{n}": 1, f"S{n + 1}": 2})
        codes = [f"S{n}" for n in range(SKUS)] + [f"K{n}" for n in range(BUNDLES)]
        create_skus(session, company_id, {code: f"Goods {code}" for code in codes})
        account = Account(company_id, "file", connection.account)
        skus_of(session, account, {code: f"Goods {code}" for code in codes}, create=False)
        for number, document in enumerate(_rules()):
            rule_id = add_rule(session, company_id, read_rule(document), f"bench {number}")
            go_live(session, company_id, rule_id, 1)
    north = folder / "north.csv"
    _write_stock(north, "NORTH", SKUS // 2)
    import_stock_file(kernel, company_id, north)
    return kernel, connection


def _write_stock(path: Path, warehouse: str, start: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(COLUMNS)
        for n in range(start, SKUS):
            # The last one is soon sold out: there are always some that must wait.
            quantity = 20 if n == SKUS - 1 else 1_000_000
            out.writerow([f"S{n}", warehouse, quantity, "2.00", "GBP", "2026-01-01"])


def _rules() -> Iterator[dict[str, Any]]:
    def rule(name: str, field: str, operator: str, value: str, do: str, what: str) -> Any:
        condition = {"field": field, "operator": operator, "value": [value]}
        groups = [{"match": "all", "conditions": [condition]}]
        actions = [{"do": do, "value": what}]
        return {"name": name, "match": "all", "groups": groups, "actions": actions}

    yield rule("Across the sea", "country", "is_one_of", "DE", "tag", "export")
    yield rule("Heavy", "items", "above", "6", "tag", "heavy")
    yield rule("From the north", "country", "is_one_of", "NL", "warehouse", "NORTH")
    yield rule("Look at it", "amount", "above", "180.00 GBP", "hold", "parked")
    yield rule("Beloved", "sku", "has_any", "S7", "tag", "beloved")


def write_orders(path: Path, start: int, count: int) -> None:
    """Write a file of orders of two lines each, the same for the same numbers."""
    began = datetime(2026, 2, 1, 8, tzinfo=UTC)
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(HEADER)
        for n in range(start, start + count):
            chance = random.Random(n)
            country, city, postcode, phone, street = PLACES[chance.randrange(len(PLACES))]
            at = (began + timedelta(seconds=20 * n)).strftime("%Y-%m-%d %H:%M")
            buyer = [f"Ann Buyer {n}", "", f"{street} {n % 200 + 1}", "", city, "", postcode]
            buyer += [phone, f"ann{n}@example.com", "please ring" if n % 10 == 0 else ""]
            for code in chance.sample(range(SKUS + BUNDLES), 2):
                name = f"S{code}" if code < SKUS else f"K{code - SKUS}"
                price = f"{chance.randint(900, 4900) / 100:.2f}"
                row = [f"A-{n:07d}", name, f"Goods {name}", chance.randint(1, 3), at, price]
                out.writerow([*row, f"buyer-{n}", country, "GBP", *buyer])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print one JSON document."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.take_orders", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--database", choices=ENGINES, help="default: both, one after the other")
    parser.add_argument("--orders", type=int, default=10_000, metavar="N")
    parser.add_argument("--batch", type=int, default=500, metavar="N", help="in a transaction")
    options = parser.parse_args(arguments)
    engines = [options.database] if options.database else ENGINES
    try:
        runs = [measure(engine, options.orders, options.batch) for engine in engines]
    except pytest.skip.Exception as missing:
        sys.exit(f"SKIPPED, nothing was measured: {missing}")
    print(json.dumps({"machine": machine(), "runs": runs}, indent=2))


if __name__ == "__main__":
    main()
