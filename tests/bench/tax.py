"""How long 100,000 orders of three lines take to be decided: `python -m tests.bench.tax [ORDERS]`.

All shipped regimes are enabled and the orders are of every kind that they know: at home in eleven
of them, within the Union, from abroad with consignments of their own. It prints the seconds, those
of the processor, and how many questions the database was asked.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from core.tax.deciding import decide
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.facts import TaxFacts
from core.tax.sale import Sale
from core.tax.sale import SaleLine
from tests.cases.tax import enable_regimes
from tests.databases import ENGINES
from tests.databases import Databases
from tests.postgres import locked
from tests.world import World
from tests.world import Worlds

BATCH = 500
ROUTES = (
    ("GB", "GB", "GBP", ""),
    ("DE", "DE", "EUR", ""),
    ("DE", "FR", "EUR", ""),
    ("DE", "AT", "EUR", ""),
    ("CN", "DE", "EUR", ""),
    ("CN", "FR", "EUR", ""),
    ("GB", "US", "GBP", "OR"),
    ("US", "US", "USD", "MA"),
    ("CA", "CA", "CAD", "ON"),
    ("AU", "AU", "AUD", ""),
    ("CN", "NZ", "NZD", ""),
    ("SG", "SG", "SGD", ""),
    ("JP", "JP", "JPY", ""),
    ("IN", "IN", "INR", "KA"),
    ("CN", "NO", "NOK", ""),
    ("CH", "CH", "CHF", ""),
)
HOME = ("AU", "CA", "CH", "IN", "JP", "NZ", "SG")
SELLER = Seller(
    (
        Registration("EU", "oss"),
        Registration("EU", "ioss"),
        Registration("NO", "voec"),
        Registration("US", "nexus", "MA"),
        *(Registration(country, "local") for country in HOME),
    ),
    ("DE", "GB"),
)


def order(number: int) -> list[TaxFacts]:
    """Return the facts of an order; those from abroad have amounts of their own."""
    ship_from, ship_to, currency, region = ROUTES[number % len(ROUTES)]
    lines = (
        SaleLine(1000 + number % 3000, 1, hs6="691200"),
        SaleLine(500 + number % 7, 2, hs6="842310"),
        SaleLine(499, item="delivery"),
    )
    return Sale(
        date(2026, 8, 1) + timedelta(days=number % 60),
        ship_from,
        ship_to,
        "GB" if ship_from == "GB" else "DE",
        "shop",
        currency,
        lines,
        channel="own",
        region=region,
        from_region="KA" if region == "KA" else "",
        seller=SELLER,
    ).facts()


def main(orders: int) -> None:
    """Decide some orders in batches, as an import does, on each engine in turn."""
    with tempfile.TemporaryDirectory(prefix="bench_tax") as name:
        folder, own = Path(name), Path(name) / "own"
        own.mkdir()
        databases = Databases(folder)
        worlds = Worlds(databases, folder)
        # The PostgreSQL server of a folder ends with its owner.
        with locked(folder / "owner"):
            for engine in ENGINES:
                url = worlds.create(engine)
                world = worlds.open(url, own)
                measure(world, engine, orders)
                world.kernel.db.dispose()
                worlds.drop(url)
            worlds.close()


def measure(world: World, engine: str, orders: int) -> None:
    """Say how long an engine takes, and what it was asked."""
    enable_regimes(world)
    asked = 0

    def count(*_: object) -> None:
        nonlocal asked
        asked += 1

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    wall, used = time.perf_counter(), time.process_time()
    unresolved = 0
    for start in range(0, orders, BATCH):
        facts = [fact for n in range(start, min(start + BATCH, orders)) for fact in order(n)]
        with world.kernel.db.write() as session:
            unresolved += len(decide(session, world.company.id, facts).unresolved)
    wall, used = time.perf_counter() - wall, time.process_time() - used
    sa.event.remove(sa.Engine, "before_cursor_execute", count)
    print(f"{engine}: {orders} orders, {3 * orders} lines: {wall:.1f} s, {used:.1f} s of processor")
    print(f"{asked} statements beside prepared ones, {unresolved} lines without a decision")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
