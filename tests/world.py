"""A small trading company for tests: a running kernel, a connection, and files made of a few words.

def test_something(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB")
    assert world.booked("1001") == {"4000": -1000, ...}
"""

from __future__ import annotations

import csv
import itertools
import re
import shutil
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from core.channels.importing import ImportResult
from core.config import ROOT
from core.config import Config
from core.db import Base
from core.digest import Digest
from core.digest import digest
from core.identity.keyfile import KEY_FILE
from core.invariants import verify
from core.kernel import lifecycle
from core.kernel.companies import CompanyInfo
from core.kernel.companies import create_company
from core.kernel.companies import find_company
from core.kernel.connections import create_connection
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel
from core.ledger.models import Period
from core.orders.importing import import_order_file
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from core.settlements.importing import import_settlement_file
from core.settlements.results import SettlementResult
from core.settlements.results import StatementResult
from core.setup import prepare_company
from core.stock.importing import COLUMNS
from core.stock.importing import import_stock_file
from tests.databases import ENGINES
from tests.databases import Databases

ADDONS = ("file_channel", "own_warehouse", "tax_uk", "profit_report", "amazon_settlements")
HEADER = ("Invoice", "Code", "Title", "Qty", "Date", "Price", "Customer", "Country", "Currency")

MAPPING = """
[columns]
document = "Invoice"
code = "Code"
title = "Title"
quantity = "Qty"
date = "Date"
price = "Price"
customer = "Customer"
country = "Country"
currency = "Currency"

[dates]
formats = ["%Y-%m-%d %H:%M"]

[prices]
tax = "excluded"
currency = "GBP"

[shop]
marketplace = "till"
name = "Till"
timezone = "Europe/London"

[options]
create_skus = true
shipped = true

[[rule]]
kind = "postage"
codes = ["POST"]

[[rule]]
kind = "fee"
codes = ["FEE"]
account = "6000"

[[rule]]
kind = "discount"
codes = ["D"]

[[rule]]
kind = "adjustment"
codes = ["M"]

[[rule]]
kind = "sample"
codes = ["S"]

[[rule]]
kind = "voucher"
code_patterns = ["gift_*"]

[[rule]]
kind = "return"
document_prefix = "C"

[[rule]]
kind = "write_off"
quantity = "negative"

[[rule]]
kind = "stock_gain"
quantity = "positive"
price = "zero"
customer = "absent"

[[rule]]
kind = "sale"
"""

_ORDER = re.compile(
    r"(?P<doc>\S+) (?P<code>\S+) (?P<quantity>-?\d+) @ (?P<price>-?[\d.]+)(?P<currency> [A-Z]{3})?"
    r" on (?P<day>[\d-]+)(?: at (?P<time>[\d:]+))?(?: from (?P<customer>\S+))?"
    r"(?: to (?P<country>[A-Z]{2}))?(?: called (?P<title>.+))?"
)
_SETTLED = re.compile(
    r"(?P<kind>[^/]+)/(?P<group>[^/]*)/(?P<name>.*?) (?P<amount>-?[\d.]+) on (?P<day>[\d-]+)"
    r"(?: for (?P<order>\S+))?(?: of (?P<sku>\S+))?"
)
SETTLEMENT_HEADER = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency"
    " transaction-type order-id shipment-id marketplace-name amount-type amount-description amount"
    " posted-date-time order-item-code sku quantity-purchased"
).split()
_RATE = re.compile(r"(?P<base>[A-Z]{3})/(?P<quote>[A-Z]{3}) (?P<value>\S+) on (?P<day>[\d-]+)")
_STOCK = re.compile(r"(?P<sku>\S+) (?P<quantity>\S+) @ (?P<cost>\S+) on (?P<day>\S+)")


def copied(table: str, **changed: str) -> str:
    """Return SQL that adds every row of a table once more, with other values in some columns."""
    names = [column.name for column in Base.metadata.tables[table].columns]
    values = [changed.get(name, name) for name in names]
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table}"


@dataclass
class World:
    """A company in Great Britain that keeps its books in pounds; amounts are pennies."""

    kernel: Kernel
    company: CompanyInfo
    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def orders(self, *lines: str, mapping: str = MAPPING) -> ImportResult:
        """Import a file of order lines."""
        return self.order_file(self.write_orders(*lines), mapping)

    def order_file(self, path: Path, mapping: str = MAPPING) -> ImportResult:
        """Import a file of orders."""
        rules = self.folder / "mapping.toml"
        rules.write_text(mapping, encoding="utf-8")
        with self.kernel.db.read() as session:
            connection = get_connection(session, "Till", company_id=self.company.id)
        return import_order_file(self.kernel, connection, path, mapping=rules)

    def write_orders(self, *lines: str) -> Path:
        """Write a file of order lines and return its path."""
        return self._write("orders", HEADER, [order_row(line) for line in lines])

    def stock(self, *lines: str) -> ImportResult:
        """Import a file of stock."""
        return self.stock_in("MAIN", *lines)

    def stock_in(self, warehouse: str, *lines: str) -> ImportResult:
        """Import a file of stock of a warehouse."""
        rows: list[tuple[str, ...]] = []
        for line in lines:
            said = _match(_STOCK, line)
            rows.append(
                (said["sku"], warehouse, said["quantity"], said["cost"], "GBP", said["day"])
            )
        return import_stock_file(self.kernel, self.company.id, self._write("stock", COLUMNS, rows))

    def settle(self, *lines: str, **head: str) -> StatementResult:
        """Import a settlement, its rows told in words, and return what became of it."""
        return self.settlement_file(self.write_settlement(*lines, **head)).statements[0]

    def write_settlement(
        self,
        *lines: str,
        ref: str = "901",
        total: str = "",
        currency: str = "GBP",
        deposited: str = "2011-03-05 00:00:00 UTC",
    ) -> Path:
        """Write a settlement report and return its path; its total is that of its rows."""
        told = [_match(_SETTLED, line) for line in lines]
        total = total or str(sum((Decimal(said["amount"]) for said in told), Decimal("0.00")))
        head = (ref, "2011-02-01 00:00:00 UTC", "2011-03-01 00:00:00 UTC", deposited, total)
        rows = [SETTLEMENT_HEADER, [*head, currency]]
        for said in told:
            rows.append(
                [ref, "", "", "", "", "", said["kind"], said["order"] or "", "", ""]
                + [said["group"], said["name"], said["amount"], f"{said['day']} 10:00:00 UTC"]
                + ["", said["sku"] or "", ""]
            )
        path = self.folder / f"settlement{next(self._numbers)}.txt"
        path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def settlement_file(self, path: Path) -> SettlementResult:
        """Import a settlement report."""
        with self.kernel.db.read() as session:
            connection = get_connection(session, "Amazon", company_id=self.company.id)
        return import_settlement_file(self.kernel, connection, path)

    def open_items(self, account: str) -> dict[str, int]:
        """Return the items of an account that are open, by the end of their key."""
        rows = self.rows(
            "SELECT i.natural_key, i.open_amount FROM ledger_item i JOIN ledger_account a"
            " ON a.company_id = i.company_id AND a.id = i.account_id"
            " WHERE a.code = :account AND i.open_amount <> 0",
            account=account,
        )
        return {key.split("/", 2)[2]: amount for key, amount in rows}

    def rates(self, *lines: str) -> None:
        """Say rates of exchange, such as "EUR/GBP 0.85 on 2011-02-01"."""
        drafts = []
        for line in lines:
            said = _match(_RATE, line)
            day = date.fromisoformat(said["day"])
            drafts.append(RateDraft(said["base"], said["quote"], day, said["value"]))
        with self.kernel.db.write() as session:
            say_rates(session, self.company.id, drafts, origin="test", actor="test")

    def _write(self, name: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
        path = self.folder / f"{name}{next(self._numbers)}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])
        return path

    def rows(self, query: str, **values: object) -> list[Any]:
        """Return the rows of a query."""
        with self.kernel.db.read() as session:
            return list(session.execute(sa.text(query), values))

    def change(self, *statements: str, **values: object) -> None:
        """Change the database behind the back of the services."""
        with self.kernel.db.write() as session:
            for statement in statements:
                session.execute(sa.text(statement), values)

    def broken(self) -> list[str]:
        """Return the sentences that do not hold, each with what breaks it."""
        with self.kernel.db.read() as session:
            return [f"{v.sentence} {list(v.faults)}" for v in verify(session) if not v.holds]

    def digest(self) -> Digest:
        """Return the digest of all business rows."""
        with self.kernel.db.read() as session:
            return digest(session)

    def booked(self, key: str) -> dict[str, int]:
        """Return what the entries whose key contains a text booked, by account."""
        rows = self.rows(
            "SELECT a.code, p.amount FROM ledger_posting p"
            " JOIN ledger_entry e ON e.company_id = p.company_id AND e.id = p.entry_id"
            " JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id"
            " WHERE e.natural_key LIKE :key",
            key=f"%{key}%",
        )
        sums: Counter[str] = Counter()
        for code, amount in rows:
            sums[code] += amount
        return {code: amount for code, amount in sorted(sums.items()) if amount}

    def lines(self, document: str) -> list[Any]:
        """Return the lines of a document in the order of their ids."""
        return self.rows(
            "SELECT l.*, o.external_ref AS document, s.external_ref AS undoes FROM orders_line l"
            " JOIN orders_order o ON o.company_id = l.company_id AND o.id = l.order_id"
            " LEFT JOIN orders_line sl ON sl.company_id = l.company_id"
            " AND sl.id = l.original_line_id"
            " LEFT JOIN orders_order s ON s.company_id = l.company_id AND s.id = sl.order_id"
            " WHERE o.external_ref = :document ORDER BY l.id",
            document=document,
        )

    def order(self, document: str) -> Any:
        """Return a document."""
        found = self.rows("SELECT * FROM orders_order WHERE external_ref = :d", d=document)
        assert len(found) == 1, f"{len(found)} documents {document}"
        return found[0]

    def on_hand(self, sku: str) -> int:
        """Return how much of a SKU lies on hand."""
        query = (
            "SELECT v.on_hand FROM stock_level v JOIN catalog_sku s"
            " ON s.company_id = v.company_id AND s.id = v.sku_id WHERE s.code = :sku"
        )
        return int(self.rows(query, sku=sku)[0][0])

    def layers(self, sku: str) -> list[tuple[int, int]]:
        """Return what is left in the layers of a SKU, with its value, oldest first."""
        query = (
            "SELECT y.remaining, y.remaining_value FROM stock_layer y"
            " JOIN stock_level v ON v.company_id = y.company_id AND v.id = y.level_id"
            " JOIN catalog_sku s ON s.company_id = v.company_id AND s.id = v.sku_id"
            " WHERE s.code = :sku ORDER BY y.received_at, y.id"
        )
        return [tuple(row) for row in self.rows(query, sku=sku)]

    def close_month(self, month: str) -> None:
        """Close the books of a month such as 2011-02."""
        with self.kernel.db.write() as session:
            session.execute(
                sa.text(
                    "INSERT INTO ledger_period (company_id, month, state)"
                    " VALUES (:c, :m, 'closed')"
                    " ON CONFLICT (company_id, month) DO UPDATE SET state = 'closed'"
                ).bindparams(sa.bindparam("m", type_=Period.month.type)),
                {"c": self.company.id, "m": date.fromisoformat(f"{month}-01")},
            )


def order_row(line: str) -> tuple[str, ...]:
    """Return the cells of an order line that is told in words."""
    said = _match(_ORDER, line)
    return (
        said["doc"],
        said["code"],
        said["title"] or said["code"].title(),
        said["quantity"],
        f"{said['day']} {said['time'] or '10:00'}",
        said["price"],
        said["customer"] or "",
        said["country"] or "GB",
        (said["currency"] or "GBP").strip(),
    )


def _match(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    said = pattern.fullmatch(line)
    assert said is not None, f"not understood: {line}"
    return said


def prepare(url: str, folder: Path) -> None:
    """Bring a database with the tables of the core to a company that is ready to trade."""
    kernel = boot(url, folder)
    try:
        for addon in ADDONS:
            lifecycle.install(kernel, addon)
            lifecycle.enable(kernel, addon)
        with kernel.db.write() as session:
            company = create_company(
                session, "Shop", country="GB", currency="GBP", timezone="Europe/London"
            )
            prepare_company(session, company)
            create_connection(session, "file_channel", "Till", {}, company_id=company.id)
            paid = {"orders_from": "Till"}
            create_connection(session, "amazon_settlements", "Amazon", paid, company_id=company.id)
    finally:
        kernel.db.dispose()


def boot(url: str, folder: Path) -> Kernel:
    """Boot a kernel with the shipped addons."""
    return Kernel.boot(Config(folder, url, (ROOT / "addons",)))


class Worlds:
    """Copies of one prepared database for each engine."""

    def __init__(
        self, databases: Databases, folder: Path, made: Callable[[str, Path], None] = prepare
    ) -> None:
        self._databases = databases
        self._folder = folder
        self._made = made
        self._templates: dict[str, str] = {}
        self._numbers = itertools.count()

    def create(self, engine: str) -> str:
        """Make a database with a company that is ready to trade and return its URL."""
        if engine not in self._templates:
            url = self._databases.create(engine)
            self._made(url, self._folder)
            self._templates[engine] = url
        template = self._templates[engine]
        if engine == "sqlite":
            base = template.removesuffix(".sqlite")
            url = f"{base}_copy{next(self._numbers)}.sqlite"
            shutil.copyfile(template.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
        else:
            split = urlsplit(template)
            url = split._replace(path=f"{split.path}_copy{next(self._numbers)}").geturl()
            names = [sql.Identifier(urlsplit(each).path[1:]) for each in (url, template)]
            with psycopg.connect(
                urlsplit(template)._replace(path="/postgres").geturl(), autocommit=True
            ) as connection:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(*names)
                )
        return url

    def open(self, url: str, folder: Path) -> World:
        """Boot a kernel on such a database."""
        self.bring_key(folder)
        kernel = boot(url, folder)
        with kernel.db.read() as session:
            company = find_company(session)
        return World(kernel, company, folder)

    def bring_key(self, folder: Path) -> None:
        """Let a copy go on with what was signed in the template."""
        shutil.copy(self._folder / KEY_FILE, folder / KEY_FILE)

    def drop(self, url: str) -> None:
        """Remove a database."""
        self._databases.drop(url)

    def close(self) -> None:
        """Remove the templates."""
        for url in self._templates.values():
            self._databases.drop(url)


@pytest.fixture(scope="session")
def worlds(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Make as many trading companies as a test wants; it drops their databases itself."""
    made = Worlds(databases, tmp_path_factory.mktemp("worlds"))
    yield made
    made.close()


@pytest.fixture(params=ENGINES)
def world_url(request: pytest.FixtureRequest, worlds: Worlds) -> Iterator[str]:
    """Give the URL of the database of a company that is ready to trade, on each engine in turn."""
    url = worlds.create(request.param)
    yield url
    worlds.drop(url)


@pytest.fixture
def world(world_url: str, worlds: Worlds, tmp_path: Path) -> Iterator[World]:
    """Give a company that is ready to trade, on each engine in turn."""
    made = worlds.open(world_url, tmp_path)
    yield made
    made.kernel.db.dispose()
