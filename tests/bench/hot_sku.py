"""Eight who want the same SKU at once on PostgreSQL: our reservation beside the bare UPDATE.

    python -m tests.bench.hot_sku [--clients 8] [--times 150] [--slower-disk 1.0]

Each client is a process of its own with a connection of its own, each reservation a transaction of
its own that waits for the disk. Measured are, one after the other and twice in turn:

bare         UPDATE … SET reserved = reserved + 1 WHERE … AND reserved + 1 <= on_hand, COMMIT
reservation  the same level by the stock service: looked at, worked out, taken with its rows
apart        the same, but each client wants a SKU of his own: nobody waits for anybody
order        an order of one line, stored, reviewed, ruled, promised and allocated

Where `apart` is no faster than `reservation` it is not the hot row that holds them up, but the
processors, which clients and server share. `--slower-disk` lets every commit wait so many
milliseconds longer, as it does for disks across a network: then the row decides.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from itertools import repeat
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from core.db import Database
from core.ids import id_stream
from core.kernel.companies import find_company
from core.kernel.migrations import upgrade_core
from core.orders.approving import review_new
from core.orders.record import Actor
from core.stock.batch import StockBatch
from core.stock.reserving import finish_taking
from core.stock.reserving import may_look
from core.stock.reserving import take_promised
from core.stock.reserving import take_with_commit
from tests.bench.import_orders import machine
from tests.orders.hammering import Yard
from tests.orders.hammering import store_order
from tests.postgres import server
from tests.stock.trading import Event
from tests.stock.trading import Place
from tests.stock.trading import Trader
from tests.stock.trading import make_place
from tests.world import boot
from tests.world import prepare

SKU, PLENTY = "HOT", 10_000_000
WARM_UP = 12
AT = datetime(2011, 2, 1, 10, tzinfo=UTC)


_gate: list[Any] = []


def _remember(gate: Any) -> None:
    """Keep what lets all clients begin at once, in each of their processes."""
    _gate.append(gate)


@dataclass(frozen=True)
class Stage:
    """Where it is measured: a database, the hot level, and lines that goods are promised to."""

    url: str
    folder: Path
    place: Place
    shop_id: int
    skus: Sequence[int]
    levels: Sequence[int]


def measure(clients: int, times: int, slower_disk: float = 0) -> dict[str, Any]:
    """Measure the three in turn and return their rates."""
    with tempfile.TemporaryDirectory(prefix="bench_") as name, server(durable=True) as url:
        _slow_down(url, slower_disk)
        stage = prepare_stage(url, Path(name), clients, times)
        rates: dict[str, list[float]] = {}
        context = multiprocessing.get_context("spawn")
        gate = context.Barrier(clients)
        with ProcessPoolExecutor(clients, context, _remember, (gate,)) as pool:
            for turn in range(2):
                for kind in KINDS:
                    many = repeat(turn), range(clients), repeat(clients), repeat(times)
                    done = list(pool.map(work, repeat(stage), repeat(kind), *many))
                    # All begin at once, and the last one ends it.
                    took = max(end for _, end in done) - min(start for start, _ in done)
                    rates.setdefault(kind, []).append(clients * (times - WARM_UP) / took)
        promised = _promised(stage)
    best = {kind: max(found) for kind, found in rates.items()}
    return {
        "clients": clients,
        "slower_disk_ms": slower_disk,
        "reservations": 2 * clients * times,
        "promised": promised,
        "per_second": {kind: round(rate, 1) for kind, rate in best.items()},
        "mean_per_second": {k: round(statistics.mean(each), 1) for k, each in rates.items()},
        "apart_by_reservation": round(best["apart"] / best["reservation"], 2),
        "bare_by_reservation": round(best["bare"] / best["reservation"], 2),
        "bare_by_order": round(best["bare"] / best["order"], 2),
    }


def _slow_down(url: str, milliseconds: float) -> None:
    """Let commits wait before they are flushed, also where only one is under way."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET commit_delay = {round(milliseconds * 1000)}")
        connection.execute("ALTER SYSTEM SET commit_siblings = 0")
        connection.execute("SELECT pg_reload_conf()")


def prepare_stage(url: str, folder: Path, clients: int, times: int) -> Stage:
    """Make a company with plenty of the hot SKU and of one for each client, and many lines."""
    database = Database(url)
    upgrade_core(database)
    database.dispose()
    prepare(url, folder)
    kernel = boot(url, folder)
    with kernel.db.write() as session:
        company_id = find_company(session).id
        place = make_place(session, company_id, 4 * clients * times)
        names = [SKU, *(f"COLD{number}" for number in range(clients))]
        goods = [Event("receive", name, PLENTY, value=PLENTY) for name in names]
        Trader(place, "opening").apply(session, goods)
    with kernel.db.read() as session:
        ask = session.connection().exec_driver_sql
        found = ask(
            "SELECT v.id, v.sku_id FROM stock_level v JOIN catalog_sku s"
            " ON s.company_id = v.company_id AND s.id = v.sku_id ORDER BY s.code <> 'HOT', s.code"
        ).all()
        shop_id = ask("SELECT id FROM channels_shop").scalar_one()
    kernel.db.dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    levels, skus = ([row[at] for row in found] for at in (0, 1))
    return Stage(url, folder, place, shop_id, skus, levels)


def work(
    stage: Stage, kind: str, turn: int, number: int, clients: int, times: int
) -> tuple[float, float]:
    """Reserve so many times in this process; return when it began and ended."""
    # No line is used twice, by no client and in no turn.
    first = ((2 * turn + (kind == "apart")) * clients + number) * times
    return KINDS[kind](stage, number, first, times)


def bare(stage: Stage, _number: int, _first: int, times: int) -> tuple[float, float]:
    """Raise the counter by the statement that guards it, and nothing else."""
    statement = (
        "UPDATE stock_level SET reserved = reserved + 1, row_version = row_version + 1"
        " WHERE company_id = %s AND id = %s AND reserved + 1 <= on_hand"
    )
    key = (stage.place.company_id, stage.levels[0])
    with closing(psycopg.connect(stage.url)) as connection:

        def once(_number: int) -> None:
            if connection.execute(statement, key).rowcount != 1:
                raise RuntimeError("the hot SKU is sold out")
            connection.commit()

        return _timed(once, times)


def reservation(stage: Stage, _number: int, first: int, times: int) -> tuple[float, float]:
    """Promise a unit of the hot SKU to a line by the stock service."""
    return _reserve(stage, stage.skus[0], first, times)


def apart(stage: Stage, number: int, first: int, times: int) -> tuple[float, float]:
    """Promise a unit of the client's own SKU to a line by the stock service."""
    return _reserve(stage, stage.skus[1 + number], first, times)


def _reserve(stage: Stage, sku_id: int, first: int, times: int) -> tuple[float, float]:
    place = stage.place
    database = Database(stage.url)

    def once(number: int) -> None:
        def promise(session: Session) -> None:
            here = (session, place.company_id, "GBP", place.warehouse_id, id_stream(session))
            stock, look = StockBatch(*here), may_look(session)
            stock.lock([sku_id], look=look)
            stock.promise(place.lines[first + number], sku_id, 1, AT)
            if not look:
                stock.write()
            elif take_promised(session, place.company_id, [stock]):
                finish_taking(session)
            else:
                raise RuntimeError("the SKU is sold out")

        take_with_commit(database, promise)

    try:
        return _timed(once, times)
    finally:
        database.dispose()


def order(stage: Stage, _number: int, first: int, times: int) -> tuple[float, float]:
    """Take an order of a unit as an import does, from storing it to its state `allocated`."""
    kernel = boot(stage.url, stage.folder)
    place, actor = stage.place, Actor("bench")
    yard = Yard(stage.url, stage.folder, place.company_id, (), (SKU,), (), stage.shop_id)

    def once(number: int) -> None:
        def take(session: Session) -> None:
            order_id = store_order(session, yard, f"hot-{first + number}", [(SKU, 1)])
            (found,) = review_new(session, place.company_id, [order_id], actor, unseen=True)
            if found.state != "allocated":
                raise RuntimeError(f"the order is {found.state}: {found.exceptions}")

        take_with_commit(kernel.db, take)

    try:
        return _timed(once, times)
    finally:
        kernel.db.dispose()


KINDS: dict[str, Callable[[Stage, int, int, int], tuple[float, float]]] = {
    "bare": bare,
    "reservation": reservation,
    "apart": apart,
    "order": order,
}


def _timed(once: Callable[[int], None], times: int) -> tuple[float, float]:
    # The first make the connection and its prepared statements; both are there all day.
    for number in range(WARM_UP):
        once(number)
    _gate[0].wait()
    start = time.monotonic()
    for number in range(WARM_UP, times):
        once(number)
    return start, time.monotonic()


def _promised(stage: Stage) -> int:
    with psycopg.connect(stage.url) as connection:
        row = connection.execute("SELECT COALESCE(SUM(open_quantity), 0) FROM stock_reservation")
        return int((row.fetchone() or (0,))[0])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print one JSON document."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.hot_sku", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--times", type=int, default=150, help="reservations by each, twice")
    parser.add_argument("--slower-disk", type=float, default=0, metavar="MS")
    options = parser.parse_args(arguments)
    try:
        run = measure(options.clients, options.times, options.slower_disk)
    except pytest.skip.Exception as missing:
        sys.exit(f"SKIPPED, nothing was measured: {missing}")
    print(json.dumps({"machine": machine(), **run}, indent=2))


if __name__ == "__main__":
    main()
