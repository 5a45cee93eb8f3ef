"""Taking goods for promises that were worked out without a lock: one statement, all or nothing.

Whoever locks a level first and then works out an order makes all others wait who want the same
goods. Here the levels are only looked at while the order is worked out; this statement, one of the
last of the transaction, locks them in the order of their keys, sees whether what was counted on is
still there, and takes it. Where it is not, nothing was done, and it is worked out anew under locks.

Who can do his whole transaction again (`take_with_commit`) sends it in one packet with the commit:
then nobody waits for anything but the server.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TypeVar

from sqlalchemy.orm import Session

from core import clock
from core.bulk import array_cells
from core.bulk import count_inserted
from core.db import Database
from core.db import table_of
from core.db import utc_text
from core.driver import driver_of
from core.driver import send_with_commit
from core.errors import Conflict
from core.ids import next_ids
from core.stock.batch import StockBatch
from core.stock.models import Reservation
from core.stock.states import LevelState
from core.stock.states import ReservationState

_GUARD = """
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
)"""
_KEEP = """
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
_TAKE = f"{_GUARD}{_KEEP}"
# Nobody looks at what came of it before the commit: it has to fail by itself.
_TAKE_OR_FAIL = (
    f"{_GUARD}, kept AS ({_KEEP})"  # noqa: S608
    " SELECT 1 / CASE WHEN (SELECT COUNT(*) FROM got) = %(number)s THEN 1 ELSE 0 END"
)
_DIVISION_BY_ZERO = "22012"

_AGAIN, _TAKEN = "the transaction can be done again", "taken with the commit"
_FIRST, _SECOND = "first", "second"

Done = TypeVar("Done")


class TakenMeanwhile(Conflict):
    """The goods were promised to somebody else between asking and taking."""


def take_with_commit(database: Database, do: Callable[[Session], Done]) -> Done:
    """Do something in a transaction that takes what it promises at its very end.

    Where somebody was faster it is done once more, with the goods locked before they are promised.
    """
    try:
        with database.write() as session:
            session.info[_AGAIN] = _FIRST
            return do(session)
    except TakenMeanwhile:
        with database.write() as session:
            session.info[_AGAIN] = _SECOND
            return do(session)


def may_look(session: Session) -> bool:
    """Say whether goods may be promised that are only looked at: on PostgreSQL, the first time.

    SQLite has one writer at a time, and nobody to wait for him.
    """
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    return on_postgresql and session.info.get(_AGAIN) != _SECOND


def take_promised(session: Session, company_id: int, stocks: Collection[StockBatch]) -> bool:
    """Write what batches promise that only looked at their levels; False if it is not there.

    Only where `may_look` says so. If the transaction can be done again they are taken at its end;
    call `finish_taking` after all else is written.
    """
    levels = [level for stock in stocks for level in stock.reserved()]
    rows = [row for stock in stocks for row in stock.promises.rows() if row.new]
    if not rows:
        return True
    count_inserted(session, table_of(Reservation), len(rows))
    values = _values(session, company_id, levels, rows)
    if session.info.get(_AGAIN) == _FIRST:
        session.info[_TAKEN] = values
    elif not _take_now(session, values, len(rows)):
        return False
    for level in levels:
        level.was_reserved = level.reserved
    for row in rows:
        row.new = row.dirty = False
    return True


def finish_taking(session: Session) -> None:
    """Let what was taken be sent with the commit, or before whatever else is asked."""
    values = session.info.pop(_TAKEN, None)
    if values is not None:
        gone = TakenMeanwhile("The goods were promised to somebody else.", hint="Try again.")
        send_with_commit(session, _TAKE_OR_FAIL, values, _DIVISION_BY_ZERO, gone)


def _take_now(session: Session, values: Mapping[str, Any], number: int) -> bool:
    driver = driver_of(session)
    with driver.pipeline():
        driver.execute("SAVEPOINT take_promised")
        taken = driver.execute(_TAKE, values)
    if taken.rowcount != number:
        # It has locked what it looked at, and those to be locked next may come before that.
        driver.execute("ROLLBACK TO SAVEPOINT take_promised")
        return False
    return True


def _values(
    session: Session,
    company_id: int,
    levels: Sequence[LevelState],
    rows: Sequence[ReservationState],
) -> dict[str, Any]:
    columns: dict[str, Sequence[object]] = {
        "changes": next_ids(session, len(levels)),
        "skus": [level.sku_id for level in levels],
        "levels": [level.id for level in levels],
        "taken": [level.reserved - level.was_reserved for level in levels],
        "ids": [row.id for row in rows],
        "lines": [row.line_id for row in rows],
        "of": [row.level.id for row in rows],
        "quantities": [row.quantity for row in rows],
        "moments": [row.promised_at and utc_text(row.promised_at) for row in rows],
    }
    return {
        "company": company_id,
        "now": utc_text(clock.now()),
        "number": len(levels),
        **{name: array_cells(column) for name, column in columns.items()},
    }
