"""Stock batches for tests: events in words, and traders who work against each other."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.services import make_skus
from core.channels.models import Shop
from core.db import Database
from core.db import table_of
from core.ids import id_stream
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.orders.models import Order
from core.orders.models import OrderLine
from core.rows import bulk_update
from core.stock import storing
from core.stock.batch import StockBatch
from core.stock.covering import book_covers
from core.stock.models import Level
from core.stock.models import Warehouse
from core.stock.states import LevelState
from core.stock.states import Why
from core.testkit.factories import make_row

START = datetime(2011, 2, 1, 9, tzinfo=UTC)
INVENTORY, CAPITAL = "1300", "3000"


@dataclass(frozen=True)
class Event:
    """Something that happens to a SKU; `value` is the cost of a receipt in pennies."""

    kind: str
    sku: str
    quantity: int
    line: int = 0
    value: int = 0
    days_old: int = 0


@dataclass(frozen=True)
class Place:
    """Where the events happen: a company's warehouse, with order lines to sell on."""

    company_id: int
    warehouse_id: int
    order_id: int
    lines: Sequence[int]


def make_place(session: Session, company_id: int, lines: int) -> Place:
    """Make a document with lines of no amount, for stock events to refer to."""
    owner = {"company_id": company_id}
    warehouse_id = session.scalars(
        sa.select(Warehouse.id).where(Warehouse.company_id == company_id)
    ).one()
    shop = make_row(session, Shop, **owner)
    order = make_row(session, Order, **owner, shop_id=shop.id, line_count=lines)
    line = make_row(session, OrderLine, **owner, order_id=order.id)
    ids = [line.id, *(id_ for id_, _ in zip(id_stream(session), range(lines - 1), strict=False))]
    values = {name: getattr(line, name) for name in (c.name for c in OrderLine.__table__.columns)}
    if ids[1:]:
        session.execute(
            sa.insert(table_of(OrderLine)),
            [{**values, "id": line_id, "external_ref": f"line-{line_id}"} for line_id in ids[1:]],
        )
    return Place(company_id, warehouse_id, order.id, ids)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database for the block."""
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()


class Trader:
    """Applies events to the stock of a place, and books what they are worth."""

    def __init__(self, place: Place, name: str) -> None:
        self.place = place
        self.name = name
        self.count = 0

    def apply(self, session: Session, events: Sequence[Event]) -> list[tuple[int, int]]:
        """Apply a batch of events and return what came of each: a quantity and a value."""
        place, ids = self.place, id_stream(session)
        skus = make_skus(session, place.company_id, {event.sku: event.sku for event in events})
        stock = StockBatch(session, place.company_id, "GBP", place.warehouse_id, ids)
        back = [place.lines[event.line] for event in events if event.kind == "put_back"]
        stock.lock(skus.values(), back)
        journal = Journal(session, place.company_id, "GBP")
        outcomes = [self._happen(stock, journal, event, skus[event.sku], ids) for event in events]
        book_covers(journal, stock, INVENTORY, ids, closed=())
        stock.write()
        journal.post()
        return outcomes

    def _happen(
        self, stock: StockBatch, journal: Journal, event: Event, sku_id: int, ids: Any
    ) -> tuple[int, int]:
        self.count += 1
        line_id = self.place.lines[event.line]
        at = START + timedelta(minutes=self.count) - timedelta(days=event.days_old)
        key = f"{self.name}#{self.count}"
        document = stock.document(next(ids), event.kind, key, at, date(2011, 2, 1))
        owned = None if event.kind in ("receive", "find", "write_off") else line_id
        where = Dimensions(
            order_id=self.place.order_id if owned else None,
            line_id=owned,
            sku_id=sku_id,
            warehouse_id=self.place.warehouse_id,
        )
        why = Why(event.kind, None, where)
        quantity, gained = event.quantity, 0
        match event.kind:
            case "receive":
                stock.receive(document.id, at, sku_id, quantity, event.value, why)
                gained = event.value
            case "find":
                gained = stock.find(document.id, at, sku_id, quantity, why)
            case "reserve":
                quantity = stock.reserve(line_id, sku_id, quantity)
            case "ship":
                reserved = stock.reserve(line_id, sku_id, quantity)
                gained = -stock.ship(document.id, at, line_id, sku_id, quantity, reserved, why)
            case "write_off":
                gained = -stock.write_off(document.id, at, None, sku_id, quantity, why)
            case "put_back":
                quantity, gained = stock.put_back(document.id, sku_id, line_id, quantity, why)
        entry = journal.entry(next(ids), key, event.kind, date(2011, 2, 1))
        entry.add(INVENTORY, gained, where)
        entry.add(CAPITAL, -gained, where)
        return quantity, gained


def trade(url: str, place: Place, number: int, batches: int, skus: Sequence[str]) -> list[int]:
    """Send, promise and take in goods in small batches; return what was sent, promised and taken.

    Runs in a process of its own. No line is used twice by any process.
    """
    database = Database(url)
    chance, trader = random.Random(number), Trader(place, f"trader {number}")
    sums = {"ship": 0, "reserve": 0, "receive": 0}
    lines = iter(range(number * batches * 3, (number + 1) * batches * 3))
    try:
        for _ in range(batches):
            events = [
                Event(chance.choice([*sums]), sku, chance.randint(1, 4), next(lines), 700)
                for sku in chance.sample(skus, chance.randint(1, 3))
            ]
            with database.write() as session:
                outcomes = trader.apply(session, events)
            for event, (quantity, _) in zip(events, outcomes, strict=True):
                sums[event.kind] += quantity
    finally:
        database.dispose()
    return [*sums.values()]


def promise(url: str, place: Place, number: int, batches: int, careless: bool) -> int:
    """Promise one mug at a time and return how many were promised.

    The careless one looks at the stock before the transaction, without a lock, and writes what it
    has worked out from that without a guard.
    """
    database = Database(url)
    trader, promised = Trader(place, f"trader {number}"), 0
    try:
        for batch in range(batches):
            if careless:
                _look_away(database, place)
                time.sleep(0.01)  # long enough for another to write in between, on any machine
            with database.write() as session:
                event = Event("reserve", "MUG", 1, number * batches + batch)
                promised += trader.apply(session, [event])[0][0]
    finally:
        database.dispose()
    return promised


def _look_away(database: Database, place: Place) -> None:
    """Replace locks and guard of this process by what is remembered from outside."""
    with database.read() as session:
        rows = session.execute(
            sa.select(
                Level.id, Level.sku_id, Level.on_hand, Level.reserved, Level.last_unit_cost
            ).where(Level.company_id == place.company_id)
        ).all()

    def load(
        _session: Session, _company: int, _place: int, _skus: Any, levels: Any, *_: Any, **__: Any
    ) -> None:
        for level_id, sku_id, on_hand, reserved, cost in rows:
            levels[sku_id] = LevelState(
                level_id, sku_id, on_hand, reserved, cost, on_hand, reserved, cost
            )

    def write(session: Session, company_id: int, levels: Any) -> None:
        bulk_update(
            session,
            table_of(Level),
            ["company_id", "id", "reserved"],
            [(company_id, level.id, level.reserved) for level in levels],
            assign="reserved = {reserved}",
        )

    storing.load_levels, storing.write_levels = load, write
