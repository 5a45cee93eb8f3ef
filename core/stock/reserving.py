"""Taking goods for promises that were worked out without a lock: one statement, all or nothing.

Whoever locks a level first and then works out an order makes all others wait who want the same
goods. Here the levels are only looked at while the order is worked out; this statement, one of the
last of the transaction, locks them in the order of their keys, sees whether what was counted on is
still there, and takes it. Where it is not, nothing was done, and it is worked out anew under locks.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from core import clock
from core.bulk import count_inserted
from core.db import next_ids
from core.db import table_of
from core.db import utc_text
from core.driver import driver_of
from core.stock.batch import StockBatch
from core.stock.models import Reservation

_TAKE = """
WITH want (id, quantity) AS (SELECT * FROM unnest(%(levels)s::bigint[], %(taken)s::bigint[])),
held AS (
    SELECT v.id, want.quantity, v.reserved + want.quantity <= v.on_hand AS fits
    FROM stock_level v JOIN want ON want.id = v.id
    WHERE v.company_id = %(company)s ORDER BY v.warehouse_id, v.sku_id FOR UPDATE OF v
),
got AS (
    UPDATE stock_level v
    SET reserved = v.reserved + held.quantity, row_version = v.row_version + 1
    FROM held
    WHERE v.company_id = %(company)s AND v.id = held.id
        AND v.reserved + held.quantity <= v.on_hand
        AND (SELECT COUNT(*) FILTER (WHERE fits) FROM held) = %(number)s
    RETURNING v.id
),
noted AS (
    INSERT INTO stock_change (company_id, id, sku_id, changed_at)
    SELECT %(company)s, each.id, each.sku_id, %(now)s::timestamptz
    FROM unnest(%(changes)s::bigint[], %(skus)s::bigint[]) AS each (id, sku_id)
    WHERE (SELECT COUNT(*) FROM got) = %(number)s
        AND EXISTS (SELECT FROM stock_follower WHERE company_id = %(company)s)
)
INSERT INTO stock_reservation (
    company_id, id, line_id, level_id, quantity, open_quantity, short_quantity, promised_at
)
SELECT %(company)s, each.id, each.line_id, each.level_id, each.quantity, each.quantity, 0,
    each.promised_at
FROM unnest(
    %(ids)s::bigint[], %(lines)s::bigint[], %(of)s::bigint[], %(quantities)s::bigint[],
    %(moments)s::timestamptz[]
) AS each (id, line_id, level_id, quantity, promised_at)
WHERE (SELECT COUNT(*) FROM got) = %(number)s
"""


def take_promised(session: Session, company_id: int, stocks: Collection[StockBatch]) -> bool:
    """Write what batches promise that only looked at their levels; False if it is not there.

    Only on PostgreSQL: SQLite has one writer at a time, and nobody to wait for him.
    """
    levels = [level for stock in stocks for level in stock.reserved()]
    rows = [row for stock in stocks for row in stock.promises.rows() if row.new]
    if not rows:
        return True
    count_inserted(session, table_of(Reservation), len(rows))
    driver = driver_of(session)
    values = {
        "company": company_id,
        "now": utc_text(clock.now()),
        "changes": next_ids(session, len(levels)),
        "skus": [level.sku_id for level in levels],
        "number": len(levels),
        "levels": [level.id for level in levels],
        "taken": [level.reserved - level.was_reserved for level in levels],
        "ids": [row.id for row in rows],
        "lines": [row.line_id for row in rows],
        "of": [row.level.id for row in rows],
        "quantities": [row.quantity for row in rows],
        "moments": [row.promised_at and utc_text(row.promised_at) for row in rows],
    }
    with driver.pipeline():
        driver.execute("SAVEPOINT take_promised")
        taken = driver.execute(_TAKE, values)
    if taken.rowcount != len(rows):
        # It has locked what it looked at, and those to be locked next may come before that.
        driver.execute("ROLLBACK TO SAVEPOINT take_promised")
        return False
    for level in levels:
        level.was_reserved = level.reserved
    for row in rows:
        row.new = row.dirty = False
    return True
