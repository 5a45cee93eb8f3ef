"""The real sales of a gift shop in the books, worked out a second time from the file alone.

A twentieth of the file runs with the suite: the first days, and the first after the rate of VAT
rose. The whole of it runs behind `-m soak`.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from decimal import ROUND_HALF_UP
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zstandard

from addons.file_channel.mapping import load_mapping
from core.channels.importing import ImportResult
from core.kernel.connections import get_connection
from core.ledger.export import export_beancount
from core.ledger.profit import profit_report
from core.orders.importing import import_order_file
from core.profits.report_commands import profit_document
from core.stock.importing import import_stock_file
from tests.online_retail import MAPPING
from tests.online_retail import ORDERS
from tests.online_retail import TRUTH
from tests.online_retail import make_opening_stock
from tests.online_retail import shared_file
from tests.stock.model import Model
from tests.stock.trading import Event
from tests.world import World
from tests.world import Worlds

FIRST_LINES, JANUARY_LINES = 9_000, 3_000
RATE_ROSE = "2011-01-04"
PENNY = Decimal("0.01")
DIMENSIONS = ("order", "sku", "country", "shop", "month")

KINDS = {
    "POST": "postage", "DOT": "postage", "C2": "postage", "AMAZONFEE": "fee",
    "BANK CHARGES": "fee", "CRUK": "fee", "B": "fee", "D": "discount", "S": "sample",
    "M": "adjustment", "m": "adjustment",
}  # fmt: skip
TAXED = {"sale", "return", "postage", "discount", "adjustment"}
ZERO_RATED = {
    "Australia", "Bahrain", "Brazil", "Canada", "Channel Islands", "Hong Kong", "Iceland",
    "Israel", "Japan", "Korea", "Lebanon", "Norway", "RSA", "Saudi Arabia", "Singapore",
    "Switzerland", "USA", "United Arab Emirates",
}  # fmt: skip


@dataclass(eq=False)
class Row:
    """A line of the file, read without any of our code."""

    number: int
    document: str
    code: str
    quantity: int
    moment: str
    price: Decimal
    customer: str
    country: str
    left: int = 0
    rate: Decimal = Decimal(0)

    @property
    def kind(self) -> str:
        if self.code in KINDS:
            return KINDS[self.code]
        if self.code.startswith("gift_0001_"):
            return "voucher"
        if self.document.startswith("C"):
            return "return"
        if self.quantity < 0:
            return "write_off"
        return "stock_gain" if not self.price and not self.customer else "sale"

    @property
    def net(self) -> Decimal:
        return rounded(self.quantity * self.price)

    @property
    def rate_of_the_day(self) -> Decimal:
        if self.kind not in TAXED or self.country in ZERO_RATED:
            return Decimal(0)
        return Decimal("0.175") if self.moment < RATE_ROSE else Decimal("0.20")


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(PENNY, ROUND_HALF_UP)


@dataclass
class Expected:
    """What the books must say, worked out line by line."""

    net_by_country: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    net_by_month: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    vat: Decimal = Decimal(0)
    flagged: int = 0
    events: defaultdict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return the lines document by document in the order of time, adjustments last."""
    documents: dict[str, list[Row]] = {}
    for row in rows:
        documents.setdefault(row.document, []).append(row)
    ordered = sorted(documents.values(), key=lambda lines: min(line.moment for line in lines))
    return [
        row
        for lines in ordered
        for row in sorted(lines, key=lambda line: line.kind in ("write_off", "stock_gain"))
    ]


def work_out(rows: list[Row]) -> Expected:
    """Book the lines on paper."""
    expected, sold = Expected(), defaultdict[tuple[str, str], list[Row]](list)
    for row in in_order(rows):
        expected.net_by_country[row.country] += row.net
        expected.net_by_month[row.moment[:7]] += row.net
        key = (row.customer, row.code)
        if row.quantity < 0 and row.kind in ("return", "postage"):
            take_back(row, sold[key] if row.customer else [], expected)
            continue
        row.rate = row.rate_of_the_day
        expected.vat += rounded(row.net * row.rate)
        if row.quantity > 0 and row.customer:
            row.left = row.quantity
            sold[key].append(row)
        kind = {"sale": "ship", "write_off": "write_off", "stock_gain": "find"}.get(row.kind)
        if kind:
            expected.events[row.code].append(Event(kind, row.code, abs(row.quantity), row.number))
    return expected


def take_back(row: Row, sales: list[Row], expected: Expected) -> None:
    """Undo the latest earlier sales of a returned line; what is left has none."""
    wanted, parts = -row.quantity, []
    for sale in reversed(sales):
        taken = min(wanted, sale.left)
        if taken and sale.moment <= row.moment:
            sale.left -= taken
            wanted -= taken
            parts.append((taken, sale.rate, sale.number))
    if wanted:
        parts.append((wanted, row.rate_of_the_day, None))
        expected.flagged += 1
    for (taken, rate, line), net in zip(parts, split(row.net, [p[0] for p in parts]), strict=True):
        expected.vat += rounded(net * rate)
        if row.kind == "return":
            kind = "find" if line is None else "put_back"
            expected.events[row.code].append(Event(kind, row.code, taken, line or 0, value=-1))


def split(amount: Decimal, weights: list[int]) -> list[Decimal]:
    """Share out pennies, the left-over ones to the largest fractions."""
    pennies, whole = int(abs(amount) * 100), sum(weights)
    parts = [pennies * weight // whole for weight in weights]
    fractions = sorted(range(len(weights)), key=lambda i: -(pennies * weights[i] % whole))
    for index in fractions[: pennies - sum(parts)]:
        parts[index] += 1
    return [Decimal(part).scaleb(-2).copy_sign(amount) for part in parts]


@dataclass
class Trade:
    """A world in which the file, or a part of it, has been imported."""

    world: World
    file: Path
    rows: list[Row]
    opening: dict[str, tuple[int, Decimal]]
    result: ImportResult
    whole: bool

    def load(self, path: Path) -> ImportResult:
        return load(self.world, path)


def load(world: World, path: Path) -> ImportResult:
    with world.kernel.db.read() as session:
        connection = get_connection(session, "Till", company_id=world.company.id)
    return import_order_file(world.kernel, connection, path, mapping=MAPPING)


def read_file() -> list[list[str]]:
    with zstandard.open(shared_file(ORDERS), "rb") as packed:
        text = io.TextIOWrapper(packed, encoding="utf-8-sig", newline="")
        return list(csv.reader(text))


def a_twentieth(cells: list[list[str]]) -> list[list[str]]:
    header, *lines = cells
    january = next(i for i, line in enumerate(lines) if line[4] >= RATE_ROSE)
    return [header, *lines[:FIRST_LINES], *lines[january : january + JANUARY_LINES]]


def write(path: Path, cells: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(cells)
    return path


def prepared(world: World, *, whole: bool) -> Trade:
    cells = read_file() if whole else a_twentieth(read_file())
    path = write(world.folder / "orders.csv", cells)
    stock = world.folder / "stock.csv"
    make_opening_stock(path, stock)
    import_stock_file(world.kernel, world.company.id, stock)
    with stock.open(encoding="utf-8", newline="") as stream:
        opening = {
            row["sku"]: (int(row["quantity"]), Decimal(row["unit_cost"]))
            for row in csv.DictReader(stream)
        }
    result = load(world, path)
    rows = [
        Row(
            number, line[0].strip(), line[1].strip(), int(line[3]), line[4],
            Decimal(line[5]), line[6].strip(), line[7].strip(),
        )
        for number, line in enumerate(cells[1:], 2)
    ]  # fmt: skip
    return Trade(world, path, rows, opening, result, whole)


SIZES = [
    pytest.param(False, id="twentieth"),
    pytest.param(True, id="whole", marks=pytest.mark.soak),
]


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def trade(
    request: pytest.FixtureRequest,
    size: bool,
    worlds: Worlds,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Trade]:
    shared_file(ORDERS)
    url = worlds.create(request.param)
    world = worlds.open(url, tmp_path_factory.mktemp("real"))
    yield prepared(world, whole=size)
    world.kernel.db.dispose()
    worlds.drop(url)


def test_every_line_is_applied_as_what_it_is(trade: Trade) -> None:
    result = trade.result
    assert result.received == result.applied == len(trade.rows)
    assert (result.quarantined, result.unchanged) == (0, 0)
    assert result.by_kind == Counter(row.kind for row in trade.rows)
    if trade.whole:
        truth = json.loads(shared_file(TRUTH).read_text(encoding="utf-8"))
        assert result.received == truth["rows"]


def test_net_money_by_country_and_month(trade: Trade) -> None:
    expected = work_out(trade.rows)
    codes = load_mapping(MAPPING).country_names
    by_country = dict(
        map(
            tuple,
            trade.world.rows(
                "SELECT o.country, SUM(l.net_amount) FROM orders_line l JOIN orders_order o"
                " ON o.company_id = l.company_id AND o.id = l.order_id GROUP BY o.country"
            ),
        )
    )
    by_month = dict(
        map(
            tuple,
            trade.world.rows(
                "SELECT SUBSTR(CAST(o.ordered_on AS TEXT), 1, 7), SUM(l.net_amount)"
                " FROM orders_line l JOIN orders_order o"
                " ON o.company_id = l.company_id AND o.id = l.order_id"
                " GROUP BY SUBSTR(CAST(o.ordered_on AS TEXT), 1, 7)"
            ),
        )
    )
    countries = {codes[name]: int(net * 100) for name, net in expected.net_by_country.items()}
    assert {code: int(net) for code, net in by_country.items()} == countries
    months = {month: int(net * 100) for month, net in expected.net_by_month.items()}
    assert {month: int(net) for month, net in by_month.items()} == months
    if trade.whole:
        truth = json.loads(shared_file(TRUTH).read_text(encoding="utf-8"))
        for name, net in truth["net_by_country_GBP"].items():
            assert abs(Decimal(int(by_country[codes[name]])) / 100 - Decimal(net)) < PENNY, name
        for month, net in truth["net_by_month_GBP"].items():
            assert abs(Decimal(int(by_month[month])) / 100 - Decimal(net)) < PENNY, month


def test_the_tax_is_that_of_the_day_or_of_the_sale_that_came_back(trade: Trade) -> None:
    expected = work_out(trade.rows)
    assert balance(trade.world, "2300") == -int(expected.vat * 100)
    flagged = "SELECT COUNT(*) FROM orders_line WHERE flag = 'no_original_sale'"
    assert trade.world.rows(flagged)[0][0] == expected.flagged > 0
    rates = {row[0] for row in trade.world.rows("SELECT rate FROM tax_decision")}
    assert rates == {0, 175_000, 200_000}


def balance(world: World, account: str) -> int:
    query = (
        "SELECT SUM(b.amount) FROM ledger_balance b JOIN ledger_account a"
        " ON a.company_id = b.company_id AND a.id = b.account_id WHERE a.code = :account"
    )
    return int(world.rows(query, account=account)[0][0] or 0)


def test_goods_cost_what_they_cost_first_in_first_out(trade: Trade) -> None:
    events = work_out(trade.rows).events
    busy = sorted(events, key=lambda code: -len(events[code]))[:12]
    returned = [c for c, told in events.items() if any(e.kind == "put_back" for e in told)][:12]
    lost = [c for c, told in events.items() if any(e.kind == "write_off" for e in told)][:12]
    for code in {*busy, *returned, *lost}:
        booked = dict.fromkeys(("5000", "5100", "5130", "5090"), 0)
        model = Model()
        quantity, cost = trade.opening.get(code, (0, Decimal(0)))
        if quantity:
            value = int(rounded(quantity * cost) * 100)
            model.happen(Event("receive", code, quantity, value=value, days_old=99), 0)
        for number, event in enumerate(events[code], 1):
            done, gain = model.happen(event, number)
            account = {"write_off": "5100", "find": "5130"}.get(event.kind, "5000")
            if event.kind == "find" and event.value == -1:
                account = "5000"
            booked[account] -= gain
            if event.kind == "put_back" and done < event.quantity:
                booked["5000"] -= model.happen(Event("find", code, event.quantity - done), number)[
                    1
                ]
        booked["5090"] = model.covered
        rows = trade.world.rows(
            "SELECT a.code, SUM(p.amount) FROM ledger_posting p"
            " JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id"
            " JOIN catalog_sku s ON s.company_id = p.company_id AND s.id = p.sku_id"
            " WHERE s.code = :code AND a.code IN ('5000', '5100', '5130', '5090')"
            " GROUP BY a.code",
            code=code,
        )
        found = dict.fromkeys(booked, 0) | {account: int(amount) for account, amount in rows}
        late = found["5090"] + found["5100"]
        assert (found["5000"], found["5130"], late) == (
            booked["5000"], booked["5130"], booked["5090"] + booked["5100"]
        ), code  # fmt: skip


def test_every_sentence_holds(trade: Trade) -> None:
    assert trade.world.broken() == []


def test_profit_adds_up_in_every_dimension(trade: Trade) -> None:
    earned = sum(
        -int(row[0])
        for row in trade.world.rows(
            "SELECT SUM(b.amount) FROM ledger_balance b JOIN ledger_account a"
            " ON a.company_id = b.company_id AND a.id = b.account_id"
            " WHERE a.profit_line IS NOT NULL"
        )
    )
    for document in profits(trade.world).values():
        total = Decimal(document["total"])
        assert total == Decimal(earned) / 100
        parts = sum(Decimal(row["profit"]) for row in document["rows"])
        assert parts + Decimal(document["not_allocated"]) == total


def profits(world: World) -> dict[str, Any]:
    with world.kernel.db.read() as session:
        return {
            by: profit_document(profit_report(session, world.company.id, by)) for by in DIMENSIONS
        }


def test_importing_again_changes_nothing(trade: Trade, tmp_path: Path) -> None:
    before = trade.world.digest()
    again = trade.load(trade.file)
    assert (again.applied, again.unchanged) == (0, len(trade.rows))
    cells = list(csv.reader(trade.file.read_text(encoding="utf-8").splitlines()))
    part = write(tmp_path / "part.csv", [cells[0], *cells[1500:4500]])
    overlap = trade.load(part)
    assert (overlap.applied, overlap.unchanged) == (0, 3000)
    assert trade.world.digest() == before


def test_bean_check_passes(trade: Trade, tmp_path: Path) -> None:
    path = tmp_path / "journal.beancount"
    with trade.world.kernel.db.read() as session, path.open("w", encoding="utf-8") as stream:
        assert export_beancount(session, trade.world.company.id, stream) > 400
    program = Path(sys.executable).with_name("bean-check")
    checked = subprocess.run(
        [program, "--no-cache", path], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_both_engines_earn_the_same(
    size: bool, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shared_file(ORDERS)
    found = []
    for engine in ("sqlite", "postgresql"):
        url = worlds.create(engine)
        world = worlds.open(url, tmp_path_factory.mktemp("engine"))
        prepared(world, whole=size)
        found.append((profits(world), world.digest()))
        world.kernel.db.dispose()
        worlds.drop(url)
    assert found[0] == found[1]
