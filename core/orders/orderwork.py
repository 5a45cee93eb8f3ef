"""Stored orders under work: loaded and locked as a set, changed by verbs, written as a set.

The stock is locked before the orders, as goods that arrive do: then no two ever wait for each other
in a circle.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.bundles import Parts
from core.catalog.bundles import parts_of
from core.channels.connector import LineKind
from core.channels.models import Shop
from core.db import any_of
from core.db import id_stream
from core.db import rows_of
from core.errors import Conflict
from core.errors import NotFound
from core.kernel import hooks
from core.kernel.models import Company
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.orders import exceptions
from core.orders.linework import Lines
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.record import Actor
from core.orders.record import Record
from core.orders.states import require
from core.stock.batch import StockBatch
from core.stock.covering import book_covers
from core.stock.states import DocumentState
from core.stock.warehouses import WarehouseFacts
from core.stock.warehouses import reservable_warehouses
from core.stock.warehouses import warehouses_of

REPLACES = frozenset({"reship", "exchange"})
"""Kinds of origin whose cost belongs to the first order."""


@dataclass(slots=True, eq=False)
class LineWork:
    """A line of an order under work; `parts` is what one unit of it is made of."""

    id: int
    order: OrderWork
    kind: str
    code: str
    sku_id: int | None
    quantity: int
    net: int
    tax: int
    document_id: int | None
    cancelled: int
    parts: Parts = ()

    @property
    def is_goods(self) -> bool:
        """Say whether goods must leave for it."""
        return self.kind == LineKind.SALE

    @property
    def is_open(self) -> bool:
        """Say whether it has neither left nor been cancelled."""
        return self.document_id is None and not self.cancelled


@dataclass(slots=True, eq=False)
class OrderWork:
    """An order under work."""

    id: int
    ref: str
    platform: str
    account: str
    shop_id: int
    kind: str
    state: str
    hold: str | None
    currency: str
    country: str
    customer_id: int | None
    ordered_at: datetime
    promised_at: datetime
    row_version: int
    remote_state: str | None
    remote_at: datetime | None
    origin_id: int | None
    origin_kind: str | None
    consignment_id: int | None
    exceptions: set[str] = field(default_factory=set)
    lines: list[LineWork] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Return the natural key of the order within its company."""
        return f"{self.platform}/{self.account}/{self.ref}"

    @property
    def profit_order_id(self) -> int:
        """Return the order whose profit its parcels change: a replacement's is the first order."""
        return self.origin_id if self.origin_id and self.origin_kind in REPLACES else self.id

    @property
    def open_goods(self) -> list[LineWork]:
        """Return the lines whose goods have still to leave."""
        return [line for line in self.lines if line.is_goods and line.is_open]

    @property
    def open_charges(self) -> list[LineWork]:
        """Return the lines beside the goods that are not booked yet: postage, discount, fees."""
        return [line for line in self.lines if not line.is_goods and line.is_open]


class Work:
    """Orders of one company under work by one actor; open first, write last."""

    def __init__(self, session: Session, company_id: int, actor: Actor) -> None:
        self.session = session
        self.company_id = company_id
        self.actor = actor
        self.record = Record(session, company_id, actor)
        self.ids: Iterator[int] = id_stream(session)
        self.orders: dict[int, OrderWork] = {}
        self.stocks: dict[int, StockBatch] = {}
        self.warehouses: dict[int, WarehouseFacts] = {}
        self.company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
        self.lines = Lines(session, company_id)
        self._documents: dict[tuple[int, str], DocumentState] = {}
        self._zones: dict[int, ZoneInfo] = {}

    @property
    def now(self) -> datetime:
        """Return when the work is done."""
        return self.record.now

    @property
    def today(self) -> date:
        """Return the company's day."""
        return self.now.astimezone(ZoneInfo(self.company.timezone)).date()

    def day_of(self, order: OrderWork, at: datetime) -> date:
        """Return the day of a moment in the order's shop, on which it is booked."""
        if not self._zones:
            query = sa.select(Shop.id, Shop.timezone).where(Shop.company_id == self.company_id)
            self._zones = {row[0]: ZoneInfo(row[1]) for row in rows_of(self.session, query)}
        return at.astimezone(self._zones[order.shop_id]).date()

    def open(self, order_ids: Collection[int], *, new_skus: Collection[int] = ()) -> None:
        """Lock the stock that some orders concern, then the orders, and load them.

        Raises: NotFound for an order that the company does not have.
        """
        wanted = sorted(set(order_ids))
        lines = self._line_skus(wanted)
        parts = self._parts({sku for _, sku in lines if sku is not None} | set(new_skus))
        self._lock_stock(
            {sku for made_of in parts.values() for sku, _ in made_of}, [line for line, _ in lines]
        )
        self._load(wanted)
        if missing := [order_id for order_id in wanted if order_id not in self.orders]:
            raise NotFound(f"There is no order {missing[0]}.")
        for line in self.all_lines():
            if line.sku_id is not None and line.sku_id not in parts:
                raise Conflict(f"Order {line.order.ref} has just changed.", hint="Try again.")
            line.parts = parts.get(line.sku_id or 0, ())

    def open_consignments(self, order_ids: Collection[int]) -> None:
        """Open orders with all that leave in the same parcels."""
        query = sa.select(Order.consignment_id).where(
            Order.company_id == self.company_id,
            any_of(self.session, Order.id, sorted(set(order_ids))),
            Order.consignment_id.is_not(None),
        )
        groups = sorted({group for (group,) in rows_of(self.session, query)})
        together = sa.select(Order.id).where(
            Order.company_id == self.company_id,
            any_of(self.session, Order.consignment_id, groups),
        )
        members = [row[0] for row in rows_of(self.session, together)] if groups else []
        self.open({*order_ids, *members})

    def all_lines(self) -> Iterator[LineWork]:
        """Yield the lines of all orders."""
        for order in self.orders.values():
            yield from order.lines

    def _line_skus(self, order_ids: list[int]) -> list[tuple[int, int | None]]:
        query = sa.select(OrderLine.id, OrderLine.sku_id).where(
            OrderLine.company_id == self.company_id,
            any_of(self.session, OrderLine.order_id, order_ids),
        )
        return [(row[0], row[1]) for row in rows_of(self.session, query)]

    def _parts(self, sku_ids: set[int]) -> dict[int, Parts]:
        return parts_of(self.session, self.company_id, sku_ids)

    def _lock_stock(self, sku_ids: set[int], line_ids: list[int]) -> None:
        self.warehouses = warehouses_of(self.session, self.company_id)
        usable = reservable_warehouses(self.session, self.warehouses)
        for place, warehouse_id in enumerate(sorted(usable)):
            stock = StockBatch(
                self.session, self.company_id, self.company.currency, warehouse_id, self.ids
            )
            # Somewhere the shortage must lie: in the first of them, if the SKU lies nowhere.
            stock.lock(sku_ids, promised=line_ids, make=place == 0)
            self.stocks[warehouse_id] = stock

    def _load(self, order_ids: list[int]) -> None:
        columns = [getattr(Order, name) for name in _ORDER_COLUMNS]
        query = (
            sa.select(*columns)
            .where(Order.company_id == self.company_id, any_of(self.session, Order.id, order_ids))
            .order_by(Order.id)
            .with_for_update()
        )
        for row in rows_of(self.session, query):
            values = dict(zip(_ORDER_COLUMNS, row, strict=True))
            values["ref"] = values.pop("external_ref")
            values["promised_at"] = values["promised_at"] or values["ordered_at"]
            self.orders[row.id] = OrderWork(**values)
        for order_id, kinds in exceptions.open_exceptions(
            self.session, self.company_id, order_ids
        ).items():
            self.orders[order_id].exceptions = kinds
        for row in self.lines.load(order_ids):
            order = self.orders[row["order_id"]]
            order.lines.append(_line(order, row))

    def step(self, order: OrderWork, to: str, **detail: object) -> None:
        """Take an order to its next state, if a command may.

        Raises: Conflict if it may not.
        """
        require(order.ref, order.state, to)
        self.jump(order, to, **detail)

    def jump(
        self, order: OrderWork, to: str, at: datetime | None = None, /, **detail: object
    ) -> None:
        """Take an order to any state: a fact, not a command."""
        order.state = str(to)
        self.record.set(order.id, state=order.state)
        self.record.event(order.id, str(to), at, **detail)

    def raise_exception(self, order: OrderWork, kind: str, **detail: object) -> None:
        """Put an order into a queue."""
        order.exceptions.add(kind)
        self.record.raise_exception(order.id, kind, **detail)

    def solve(self, order: OrderWork, kind: str) -> None:
        """Take an order out of a queue, if it is in it."""
        if kind in order.exceptions:
            order.exceptions.discard(kind)
            self.record.solve(order.id, kind)

    def document(
        self, warehouse_id: int, order: OrderWork, kind: str, at: datetime, day: date
    ) -> DocumentState:
        """Return the physical event of an order in a warehouse; one of a kind in one work."""
        name = f"{order.key}#{order.row_version + 1}"
        if len(self.warehouses) > 1:
            name += f"@{self.warehouses[warehouse_id].code}"
        found = self._documents.get((warehouse_id, f"{kind}:{name}"))
        if found is None:
            stock = self.stocks[warehouse_id]
            found = stock.document(next(self.ids), kind, name, at, day, order.id)
            self._documents[warehouse_id, f"{kind}:{name}"] = found
        return found

    def take_back(self, line: LineWork, sku_id: int, warehouse_id: int, quantity: int) -> None:
        """Let a line need less of a SKU from a warehouse."""

        def event() -> DocumentState:
            return self.document(warehouse_id, line.order, "release", self.now, self.today)

        self.stocks[warehouse_id].take_back(line.id, sku_id, quantity, event)

    def give_up(self, line: LineWork) -> int:
        """Take back all that is promised to a line and return how many units were."""
        units = 0
        for sku_id, _ in line.parts:
            for warehouse_id, (promised, waiting) in self.promised(line, sku_id).items():
                self.take_back(line, sku_id, warehouse_id, promised + waiting)
                units += promised
        return units

    def documents(self, kind: str) -> list[int]:
        """Return the ids of the events of a kind that the work has made."""
        return sorted(d.id for d in self._documents.values() if d.kind == kind)

    def divide(self, line: LineWork, quantity: int, net: int | None = None) -> LineWork:
        """Divide a part of a line off as a line of its own, and return that."""
        row = self.lines.divide(line.id, next(self.ids), quantity, net)
        part = _line(line.order, row)
        part.parts = line.parts
        line.quantity, line.net, line.tax = (
            line.quantity - (quantity if net is None else 0),
            line.net - part.net,
            line.tax - part.tax,
        )
        line.order.lines.append(part)
        return part

    def carve(self, line: LineWork, units: int, warehouse_id: int) -> LineWork:
        """Return a line of so many units of a line with what a warehouse has promised for them."""
        if units == line.quantity:
            return line
        part = self.divide(line, units)
        for sku_id, each in line.parts:
            self.stocks[warehouse_id].hand_over(line.id, sku_id, part.id, units * each, 0)
        return part

    def promised(self, line: LineWork, sku_id: int) -> dict[int, tuple[int, int]]:
        """Return what is promised to a line of a SKU, and still waited for, by warehouse."""
        found = {
            warehouse_id: stock.promised(line.id, sku_id)
            for warehouse_id, stock in self.stocks.items()
        }
        return {warehouse_id: sums for warehouse_id, sums in found.items() if any(sums)}

    def short_of(self, order: OrderWork) -> int:
        """Return how many units of goods an order still waits for."""
        return sum(
            short
            for line in order.open_goods
            for sku_id, _ in line.parts
            for _, short in self.promised(line, sku_id).values()
        )

    def write(self) -> None:
        """Write what changed, by sets: lines, stock, books, and the orders themselves."""
        session = self.session
        journal = Journal(session, self.company_id, self.company.currency)
        if any(stock.covers for stock in self.stocks.values()):
            closed = closed_months(session, self.company_id)
            for warehouse_id, stock in self.stocks.items():
                account = self.warehouses[warehouse_id].inventory_account
                book_covers(journal, stock, account, self.ids, closed)
        # Orders before their promises: whoever follows the goods finds them as they shall be.
        self.lines.write()
        self.record.write()
        for warehouse_id in sorted(self.stocks):
            self.stocks[warehouse_id].write()
        journal.post()
        if hooks.wanted(session, "observe", "stock_moved"):
            moves = tuple(move for stock in self.stocks.values() for move in stock.moved())
            hooks.observe(session, "stock_moved", moves=moves)


def _line(order: OrderWork, row: dict[str, Any]) -> LineWork:
    return LineWork(
        row["id"],
        order,
        row["kind"],
        row["code"],
        row["sku_id"],
        row["quantity"],
        row["net_amount"],
        row["tax_amount"],
        row["document_id"],
        row["cancelled_quantity"],
    )


_ORDER_COLUMNS = (
    "id external_ref platform account shop_id kind state hold currency country customer_id"
    " ordered_at promised_at row_version remote_state remote_at origin_id origin_kind"
    " consignment_id"
).split()
