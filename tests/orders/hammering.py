"""Many who work on the same few SKUs at once: orders, cancellations, parcels, receipts, counts.

Each works on the orders of his own and on goods of all, a process each, through the services.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.bundles import set_components
from core.catalog.services import make_skus
from core.db import table_of
from core.errors import EntrepotError
from core.ids import next_ids
from core.kernel.kernel import Kernel
from core.orders import orderwork
from core.orders.approving import review_new
from core.orders.cancelling import cancel
from core.orders.holding import hold
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.naming import all_quantities
from core.orders.record import Actor
from core.orders.shipping import ship
from core.orders.taking_back import take_back
from core.rows import bulk_insert
from core.rows import bulk_update
from core.stock import storing
from core.stock.models import Level
from core.stock.reserving import take_with_commit
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from core.warehousing.places import add_warehouse
from core.warehousing.transferring import plan_transfer
from core.warehousing.transferring import receive_transfer
from core.warehousing.transferring import ship_transfer
from tests.world import boot

BREACHES = (sqlite3.IntegrityError, psycopg.IntegrityError, sa.exc.IntegrityError, IndexError)
# Nothing was done: two waited in a circle, or one waited for the only writer for too long.
BUSY = ("deadlock detected", "database is locked", "lock timeout")
LOTS, LARGEST_LOT = 0.3, 25
"""How much work is done on many orders at once, as in an import or by ticks in the list."""


@dataclass(frozen=True)
class Yard:
    """What is hammered: a database, a company, its warehouses, and SKUs of which some are kits."""

    url: str
    folder: Path
    company_id: int
    warehouses: Sequence[str]
    skus: Sequence[str]
    kits: Sequence[str]
    shop_id: int


@dataclass(frozen=True)
class Tally:
    """How often each kind of work was done, and how often it was refused."""

    done: Counter[str]
    refused: Counter[str]


Moves = list[tuple[list[int], int, bool]]
"""Orders that come to, or leave, the list of those that a worker has in some state."""


def prepare_yard(world: Any, skus: int) -> Yard:
    """Put some of each SKU on two shelves, and make kits that share components."""
    names = [f"S{n}" for n in range(skus)]
    kits = [f"K{n}" for n in range(max(1, skus // 4))]
    company_id = world.company.id
    with world.kernel.db.write() as session:
        make_skus(session, company_id, {name: name for name in (*names, *kits)})
        for n, kit in enumerate(kits):
            parts = {names[n % skus]: 2, names[(n + 1) % skus]: 1} if skus > 1 else {names[0]: 2}
            set_components(session, company_id, kit, parts)
        add_warehouse(session, company_id, "NORTH", "own", "GB")
    world.orders("0 S0 1 @ 1.00 on 2011-01-01 to US")
    with world.kernel.db.write() as session:
        # The place of what is on its way is made with the first transfer.
        adjust(session, company_id, Goods("MAIN", "S0", 5), "correction", Act("first"))
        plan_transfer(session, company_id, "MAIN", "NORTH", {"S0": 1}, reference="first")
        ship_transfer(session, company_id, "first")
    warehouses = ["MAIN", "NORTH"]
    shop_id = world.rows("SELECT id FROM channels_shop")[0][0]
    url = world.kernel.db.url.render_as_string(hide_password=False)
    return Yard(url, world.folder, company_id, warehouses, names, kits, shop_id)


class Worker:
    """One who works in a yard, on orders of his own."""

    def __init__(
        self, kernel: Kernel, yard: Yard, number: int, *, careless: bool = False, seed: int = 0
    ) -> None:
        self.careless = careless
        self.kernel = kernel
        self.yard = yard
        self.number = number
        # Another seed is another run: slices of few operations add up to many.
        self.chance = random.Random(number + 1000 * seed)
        self.actor = Actor(f"worker {number}")
        self.open: list[int] = []
        self.gone: list[int] = []
        self.turn = 0
        self.moving = ""
        self.ways: dict[str, tuple[int, Callable[[Session, int], Moves]]] = {
            "order": (32, self.order),
            "cancel": (13, self.cancel),
            "hold": (3, self.hold),
            "ship": (20, self.ship),
            "receive": (12, self.receive),
            "return": (8, self.take_in),
            "count": (7, self.count),
            "transfer": (5, self.transfer),
        }
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def work(self, times: int) -> Tally:
        """Do something so many times: alone in its transaction, or on many."""
        left = times
        while left:
            self.turn += 1
            weights = [weight for weight, _ in self.ways.values()]
            kind = self.chance.choices([*self.ways], weights)[0]
            lot = self.chance.randint(2, LARGEST_LOT) if self.chance.random() < LOTS else 1
            lot = self._fitting(kind, min(lot, left))
            left -= lot
            if refused := self._do(kind, lot):
                self.refused[refused] += lot
        return Tally(self.done, self.refused)

    def _fitting(self, kind: str, lot: int) -> int:
        """Return of how many orders a kind of work can be done at once, as people have it."""
        if kind in ("cancel", "ship", "hold"):
            return max(1, min(lot, len(self.open)))
        return lot if kind == "order" else 1

    def _do(self, kind: str, lot: int) -> str:
        """Do something in a transaction and return what kept it from being done, if it was not."""
        try:
            if kind == "order":
                moved = take_with_commit(self.kernel.db, lambda session: self.order(session, lot))
            else:
                with self.kernel.db.write() as session:
                    moved = self.ways[kind][1](session, lot)
        except EntrepotError:
            return kind
        except (sa.exc.OperationalError, psycopg.OperationalError) as error:
            if not any(each in str(error) for each in BUSY):
                raise
            return f"busy: {str(getattr(error, 'statement', error))[:60]}"
        except BREACHES:
            # Where the guard is gone the constraints below it are what is left.
            if not self.careless:
                raise
            return "breach"
        # Of a lot to ship only the orders count that could leave.
        self.done[kind] += len({order_id for _, order_id, _ in moved}) or lot
        for orders, order_id, comes in moved:
            orders.append(order_id) if comes else orders.remove(order_id)
        return ""

    @property
    def name(self) -> str:
        """Return a name that no other act has."""
        return f"{self.number}-{self.turn}"

    def order(self, session: Session, lot: int) -> Moves:
        """Take orders of some lines; a SKU may stand on two, a kit beside its component."""
        yard, chance, orders = self.yard, self.chance, []
        for number in range(lot):
            codes = chance.choices([*yard.skus, *yard.kits], k=chance.randint(1, 3))
            lines = [(code, chance.randint(1, 3)) for code in codes]
            orders.append(store_order(session, yard, f"{self.name}-{number}", lines))
        review_new(session, yard.company_id, orders, self.actor, unseen=True)
        return [(self.open, order_id, True) for order_id in orders]

    def cancel(self, session: Session, lot: int) -> Moves:
        """Cancel orders."""
        orders = self._some(lot)
        cancel(session, self.yard.company_id, orders, self.actor)
        return [(self.open, order_id, False) for order_id in orders]

    def hold(self, session: Session, lot: int) -> Moves:
        """Hold orders and give their goods back."""
        hold(session, self.yard.company_id, self._some(lot), self.actor, keep_stock=False)
        return []

    def ship(self, session: Session, lot: int) -> Moves:
        """Ship orders of which the goods are all promised; of one that lacks some none leaves."""
        company_id, orders = self.yard.company_id, self._some(lot)
        if lot > 1:
            query = sa.select(Order.id).where(
                Order.company_id == company_id, Order.id.in_(orders), Order.state == "allocated"
            )
            orders = sorted(session.scalars(query)) or orders
        ship(session, company_id, orders, self.actor)
        here = [(self.open, order_id, False) for order_id in orders]
        return here + [(self.gone, order_id, True) for order_id in orders]

    def _some(self, lot: int) -> list[int]:
        return sorted(self.chance.sample(self.open, min(lot, len(self.open))))

    def take_in(self, session: Session, _lot: int) -> Moves:
        """Take all goods of an order back, for sale or to be inspected."""
        if not self.gone:
            return []
        order_id, company_id = self.chance.choice(self.gone), self.yard.company_id
        out = all_quantities(session, company_id, order_id, sent=True)
        how = self.chance.choice(["sellable", "damaged", "inspection"])
        take_back(session, company_id, order_id, self.actor, quantities=out, disposition=how)
        return [(self.gone, order_id, False)]

    def receive(self, session: Session, _lot: int) -> Moves:
        """Take goods in."""
        self._adjust(session, self.chance.randint(1, 12), 2_000_000)
        return []

    def count(self, session: Session, _lot: int) -> Moves:
        """Find a little more or a little less than the books say."""
        self._adjust(session, self.chance.choice([-3, -2, -1, 1]), None)
        return []

    def _adjust(self, session: Session, quantity: int, unit_cost: int | None) -> None:
        yard = self.yard
        goods = Goods(self.chance.choice(yard.warehouses), self.chance.choice(yard.skus), quantity)
        act = Act(self.actor.name, key=self.name)
        adjust(session, yard.company_id, goods, "correction", act, unit_cost=unit_cost)

    def transfer(self, session: Session, _lot: int) -> Moves:
        """Send goods from one warehouse to the other, or take in what was sent."""
        yard, company_id = self.yard, self.yard.company_id
        if self.moving:
            receive_transfer(session, company_id, self.moving)
            self.moving = ""
            return []
        origin, target = self.chance.sample(yard.warehouses, 2)
        goods = {self.chance.choice(yard.skus): self.chance.randint(1, 4)}
        plan_transfer(session, company_id, origin, target, goods, reference=self.name)
        ship_transfer(session, company_id, self.name)
        self.moving = self.name
        return []


def store_order(session: Session, yard: Yard, ref: str, lines: Sequence[tuple[str, int]]) -> int:
    """Store an order that is to be reviewed, as an import does."""
    skus = make_skus(session, yard.company_id, {code: code for code, _ in lines})
    order_id, *line_ids = next_ids(session, 1 + len(lines))
    day, at = "2011-02-01", "2011-02-01T10:00:00.000000+00:00"
    order = {
        "company_id": yard.company_id, "id": order_id, "shop_id": yard.shop_id,
        "platform": "till", "account": "hammer", "external_ref": ref, "kind": "sale",
        "state": "to_review", "ordered_at": at, "ordered_on": day, "currency": "GBP",
        "country": "US", "net_amount": 100_00 * len(lines), "tax_amount": 0,
        "line_count": len(lines), "created_at": at, "row_version": 1, "promised_at": at,
    }  # fmt: skip
    bulk_insert(session, table_of(Order), [*order], [[*order.values()]])
    rows = [
        {
            "company_id": yard.company_id, "id": line_id, "order_id": order_id,
            "external_ref": f"{line_id}", "kind": "sale", "code": code, "sku_id": skus[code],
            "title": code, "occurred_on": day, "country": "US", "quantity": quantity,
            "unit_price": 0, "net_amount": 100_00, "tax_amount": 0, "account": "4000",
            "cost_amount": 0, "returned_quantity": 0, "shipped_quantity": 0, "raw_row_id": 0,
            "cancelled_quantity": 0,
        }
        for line_id, (code, quantity) in zip(line_ids, lines, strict=True)
    ]  # fmt: skip
    bulk_insert(session, table_of(OrderLine), [*rows[0]], [[*row.values()] for row in rows])
    return order_id


def hammer(yard: Yard, number: int, times: int, seed: int = 0) -> Tally:
    """Work in a process of its own."""
    kernel = boot(yard.url, yard.folder)
    try:
        return Worker(kernel, yard, number, seed=seed).work(times)
    finally:
        kernel.db.dispose()


def take_turns(yard: Yard, workers: int, turns: int) -> Counter[str]:
    """Let careless ones work in turn, and return how often each kind of work was done.

    In turn, since on a busy machine one of them might be done before the next begins; and with a
    memory that lasts from one turn to the next they have no need to meet in the same moment.
    """
    kernels = [boot(yard.url, yard.folder) for _ in range(workers)]
    try:
        with looking_away(kernels, yard.company_id):
            team = [Worker(k, yard, number, careless=True) for number, k in enumerate(kernels)]
            for _ in range(turns):
                for worker in team:
                    worker.work(1)
        return sum((worker.done for worker in team), Counter[str]())
    finally:
        for kernel in kernels:
            kernel.db.dispose()


@contextmanager
def looking_away(kernels: Sequence[Kernel], company_id: int) -> Iterator[None]:
    """Replace locks and guard: levels are read outside the transaction, and written unguarded."""
    load = storing.load_levels
    remembered = {id(kernel): look(kernel, company_id) for kernel in kernels}

    def load_stale(session: Session, *place: Any, **options: Any) -> None:
        load(session, *place, **options)
        kernel, levels = session.info["kernel"], place[3]
        # What another connection saw some moments ago: read, then write.
        for level in levels.values():
            if (seen := remembered[id(kernel)].get(level.id)) is not None:
                level.on_hand, level.reserved = seen
                level.was_on_hand, level.was_reserved = seen
        remembered[id(kernel)] = look(kernel, company_id)

    with (
        patch.object(storing, "load_levels", load_stale),
        patch.object(storing, "write_levels", write_unguarded),
        patch.object(orderwork, "take_promised", take_unguarded),
    ):
        yield


def look(kernel: Kernel, company_id: int) -> dict[int, tuple[int, int]]:
    """Return what lies in each level, and how much of it is promised, as all see it."""
    with kernel.db.read() as session:
        query = sa.select(Level.id, Level.on_hand, Level.reserved)
        rows = session.execute(query.where(Level.company_id == company_id))
        return {row.id: (row.on_hand, row.reserved) for row in rows}


def write_unguarded(session: Session, company_id: int, levels: Any) -> None:
    """Write what a worker makes of levels, whatever they are by now."""
    bulk_update(
        session,
        table_of(Level),
        ["company_id", "id", "on_hand", "reserved"],
        [(company_id, level.id, level.on_hand, level.reserved) for level in levels],
        assign="on_hand = {on_hand}, reserved = {reserved}",
    )


def take_unguarded(_session: Session, _company_id: int, stocks: Any) -> bool:
    """Take what was promised without asking whether it is still there."""
    for stock in stocks:
        stock.write()
    return True
