"""Stored orders under work: loaded and locked as a set, changed by verbs, written as a set.

The stock is locked before the orders, as goods that arrive do: then no two ever wait for each other
in a circle.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.bundles import Parts
from core.catalog.bundles import parts_of
from core.channels.models import Shop
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.errors import Conflict
from core.errors import NotFound
from core.fulfilling import asking
from core.ids import id_stream
from core.kernel import hooks
from core.kernel.companies import company_of
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.orders import exceptions
from core.orders.handed import Handed
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.inhand import line_of
from core.orders.linework import Lines
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.record import Actor
from core.orders.record import Record
from core.orders.states import IN_WAREHOUSE
from core.orders.states import State
from core.orders.states import require
from core.orders.waiting import book_documents
from core.prepared import Prepared
from core.prepared import among
from core.stock.covering import book_covers
from core.stock.models import Document
from core.stock.passing import PassingStock
from core.stock.promises import load_promised
from core.stock.reserving import finish_taking
from core.stock.reserving import take_promised
from core.stock.states import DocumentState
from core.stock.storing import SELLABLE
from core.stock.storing import look_anywhere
from core.stock.warehouses import WarehouseFacts
from core.stock.warehouses import reservable_warehouses
from core.stock.warehouses import warehouses_of


class Work:
    """Orders of one company under work by one actor; open first, write last."""

    def __init__(
        self, session: Session, company_id: int, actor: Actor, handed: Handed | None = None
    ) -> None:
        self.handed = handed
        # The warehouses that rules chose, where they need not be asked for.
        self.chosen: Mapping[int, int] | None = None
        self.session = session
        self.company_id = company_id
        self.actor = actor
        self.record = Record(session, company_id, actor)
        self.ids: Iterator[int] = id_stream(session)
        self.orders: dict[int, OrderWork] = {}
        self.stocks: dict[int, PassingStock] = {}
        self.parts: dict[int, Parts] = {}
        self.warehouses: dict[int, WarehouseFacts] = {}
        self.company = handed.company if handed else company_of(session, company_id)
        self.lines = Lines(session, company_id)
        self.made: dict[int, dict[str, Any]] = {}
        # Warehouses that are not ours to promise, and have sent something.
        self.also: frozenset[int] = frozenset()
        # Orders that nobody shall send any more, wherever they were to leave from.
        self.stopped: set[int] = set()
        self._elsewhere: frozenset[int] | None = None
        self._documents: dict[tuple[int, str], DocumentState] = {}
        self._aside: dict[tuple[int, str], PassingStock] = {}
        self.journal = Journal(session, company_id, self.company.currency)
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

    def open(
        self,
        order_ids: Collection[int],
        *,
        new_skus: Collection[int] = (),
        returning: bool = False,
        look: bool = False,
    ) -> None:
        """Lock the stock that some orders concern, then the orders, and load them.

        `new_skus` are those that lines will be added of; `returning` loads what lines have used.
        With `look` the stock is only looked at; call `secure` before anything else is written.

        Raises: NotFound for an order that the company does not have.
        """
        wanted = sorted(set(order_ids))
        lines = self._line_skus(wanted)
        skus = {sku for _, sku in lines if sku is not None} | set(new_skus)
        parts = self.parts = self._parts_of(skus)
        self._lock_stock([line for line, _ in lines], returning=returning, look=look)
        self._load(wanted, new=look)
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

    def _parts_of(self, skus: Collection[int]) -> dict[int, Parts]:
        if self.handed is not None:
            return {sku_id: self.handed.parts[sku_id] for sku_id in skus}
        return parts_of(self.session, self.company_id, skus)

    def _line_skus(self, order_ids: list[int]) -> list[tuple[int, int | None]]:
        if self.handed is not None:
            return [(row["id"], row["sku_id"]) for row in self.handed.lines]
        rows = _LINES.rows(self.session, company=self.company_id, orders=order_ids)
        return [(row[0], row[1]) for row in rows]

    @property
    def _goods(self) -> set[int]:
        return {sku_id for made_of in self.parts.values() for sku_id, _ in made_of}

    def secure(self, orders: Collection[OrderWork]) -> bool:
        """Take what was promised of stock that was only looked at; False if it is locked now.

        Then somebody was faster, or goods are lacking: they are to be promised again.
        """
        lines = [line for order in orders for line in order.open_goods]
        enough = all(
            sum(stock.promised(line.id, sku_id)[0] for stock in self.stocks.values())
            >= each * line.quantity
            for line in lines
            for sku_id, each in line.parts
        )
        if enough and take_promised(self.session, self.company_id, self.stocks.values()):
            return True
        self.stocks.clear()
        self._lock_stock([line.id for line in self.all_lines()], returning=False, look=False)
        return False

    def _lock_stock(self, line_ids: list[int], *, returning: bool, look: bool) -> None:
        self.warehouses = warehouses_of(self.session, self.company_id)
        usable = reservable_warehouses(self.session, self.warehouses)
        seen: Mapping[int, Sequence[Any]] = {}
        if look or self.session.get_bind().dialect.name == "sqlite":
            # SQLite has one writer: what he looks at stays as it is.
            seen = self._look(usable)
        used = line_ids if returning else ()
        # What a platform sent comes back to where it lay, although nothing is promised there.
        known = {*usable, *self._left_from(used), *self.also} & self.warehouses.keys()
        # Somewhere the shortage must lie: in the first of them, if the SKU lies nowhere.
        first = min(usable, default=None)
        for warehouse_id in sorted(known):
            stock = self._stock(warehouse_id)
            make = warehouse_id == first or warehouse_id in self.also
            stock.lock(self._goods, used, make=make, look=look, seen=seen.get(warehouse_id))
            self.stocks[warehouse_id] = stock
        if self.handed is None:
            # Nothing is promised yet to lines that were stored just now.
            load_promised(self.stocks.values(), line_ids)

    def _look(self, warehouse_ids: list[int]) -> Mapping[int, Sequence[Any]]:
        """Return the levels of the goods as they are now, or were when they were asked ahead."""
        foreseen = self.handed.foreseen if self.handed is not None else None
        seen = foreseen.seen(warehouse_ids, self._goods) if foreseen is not None else None
        if seen is None:
            return look_anywhere(self.session, self.company_id, warehouse_ids, self._goods)
        return seen

    def _left_from(self, line_ids: Collection[int]) -> Collection[int]:
        """Return the warehouses that lines left from."""
        if not line_ids:
            return ()
        query = (
            sa.select(Document.warehouse_id)
            .join(
                OrderLine,
                (OrderLine.company_id == Document.company_id)
                & (OrderLine.document_id == Document.id),
            )
            .where(
                OrderLine.company_id == self.company_id,
                any_of(self.session, OrderLine.id, sorted(line_ids)),
            )
            .distinct()
        )
        return self.session.scalars(query).all()

    def _stock(self, warehouse_id: int, condition: str = SELLABLE) -> PassingStock:
        return PassingStock(
            self.session, self.company_id, self.company.currency, warehouse_id, self.ids, condition
        )

    def aside(self, warehouse_id: int, condition: str) -> PassingStock:
        """Return a warehouse's stock in another condition than for sale."""
        found = self._aside.get((warehouse_id, condition))
        if found is None:
            found = self._aside[warehouse_id, condition] = self._stock(warehouse_id, condition)
            found.lock(self._goods)
        return found

    def _load(self, order_ids: list[int], *, new: bool) -> None:
        if self.handed is not None:
            self.orders = {row["id"]: OrderWork(**row) for row in self.handed.orders}
            lines = self.lines.take(self.handed.lines)
        else:
            self._read(order_ids)
            # What is new is entered without an exception; it is examined next.
            here = (self.session, self.company_id, order_ids)
            found = {} if new else exceptions.open_exceptions(*here)
            for order_id, kinds in found.items():
                self.orders[order_id].exceptions = kinds
            lines = self.lines.load(order_ids)
        for row in lines:
            order = self.orders[row["order_id"]]
            order.lines.append(line_of(order, row))

    def _read(self, order_ids: list[int]) -> None:
        for row in _ORDERS.rows(self.session, company=self.company_id, orders=order_ids):
            values = dict(zip(_ORDER_COLUMNS, row, strict=True))
            values["ref"] = values.pop("external_ref")
            values["promised_at"] = values["promised_at"] or values["ordered_at"]
            self.orders[row.id] = OrderWork(**values)

    def elsewhere(self) -> frozenset[int]:
        """Return the orders that a warehouse of somebody else is to send."""
        if self._elsewhere is None:
            there = [o.id for o in self.orders.values() if o.state in _WITH_OTHERS]
            found = asking.open_of(self.session, self.company_id, there) if there else ()
            self._elsewhere = frozenset(row.order_id for row in found)
        return self._elsewhere

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
        self,
        warehouse_id: int,
        order: OrderWork,
        kind: str,
        at: datetime,
        day: date,
        condition: str = SELLABLE,
    ) -> DocumentState:
        """Return the physical event of an order in a warehouse; one of a kind in one work."""
        name = f"{order.key}#{order.row_version + 1}"
        if len(self.warehouses) > 1:
            name += f"@{self.warehouses[warehouse_id].code}"
        found = self._documents.get((warehouse_id, f"{kind}:{name}"))
        if found is None:
            sellable = condition == SELLABLE
            stock = self.stocks[warehouse_id] if sellable else self.aside(warehouse_id, condition)
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
        part = line_of(line.order, row)
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

    def write(self, *, book: str = "") -> None:
        """Write what changed, by sets: lines, stock, books, and the orders themselves.

        The events of the kind `book` are booked with it: by one journal, since two would lock the
        balances in two orders.
        """
        session = self.session
        if self.stopped:
            asking.stop(session, self.company_id, self.stopped, asking.CANCEL)
        self._book_covers()
        if self.made:
            session.connection().execute(sa.insert(table_of(Order)), [*self.made.values()])
        # Orders before their promises: whoever follows the goods finds them as they shall be.
        self.lines.write()
        self.record.write()
        for warehouse_id in sorted(self.stocks):
            self.stocks[warehouse_id].write()
        for key in sorted(self._aside):
            self._aside[key].write()
        if documents := self.documents(book):
            book_documents(session, self.company_id, documents, self.actor.name, self.journal)
        else:
            self.journal.post()
        finish_taking(session)
        if hooks.wanted(session, "observe", "stock_moved"):
            moves = tuple(move for stock in self.stocks.values() for move in stock.moved())
            hooks.observe(session, "stock_moved", moves=moves)

    def _book_covers(self) -> None:
        if any(stock.covers for stock in self.stocks.values()):
            closed = closed_months(self.session, self.company_id)
            for warehouse_id, stock in self.stocks.items():
                account = self.warehouses[warehouse_id].inventory_account
                book_covers(self.journal, stock, account, self.ids, closed)


_WITH_OTHERS = IN_WAREHOUSE | {State.CANCEL_REQUESTED, State.PARTIALLY_SHIPPED}
_ORDER_COLUMNS = (
    "id external_ref platform account shop_id kind state hold currency country customer_id"
    " ordered_at promised_at row_version remote_state remote_at origin_id origin_kind"
    " consignment_id"
).split()
_ORDERS = Prepared(
    sa.select(*(getattr(Order, name) for name in _ORDER_COLUMNS))
    .where(Order.company_id == sa.bindparam("company"), among(Order.id, "orders"))
    .order_by(Order.id)
    .with_for_update()
)
_LINES = Prepared(
    sa.select(OrderLine.id, OrderLine.sku_id).where(
        OrderLine.company_id == sa.bindparam("company"), among(OrderLine.order_id, "orders")
    )
)
