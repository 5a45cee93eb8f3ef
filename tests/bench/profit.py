"""Profit over millions of postings: reports over any days, orders page by page, and what sums cost.

    python -m tests.bench.profit sqlite:////tmp/profit.sqlite [--postings 5000000] [--repeat 5]
    python -m tests.bench.profit postgresql://…

An empty database is filled through the journal, two years of orders that ship and settle; with
`--seconds` that stops after a while and the next run goes on. One that is filled is asked. Prints
one JSON document: milliseconds of each question, its ratio to a plain GROUP BY over the postings
of the same run, and the share of posting that the sums took.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.channels.models import Shop
from core.collector import collecting_seldom
from core.db import Database
from core.db import Day
from core.db import table_of
from core.db import utc_text
from core.fees import finality
from core.ids import next_ids
from core.kernel.companies import CompanyInfo
from core.kernel.companies import create_company
from core.kernel.companies import find_company
from core.kernel.migrations import upgrade_core
from core.kernel.models import Company
from core.ledger import folding
from core.ledger.chart import prepare_accounts
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.profit import profit_report
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.writing import _LINE_COLUMNS
from core.paging import Cursor
from core.profits.orders import OrdersAsked
from core.profits.orders import list_order_profits
from core.rows import bulk_insert
from core.testkit.factories import make_row
from tests.bench.million_orders import COLUMNS as ORDER_COLUMNS

FIRST_DAY = date(2024, 1, 1)
DAYS = 730
SKUS = 2000
SHOPS = (("amazon", "DE"), ("amazon", "GB"), ("amazon", "US"), ("ebay", "GB"), ("shopify", "FR"))
SETTLED_AFTER = 14
POSTINGS_OF_ORDER = 14.6

RANGES: dict[str, tuple[date | None, date | None]] = {
    "all": (None, None),
    "a year": (date(2025, 1, 1), date(2025, 12, 31)),
    "a month": (date(2025, 3, 1), date(2025, 3, 31)),
    "a day": (date(2025, 3, 17), date(2025, 3, 17)),
    "17 Jan - 16 Dec": (date(2025, 1, 17), date(2025, 12, 16)),
    "15 days at both edges": (date(2024, 1, 17), date(2025, 12, 15)),
}
BY = ("sku", "country", "shop", "month", "platform", "brand")


@dataclass(frozen=True, slots=True)
class MadeLine:
    """A sold line; amounts in minor units."""

    id: int
    sku_id: int
    net: int
    cost: int
    fee: int
    fulfilment: int


@dataclass(frozen=True, slots=True)
class Made:
    """An order that has shipped."""

    id: int
    ref: str
    shop_id: int
    country: str
    lines: tuple[MadeLine, ...]

    @property
    def gross(self) -> int:
        """Return what the buyer owes, a fifth of it tax."""
        return sum(line.net + line.net // 5 for line in self.lines)


@dataclass
class Maker:
    """Two years of trade, day by day, through the journal."""

    database: Database
    company: CompanyInfo
    shops: list[int]
    skus: list[int]
    platforms: dict[int, str]
    waiting: deque[list[Made]] = field(default_factory=deque)
    dice: random.Random = field(default_factory=random.Random)
    postings: int = 0
    orders: int = 0
    seconds: float = 0

    def day(self, day: date, number: int) -> None:
        """Ship the orders of a day, settle those of a fortnight ago, and pay for the rest."""
        with self.database.write() as session:
            made = self._orders(session, day, number, next_ids(session, 3 * number))
            self._store(session, day, made)
            begun = time.perf_counter()
            journal = Journal(session, self.company.id, self.company.currency)
            ids = iter(next_ids(session, 4 * number + 4000))
            for order in made:
                self._ship(journal, order, day, ids)
            self.waiting.append(made)
            settled = self.waiting.popleft() if len(self.waiting) > SETTLED_AFTER else []
            self._settle(journal, settled, day, ids)
            self._spend(journal, day, ids)
            self.postings += sum(len(entry.postings) for entry in journal.post())
            finality.begin(session, self.company.id, [order.id for order in made])
            states = dict.fromkeys([order.id for order in settled], finality.RECONCILED)
            finality.settle(session, self.company.id, states, day)
            self.seconds += time.perf_counter() - begun
        self.orders += number

    def again(self, day: date, number: int) -> None:
        """Know the orders of a day that is filled already."""
        with self.database.read() as session:
            query = sa.text(
                "SELECT id FROM orders_order WHERE company_id = :c AND ordered_on = :d UNION ALL"
                " SELECT id FROM orders_line WHERE company_id = :c AND occurred_on = :d ORDER BY 1"
            ).bindparams(sa.bindparam("d", type_=Day()))
            ids = session.scalars(query, {"c": self.company.id, "d": day}).all()
            self.waiting.append(self._orders(session, day, number, ids))

    def _orders(self, session: Session, day: date, number: int, taken: Sequence[int]) -> list[Made]:
        dice = self.dice
        dice.seed(day.toordinal())
        ids = iter(taken)
        made = []
        for n in range(number):
            place = dice.randrange(len(SHOPS))
            country = SHOPS[place][1] if dice.random() < 0.8 else dice.choice(("FR", "IT", "ES"))
            lines = tuple(self._line(next(ids)) for _ in range(1 + (dice.random() < 0.4)))
            made.append(Made(next(ids), f"{day:%y%m%d}-{n:05d}", self.shops[place], country, lines))
        return made

    def _store(self, session: Session, day: date, made: Sequence[Made]) -> None:
        company = self.company.id
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        orders = [
            (company, o.id, o.shop_id, self.platforms[o.shop_id], "up", o.ref, "sale", "shipped")
            + (None,)
            + (utc_text(at + timedelta(seconds=n)), day.isoformat(), "GBP", o.country)
            + (o.gross, 0, len(o.lines), utc_text(at), 1)
            for n, o in enumerate(made)
        ]
        bulk_insert(session, table_of(Order), ORDER_COLUMNS, orders)
        lines = [
            (company, line.id, o.id, str(line.id), "sale", "S", line.sku_id, "Thing")
            + (day.isoformat(), o.country, 1, line.net, line.net, line.net // 5, "4000", None, None)
            + (None, None, line.cost, 0, 1, None, line.id, 0, None)
            for o in made
            for line in o.lines
        ]
        bulk_insert(session, table_of(OrderLine), _LINE_COLUMNS, lines)

    def _line(self, new_id: int) -> MadeLine:
        dice = self.dice
        # Squared, so that few SKUs sell often and many seldom.
        sku = self.skus[int(dice.random() ** 2 * len(self.skus))]
        net = dice.randrange(500, 9000)
        return MadeLine(new_id, sku, net, net // 3, net * 15 // 100, 330 + dice.randrange(200))

    def _ship(self, journal: Journal, order: Made, day: date, ids: Any) -> None:
        entry = journal.entry(next(ids), f"sale:{order.ref}", "sale", day, order_id=order.id)
        fees = 0
        for line in order.lines:
            where = Dimensions(order.shop_id, order.country, order.id, line.id, line.sku_id)
            entry.add("4000", -line.net, where)
            entry.add("2310", -(line.net // 5), where)
            entry.add("5000", line.cost, where)
            entry.add("1330", -line.cost, where)
            entry.add("6000", line.fee, where, tag="estimate")
            entry.add("6020", line.fulfilment, where, tag="estimate")
            fees += line.fee + line.fulfilment
        whole = Dimensions(order.shop_id, order.country, order.id)
        for account, amount in (("1210", order.gross), ("2150", -fees)):
            item = journal.owe(account, order.ref, next(ids), amount, order.id)
            entry.add(account, amount, whole, item_id=item)

    def _settle(self, journal: Journal, orders: list[Made], day: date, ids: Any) -> None:
        dice = self.dice
        for account in ("1210", "2150"):
            journal.know_items(account, [order.ref for order in orders])
        for order in orders:
            entry = journal.entry(next(ids), f"settled:{order.ref}", "settlement_match", day)
            whole = Dimensions(order.shop_id, order.country, order.id)
            fees = sum(line.fee + line.fulfilment for line in order.lines)
            for account, amount in (("1210", -order.gross), ("2150", fees)):
                item = journal.owe(account, order.ref, 0, amount, order.id)
                entry.add(account, amount, whole, item_id=item)
            differs = 0
            for line in order.lines:
                where = Dimensions(order.shop_id, order.country, order.id, line.id, line.sku_id)
                entry.add("2310", line.net // 5, where)
                if dice.random() < 0.6:
                    entry.add("6000", (more := dice.randrange(-20, 30)), where, tag="trueup")
                    differs += more
            taxes = sum(line.net // 5 for line in order.lines)
            entry.add("1220", order.gross - fees - differs - taxes, whole)

    def _spend(self, journal: Journal, day: date, ids: Any) -> None:
        entry = journal.entry(next(ids), f"ads:{day}", "charge", day)
        for sku in self.dice.sample(self.skus, 100):
            entry.add("7000", 199, Dimensions(self.shops[0], sku_id=sku))
            entry.add("1220", -199, Dimensions(self.shops[0]))
        if day.day == 1:
            storage = journal.entry(next(ids), f"storage:{day}", "charge", day)
            for sku in self.skus:
                storage.add("6030", 57, Dimensions(self.shops[0], sku_id=sku))
                storage.add("1220", -57, Dimensions(self.shops[0]))
            rent = journal.entry(next(ids), f"rent:{day}", "charge", day)
            rent.add("8120", 100_000, Dimensions())
            rent.add("1000", -100_000, Dimensions())


def fill(
    database: Database, postings: int, days: int = DAYS, seconds: float = 1e9
) -> dict[str, Any]:
    """Fill a database and return how fast that went, and what the sums took of it."""
    upgrade_core(database)
    with database.read() as session:
        known = session.scalars(sa.select(Company.id)).all()
        trades = session.scalar(sa.select(sa.func.count()).select_from(Shop))
        last = session.scalar(sa.select(sa.func.max(Order.ordered_on)))
    with database.write() as session:
        if not known:
            create_company(session, "Bench", country="GB", currency="GBP", timezone="Europe/London")
        if not trades:
            _begin(session, find_company(session).id)
    with database.read() as session:
        company = find_company(session)
        platforms = dict(session.execute(sa.select(Shop.id, Shop.platform).order_by(Shop.id)).all())
        skus = list(session.scalars(sa.select(Sku.id).order_by(Sku.id)))
    maker = Maker(database, company, list(platforms), skus, platforms)
    per_day = max(1, round(postings / POSTINGS_OF_ORDER / days))
    first = (last - FIRST_DAY).days + 1 if last else 0
    for n in range(max(0, first - SETTLED_AFTER), first):
        maker.again(FIRST_DAY + timedelta(days=n), per_day)
    folded = _Stopwatch(folding.fold_changes)
    begun, cpu = time.perf_counter(), time.process_time()
    with folded, collecting_seldom():
        for n in range(first, days):
            if time.perf_counter() - begun > seconds:
                break
            maker.day(FIRST_DAY + timedelta(days=n), per_day)
    if not maker.orders:
        return {"complete": True}
    return {
        "complete": first * per_day + maker.orders == days * per_day,
        "postings": maker.postings,
        "orders": maker.orders,
        "posting_s": round(maker.seconds, 1),
        "filling_cpu_s": round(time.process_time() - cpu, 1),
        "orders_per_second": round(maker.orders / maker.seconds),
        "folds": folded.calls,
        "fold_share": round(folded.seconds / maker.seconds, 4),
        "fold_us_per_order": round(1e6 * folded.seconds / maker.orders, 1),
        "longest_fold_ms": round(1000 * folded.longest),
    }


def _begin(session: Session, company_id: int) -> None:
    prepare_accounts(session, company_id)
    for platform, country in SHOPS:
        named = {"platform": platform, "marketplace": f"{platform}{country}"}
        make_row(session, Shop, company_id=company_id, name=platform, **named)
    for n in range(SKUS):
        make_row(session, Sku, company_id=company_id, code=f"S{n:04d}", brand=f"B{n % 40}")


class _Stopwatch:
    """Times the calls of a function of `folding` while it is entered."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls, self.seconds, self.longest = function, 0, 0.0, 0.0

    def __call__(self, *given: Any) -> Any:
        begun = time.perf_counter()
        answer = self.function(*given)
        taken = time.perf_counter() - begun
        self.calls, self.seconds = self.calls + 1, self.seconds + taken
        self.longest = max(self.longest, taken)
        return answer

    def __enter__(self) -> None:
        setattr(folding, self.function.__name__, self)

    def __exit__(self, *_: object) -> None:
        setattr(folding, self.function.__name__, self.function)


def measure(database: Database, company_id: int, repeat: int) -> dict[str, Any]:
    """Time each report over each range, all as the pages ask for them."""
    base = timed(database, repeat, lambda session: _plain(session, company_id))
    figures: dict[str, dict[str, float]] = {}
    for by in BY:
        for name, (start, end) in RANGES.items():

            def ask(
                session: Session,
                by: str = by,
                start: date | None = start,
                end: date | None = end,
            ) -> object:
                return profit_report(session, company_id, by, start=start, end=end)

            figures[f"{by}, {name}"] = timed(database, repeat, ask)
    pages = {}
    with database.read() as session:
        shop = session.scalar(sa.select(Shop.id).order_by(Shop.id.desc()).limit(1))
    for name, asked, cursor in _pages(shop or 0):

        def turn(
            session: Session, asked: OrdersAsked = asked, cursor: Cursor | None = cursor
        ) -> object:
            return list_order_profits(session, company_id, asked, cursor)

        pages[name] = timed(database, repeat, turn)
    for each in (*figures.values(), *pages.values()):
        each["ratio"] = round(each["median_ms"] / base["median_ms"], 4)
    worst = max(figures, key=lambda name: figures[name]["median_ms"])
    slowest = max(pages, key=lambda name: pages[name]["median_ms"])
    return {
        "plain_group_by": base,
        "worst_report": {worst: figures[worst]},
        "worst_page": {slowest: pages[slowest]},
        "reports": figures,
        "order_pages": pages,
    }


def _pages(shop: int) -> list[tuple[str, OrdersAsked, Cursor | None]]:
    middle = Cursor((datetime(2025, 1, 1, tzinfo=UTC), 1))
    year, day = (date(2024, 3, 17), date(2025, 3, 16)), date(2024, 12, 1)
    return [
        ("first page", OrdersAsked(), None),
        ("a page in the middle", OrdersAsked(), middle),
        ("a year", OrdersAsked(*year), None),
        ("a shop", OrdersAsked(shop_id=shop), None),
        ("a shop, in the middle", OrdersAsked(shop_id=shop), middle),
        ("a country", OrdersAsked(country="ES"), None),
        ("a country and a shop", OrdersAsked(country="ES", shop_id=shop), middle),
        ("a country where nothing was sold", OrdersAsked(country="MT"), None),
        ("a platform", OrdersAsked(platform="ebay"), None),
        ("a platform with several shops", OrdersAsked(platform="amazon"), middle),
        ("a platform on a day", OrdersAsked(day, day, platform="ebay"), None),
        ("a platform that is none", OrdersAsked(platform="none"), None),
        ("estimated", OrdersAsked(state=finality.ESTIMATED), None),
        ("partly settled: none", OrdersAsked(state=finality.PARTLY), None),
        ("estimated long ago", OrdersAsked(day, day, state=finality.ESTIMATED), None),
        ("estimated in a country", OrdersAsked(country="DE", state=finality.ESTIMATED), None),
        ("settled: none", OrdersAsked(state=finality.SETTLED), None),
        ("reconciled", OrdersAsked(state=finality.RECONCILED), None),
        ("everything at once", OrdersAsked(*year, shop, "shopify", "FR", 3), None),
        ("a number", OrdersAsked(ref="250102-00001"), None),
        ("a number that is none", OrdersAsked(ref="X"), None),
    ]


def _plain(session: Session, company_id: int) -> object:
    """Ask the postings themselves, as a program without a read model would."""
    query = (
        "SELECT p.sku_id, a.profit_line, SUM(p.amount) FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id"
        " WHERE p.company_id = :c AND a.profit_line IS NOT NULL GROUP BY 1, 2"
    )
    return session.connection().execute(sa.text(query), {"c": company_id}).all()


def timed(database: Database, repeat: int, ask: Callable[[Session], object]) -> dict[str, float]:
    """Return how long a question takes once its connection is there."""
    taken = []
    for _ in range(repeat):
        with database.read() as session:
            session.execute(sa.text("SELECT 1"))
            begun = time.perf_counter()
            ask(session)
            taken.append((time.perf_counter() - begun) * 1000)
    return {"median_ms": round(statistics.median(taken), 2), "longest_ms": round(max(taken), 2)}


def main() -> None:
    """Fill a database unless it is filled, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--postings", type=int, default=5_000_000)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    database = Database(given.url)
    filling = fill(database, given.postings, seconds=given.seconds)
    document: dict[str, Any] = {"engine": database.dialect, "filling": filling}
    if not filling["complete"]:
        print(json.dumps(document))
        return
    if "postings" in filling:
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as each:
            each.exec_driver_sql(
                "VACUUM ANALYZE" if database.dialect == "postgresql" else "ANALYZE"
            )
    with database.read() as session:
        company_id = find_company(session).id
        document["postings"] = session.scalar(sa.text("SELECT COUNT(*) FROM ledger_posting"))
    print(json.dumps(document | measure(database, company_id, given.repeat), indent=2))


if __name__ == "__main__":
    main()
