"""How long a long audit trail takes to verify: `python -m tests.bench.audit [--entries N]`.

    python -m tests.bench.audit [--database sqlite|postgresql] [--entries N] [--companies N]

The entries are signed and stored as acts sign them, sealed by the sealer, and then verified. Right
before and after, the same rows are read by the driver alone and hashed as they come: what the proof
costs beyond looking at every row at all is the ratio. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

from core import clock
from core.bootstrap import initialise
from core.config import load_config
from core.db import Database
from core.db import json_text
from core.db import table_of
from core.db import utc_text
from core.identity.audit import mac_of
from core.identity.keyfile import identity_key
from core.identity.models import AuditEntry
from core.identity.models import Unsealed
from core.identity.sealing import seal
from core.identity.verifying import verify_trail
from core.ids import next_ids
from core.kernel.kernel import Kernel
from core.rows import bulk_insert
from tests.bench.instances import ENGINES
from tests.bench.instances import WISH
from tests.bench.instances import databases

LIMIT_SECONDS = 60.0
AT_A_TIME = 10_000
READ_AT_A_TIME = 2000

JOINED = (
    "SELECT s.position, s.audit_id, s.digest, e.* FROM identity_seal s"
    " LEFT JOIN identity_audit e ON e.id = s.audit_id ORDER BY s.company_id, s.position"
)


def measure(engine: str = "sqlite", entries: int = 1_000_000, companies: int = 3) -> dict[str, Any]:
    """Return how long sealing and verifying took, and how long plain reading and hashing does."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(databases(engine, folder)).imported
        config = load_config({"ENTREPOT_INSTANCE": str(folder), "ENTREPOT_DATABASE_URL": url})
        initialise(config, WISH)
        kernel = Kernel.boot(config)
        stack.callback(kernel.db.dispose)
        written = _timed(lambda: write_entries(kernel, entries, companies))
        sealed = _timed(lambda: seal(kernel.db))
        plain = [_timed(lambda: read_plainly(kernel.db))]
        verified = _timed(lambda: _verify(kernel))
        plain.append(_timed(lambda: read_plainly(kernel.db)))
    verdict, seconds = verified
    baseline = min(taken for _count, taken in plain)
    read = {count for count, _taken in plain}
    if read != {verdict.entries} or not verdict.holds or sealed[0] < entries:
        raise AssertionError(f"not all entries were looked at, or not all hold: {read}, {verdict}")
    return {
        "engine": engine,
        "entries": verdict.entries,
        "companies": companies,
        "written_per_second": round(entries / written[1]),
        "sealed_per_second": round(sealed[0] / sealed[1]),
        "verify_seconds": round(seconds, 2),
        "verified_per_second": round(verdict.entries / seconds),
        "plain_seconds": [round(taken, 2) for _count, taken in plain],
        "ratio": round(seconds / baseline, 2),
        "limit_seconds": LIMIT_SECONDS,
        "load_average": round(os.getloadavg()[0], 2),
        "holds": seconds <= LIMIT_SECONDS,
    }


def write_entries(kernel: Kernel, entries: int, companies: int) -> int:
    """Write entries as acts do, in batches; they wait for their seals."""
    key = identity_key(kernel.config.instance)
    columns = [column.name for column in table_of(AuditEntry).columns]
    began = clock.now() - timedelta(minutes=1)
    for first in range(0, entries, AT_A_TIME):
        count = min(AT_A_TIME, entries - first)
        with kernel.db.write() as session:
            ids = next_ids(session, count)
            rows = [*_entries(key, ids, first, companies, began)]
            bulk_insert(session, table_of(AuditEntry), columns, rows)
            waiting = [(row[0], row[1]) for row in rows]
            bulk_insert(session, table_of(Unsealed), ["audit_id", "company_id"], waiting)
    return entries


def _entries(
    key: bytes, ids: Any, first: int, companies: int, began: datetime
) -> Iterator[tuple[Any, ...]]:
    for number, entry_id in enumerate(ids, first):
        row = [
            entry_id,
            1 + number % companies,
            utc_text(began + timedelta(microseconds=10 * number)),
            "user",
            f"user{number % 40}",
            1000 + number % 40,
            "192.0.2.7",
            f"{number:032x}",
            "order.shipped",
            f"order:{number}",
            json_text({"state": "packed"}),
            json_text({"order": f"10{number}", "state": "shipped", "quantities": {"7": 2}}),
        ]
        yield (*row, mac_of(key, row))


def read_plainly(database: Database) -> int:
    """Read every sealed entry by the driver alone, and hash it as it is; return how many."""
    digest, count = hashlib.sha256(), 0
    with database.read() as session:
        driver: Any = session.connection().connection.driver_connection
        for row in _rows(driver, postgresql=session.get_bind().dialect.name == "postgresql"):
            digest.update(repr(row).encode())
            count += 1
    return count


def _rows(driver: Any, *, postgresql: bool) -> Iterator[tuple[Any, ...]]:
    cursor = driver.cursor(name="plain") if postgresql else driver.cursor()
    cursor.execute(JOINED)
    while rows := cursor.fetchmany(READ_AT_A_TIME):
        yield from rows
    cursor.close()


def _verify(kernel: Kernel) -> Any:
    with kernel.db.read() as session:
        return verify_trail(session, kernel.config.instance)


def _timed(act: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    return act(), time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=ENGINES, default="sqlite")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=3)
    given = parser.parse_args()
    print(json.dumps(measure(given.database, given.entries, given.companies), indent=2))
