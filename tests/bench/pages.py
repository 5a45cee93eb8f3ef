"""What users wait for: pages over a million orders, asked by several people at once.

    python -m tests.bench.pages /tmp/pages postgresql://… [--fill-only] [--users 8] [--seconds 120]

The folder becomes the instance of an installation whose empty database is filled: two years of
orders through the journal, older ones without postings up to `--orders`, SKUs with stock up to
`--skus`. One that is filled is asked: gunicorn serves it, each user signs in and asks for one page
after another with a second of thought between. Prints one JSON document: for each page how long an
answer took (median, p95, longest; milliseconds), how much processor time of the web processes a
page took, and that of PostgreSQL beside it.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa

from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.catalog.models import Sku
from core.config import ROOT
from core.config import Config
from core.db import Database
from core.db import table_of
from core.identity import first_run
from core.ids import next_ids
from core.kernel.companies import find_company
from core.kernel.kernel import Kernel
from core.orders.models import Order
from core.rows import bulk_insert
from core.stock.models import Level
from core.stock.models import Warehouse
from tests.bench import million_orders
from tests.bench import profit
from tests.web.serving import fields
from tests.web.serving import server

WORKERS = 2
THINK_SECONDS = 1.0
BLOCK = 20_000
PAGES = {
    "home": ("/",),
    "orders": (
        "/orders",
        "/orders?state=shipped",
        "/orders?country=DE&kind=sale",
        "/orders?number=A-00",
    ),
    "stock": ("/stock", "/stock?q=S01", "/stock?show=short"),
    "profit": ("/profit", "/profit?by=sku", "/profit?by=shop&from=2025-03-01&to=2025-03-31"),
}


@dataclass
class Asked:
    """How long each page took, in milliseconds, and what went wrong."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def fill(config: Config, orders: int, skus: int, postings: int) -> None:
    """Make an installation with so much in it; going on where an earlier run stopped."""
    initialise(config, CompanyWish("Bench", "GB", "GBP", "Europe/London"))
    database = Database(config.database_url)
    profit.fill(database, postings)
    with database.read() as session:
        company_id = find_company(session).id
        there = session.scalar(sa.select(sa.func.count()).select_from(Order)) or 0
    for start in range(there, orders, million_orders.BLOCK):
        with database.write() as session:
            million_orders.fill(
                session, company_id, min(million_orders.BLOCK, orders - start), start
            )
    _fill_stock(database, company_id, skus)
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as each:
        each.exec_driver_sql("VACUUM ANALYZE" if database.dialect == "postgresql" else "ANALYZE")
    database.dispose()


def _fill_stock(database: Database, company_id: int, skus: int) -> None:
    """Make SKUs up to a number, and let some of each lie in the first warehouse."""
    with database.write() as session:
        there = session.scalar(sa.select(sa.func.count()).select_from(Sku)) or 0
        now = "2026-01-01T00:00:00.000000Z"
        ids = next_ids(session, max(skus - there, 0))
        made = [(company_id, each, f"T{n:06d}", f"Thing {n}", now, 1) for n, each in enumerate(ids)]
        columns = ("company_id", "id", "code", "title", "created_at", "row_version")
        bulk_insert(session, table_of(Sku), columns, made)
        warehouse = session.scalar(sa.select(Warehouse.id).order_by(Warehouse.id).limit(1))
        query = sa.select(Sku.id).where(Sku.id.not_in(sa.select(Level.sku_id))).order_by(Sku.id)
        bare = list(session.scalars(query))
        rows = [
            {"company_id": company_id, "id": new_id, "warehouse_id": warehouse, "sku_id": sku_id}
            | {
                "condition": "sellable",
                "on_hand": sku_id % 90,
                "reserved": 0,
                "last_unit_cost": 2_000_000,
            }
            for new_id, sku_id in zip(next_ids(session, len(bare)), bare, strict=True)
        ]
        for at in range(0, len(rows), BLOCK):
            session.execute(sa.insert(Level), rows[at : at + BLOCK])


def measure(config: Config, users: int, seconds: float) -> dict[str, Any]:
    """Serve the installation and let people ask it."""
    kernel = Kernel.boot(config)
    with kernel.db.write() as session:
        token = first_run.renew_admin_token(session, config.instance)
    kernel.db.dispose()
    with server(config, WORKERS) as address:
        asked = Asked({name: [] for name in PAGES})
        first = signed_in(address, token)
        for paths in PAGES.values():
            for path in paths:
                first.get(f"{address}{path}")  # what a process keeps is made once
        begun, before = time.monotonic(), (_cpu("gunicorn"), _cpu("postgres"))
        threads = [
            threading.Thread(target=_walk, args=(address, first.cookies, asked, begun + seconds, n))
            for n in range(users)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        after = (_cpu("gunicorn"), _cpu("postgres"))
    number = sum(map(len, asked.taken.values()))
    web, database = ((b - a) * 1000 / number for a, b in zip(before, after, strict=True))
    return {
        "users": users,
        "pages": number,
        "wrong": asked.wrong[:5],
        "web_cpu_ms_per_page": round(web, 1),
        "database_cpu_ms_per_page": round(database, 1),
        "answers_ms": {name: _figures(taken) for name, taken in asked.taken.items()},
    }


def signed_in(address: str, token: str) -> httpx2.Client:
    """Return a browser of the owner."""
    browser = httpx2.Client(follow_redirects=True, timeout=60)
    form = fields(browser, f"{address}/login") | {"token": token}
    browser.post(f"{address}/login", data=form).raise_for_status()
    return browser


def _walk(address: str, cookies: Any, asked: Asked, until: float, seed: int) -> None:
    """Ask for one page after another, as a person does."""
    dice = random.Random(seed)
    with httpx2.Client(cookies=cookies, timeout=60) as browser:
        time.sleep(dice.random() * THINK_SECONDS)
        while time.monotonic() < until:
            name = dice.choice(list(PAGES))
            path = dice.choice(PAGES[name])
            begun = time.perf_counter()
            answer = browser.get(f"{address}{path}")
            asked.taken[name].append((time.perf_counter() - begun) * 1000)
            if answer.status_code != 200:
                asked.wrong.append(f"{path}: {answer.status_code}")
            time.sleep(THINK_SECONDS)


def _figures(taken: Sequence[float]) -> dict[str, float]:
    ordered = sorted(taken)
    return {
        "number": len(ordered),
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(len(ordered) * 0.95)], 1),
        "longest": round(ordered[-1], 1),
    }


def _cpu(name: str) -> float:
    """Return the seconds of a processor that running processes of a name have used (Linux)."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            command = (stat.parent / "cmdline").read_bytes().decode(errors="replace")
            parts = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if name in command:
            ticks += int(parts[11]) + int(parts[12])
    return ticks / 100


def main() -> None:
    """Fill an installation unless it is filled, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance", type=Path)
    parser.add_argument("url")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--skus", type=int, default=50_000)
    parser.add_argument("--postings", type=int, default=5_000_000)
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--fill-only", action="store_true")
    given = parser.parse_args()
    given.instance.mkdir(mode=0o700, exist_ok=True)
    config = Config(instance=given.instance, database_url=given.url, addon_paths=(ROOT / "addons",))
    marker = given.instance / "filled"
    if not marker.exists():
        fill(config, given.orders, given.skus, given.postings)
        marker.touch()
    if not given.fill_only:
        print(json.dumps(measure(config, given.users, given.seconds), indent=2))


if __name__ == "__main__":
    main()
