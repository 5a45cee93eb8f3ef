"""Worked cases of costing: goods that come and go, costs that come late, and their splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from core.catalog.services import make_skus
from core.costing.charging import ChargeDraft
from core.costing.charging import estimate
from core.costing.charging import preview
from core.costing.receiving import ReceiptLine
from core.costing.receiving import receive_goods
from core.costing.splitting import split
from core.costing.tracing import Piece
from core.errors import EntrepotError
from core.money import to_minor
from core.money import to_text
from core.orders.shipping import ship
from core.orders.taking_back import take_back
from core.stock.costing import AVERAGE
from core.stock.costing import choose_method
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from core.warehousing.handling import turn_up
from core.warehousing.transferring import plan_transfer
from core.warehousing.transferring import receive_transfer
from core.warehousing.transferring import ship_transfer
from tests.cases.running import Check
from tests.cases.running import Companies
from tests.cases.running import NotRun
from tests.cases.running import same
from tests.orders.life import Life
from tests.rules.ruling import condition
from tests.rules.ruling import live
from tests.rules.ruling import rule
from tests.world import World

Facts = dict[str, Any]
BOOKS = "GBP"
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
COUNTRIES = ("US", "CA", "AU", "JP", "BR", "MX")
NAMES = {"2110": "grni", "2120": "accrued", "5000": "cogs", "5090": "cogs_trueup"}
"""What cases call an account; all stock is `inventory`, every loss is `loss`."""


def checks(document: Facts, folder: Path) -> Iterator[Check]:
    """Yield all that a file of cases says, each as a check."""
    companies = Companies(folder)
    for case in document["cases"]:
        run = run_split if "weights" in case else partial(run_ops, companies)
        yield f"{case['id']} {case.get('title', '')}".strip(), partial(run, case)


def run_split(case: Facts) -> None:
    """Split a landed cost by weights that the case gives."""
    names = [name for name, _ in case["weights"]]
    parts = split(minor(case["total"]), [Fraction(weight) for _, weight in case["weights"]])
    found = {name: to_text(part, BOOKS) for name, part in zip(names, parts, strict=True)}
    same(plain({name: found[name] for name in case["expected"]}), plain(case["expected"]))


def run_ops(companies: Companies, case: Facts) -> None:
    """Do what a case tells one after the other, and compare what each did and what is left."""
    with companies.fresh() as world:
        store = Store(world, average=case["method"] == "AVCO")
        results = [store.do(op) for op in case["ops"]]
        found = {
            "results": results, "state": store.state(), "postings_total": store.totals()
        }  # fmt: skip
        expected = case["expected"]
        for name, part in expected.items():
            if name not in found:
                raise NotRun(f"no service tells {name}")
            same(in_order(plain(shown(found[name], part))), in_order(plain(part)))
        same(world.broken(), [])


@dataclass
class Store:
    """A company whose goods come and go as a case tells."""

    world: World
    average: bool
    now: datetime = START
    skus: set[str] = field(default_factory=set)
    places: dict[str, str] = field(default_factory=lambda: {"W": "MAIN"})
    issued: dict[str, Facts] = field(default_factory=dict)
    receipts: list[Facts] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.average:
            with self.world.kernel.db.write() as session:
                choose_method(session, self.world.company.id, AVERAGE)

    def do(self, op: Facts) -> Any:
        """Do one thing and return what it did as the case tells it."""
        act: Callable[[Facts], Any] | None = getattr(self, f"_{op['op']}", None)
        if act is None:
            raise NotRun(f"no service does {op['op']}")
        self.now += timedelta(hours=1)
        self._know(op.get("sku", "X"))
        result = act(op)
        return {"op": op["op"], "ref": op.get("ref", op.get("id")), "result": result}

    def _receive(self, op: Facts) -> None:
        day = op.get("date")
        at = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC) if day else self.now
        self.now = max(self.now, at)
        line = ReceiptLine(op.get("sku", "X"), int(op["qty"]), minor(op["value"]))
        self._write(receive_goods, self._place(op.get("loc", "W")), op["id"], [line],
                    at=at)  # fmt: skip
        self.receipts.append(op)

    def _issue(self, op: Facts) -> Any:
        if op.get("acct") == "loss":
            return self._lose(op)
        place = self._place(op.get("loc", "W"))
        line = f"{op['ref']} {op.get('sku', 'X')} {op['qty']} @ 99999.00 on {self.now:%Y-%m-%d}"
        life = Life(self.world)
        country = COUNTRIES[list(self.places.values()).index(place)]
        told = f"{line} at {self.now:%H:%M} to {country}"
        self.issued[op["ref"]] = op
        if op.get("allow_negative"):
            # The platform says that it left: a fact, whatever lies there.
            self.world.orders(told)
        else:
            life.orders(told)
            try:
                life.do(ship, op["ref"], at=self.now)
            except EntrepotError:
                return "ERROR insufficient stock"
        (line_id,) = (line.id for line in self.world.lines(op["ref"]))
        return self._taken("u.line_id = :id", line_id)

    def _lose(self, op: Facts) -> Any:
        goods = Goods(self._place(op.get("loc", "W")), op.get("sku", "X"), -int(op["qty"]))
        try:
            done = self._write(adjust, goods, "lost", Act("case", at=self.now))
        except EntrepotError:
            return "ERROR insufficient stock"
        self.issued[op["ref"]] = {**op, "document": done.document_id}
        return self._taken("u.document_id = :id", done.document_id)

    def _give_back(self, op: Facts) -> Any:
        sold = self.issued[op["orig"]]
        quantity = int(op["qty"])
        try:
            if "document" in sold:
                goods = Goods(self._place(op.get("loc", "W")), sold.get("sku", "X"), quantity)
                act = Act("case", at=self.now)
                return amount(self._write(turn_up, goods, sold["document"], act).value)
            (line_id,) = (line.id for line in self.world.lines(op["orig"]))
            before = self._booked("5000")
            Life(self.world).one(
                take_back, op["orig"], quantities={line_id: quantity}, refund=False,
                disposition="damaged" if op.get("damaged") else "sellable",
            )  # fmt: skip
            return amount(before - self._booked("5000"))
        except EntrepotError:
            return "ERROR more returned than sold"

    def _transfer(self, op: Facts) -> Any:
        if "cost" in op:
            raise NotRun("the cost of a transfer is a document of its own")
        sku = op.get("sku", "X")
        here, there = self._place(op["a"]), self._place(op["b"])
        lines = {sku: int(op["qty"])}
        self._write(plan_transfer, here, there, lines, reference=op["ref"])
        self._write(ship_transfer, op["ref"], at=self.now)
        self._write(receive_transfer, op["ref"], at=self.now)
        return self._moved(op["ref"])

    def _late(self, op: Facts) -> Any:
        """Book a cost that comes late against what is accrued."""
        root = op.get("root") or next(
            each["id"] for each in self.receipts if each["qty"] == op["received"]
        )
        draft = ChargeDraft(op["ref"], "first_leg", "quantity", minor(op["amount"]), [root])
        with self.world.kernel.db.read() as session:
            pieces = preview(session, self.world.company.id, draft).pieces
        self._write(estimate, draft, at=self.now)
        if self.average:
            sums = Counter({"1": 0, "5": 0})
            for piece in pieces:
                sums[piece.unit.account[0]] += piece.amount
            return [amount(sums["1"]), amount(sums["5"])]
        return [self._told(piece) for piece in pieces]

    def _told(self, piece: Piece) -> list[str]:
        where, ids = piece.unit.dimensions, {"line": piece.unit.dimensions.line_id}
        kind = "inventory" if piece.unit.use_id is None else name_of(piece.unit.account)
        if piece.unit.use_id is None:
            (row,) = self.world.rows(
                "SELECT code FROM stock_warehouse WHERE id = :id", id=where.warehouse_id
            )
            place = next(name for name, code in self.places.items() if code == row.code)
        elif where.line_id:
            (row,) = self.world.rows(
                "SELECT o.external_ref FROM orders_line l JOIN orders_order o"
                " ON o.id = l.order_id WHERE l.id = :line",
                **ids,
            )
            place = row.external_ref
        else:
            place = next(
                ref for ref, op in self.issued.items()
                if op.get("document") == piece.unit.document_id
            )  # fmt: skip
        return [kind, place, str(piece.unit.quantity), amount(piece.amount)]

    def state(self) -> Facts:
        """Return what lies where, what it is worth, and what left short."""
        layers = self.world.rows(
            "SELECT r.natural_key AS root, w.code, y.remaining, y.remaining_value"
            " FROM stock_layer y JOIN stock_level v ON v.id = y.level_id"
            " JOIN stock_warehouse w ON w.id = v.warehouse_id"
            " JOIN stock_layer o ON o.id = y.root_id JOIN stock_document r ON r.id = o.document_id"
            " WHERE y.remaining > 0 ORDER BY y.id"
        )
        shorts = self.world.rows(
            "SELECT o.external_ref, s.open_quantity, s.open_value FROM stock_short s"
            " JOIN orders_order o ON o.id = s.order_id WHERE s.open_quantity > 0 ORDER BY s.id"
        )
        quantity = sum(row[2] for row in layers) - sum(row[1] for row in shorts)
        value = sum(row[3] for row in layers) - sum(row[2] for row in shorts)
        named = {code: name for name, code in self.places.items()}
        return {
            "layers": [[row[0], named[row[1]], str(row[2]), amount(row[3])] for row in layers],
            "short": [[row[0], str(row[1]), amount(row[2])] for row in shorts],
            "qty": str(quantity),
            "value": amount(value),
            "avg": str(Decimal(value).scaleb(-2) / quantity) if quantity else None,
        }

    def totals(self) -> Facts:
        """Return the sums of the accounts that concern goods, by the names of cases."""
        rows = self.world.rows(
            "SELECT a.code, SUM(p.amount) AS amount FROM ledger_posting p"
            " JOIN ledger_account a ON a.id = p.account_id GROUP BY a.code"
        )
        sums: Counter[str] = Counter()
        for code, total in rows:
            if name := name_of(code):
                sums[name] += int(total)
        return {name: amount(total) for name, total in sums.items() if total}

    def _taken(self, condition: str, of: int) -> Any:
        """Return what an issue cost, with the layers that it came from."""
        rows = self.world.rows(
            "SELECT r.natural_key, u.quantity, u.value FROM stock_layer_use u"
            " JOIN stock_layer y ON y.id = u.layer_id JOIN stock_layer o ON o.id = y.root_id"
            f" JOIN stock_document r ON r.id = o.document_id WHERE {condition} ORDER BY u.id",
            id=of,
        )
        parts = [[row[0], str(row[1]), amount(row[2])] for row in rows]
        cost = sum(row[2] for row in rows)
        if "line" in condition:
            for row in self.world.rows(
                "SELECT quantity, value FROM stock_short WHERE line_id = :id", id=of
            ):
                parts.append(["provisional", str(row[0]), amount(row[1])])
                cost += row[1]
        return amount(cost) if self.average else [amount(cost), parts]

    def _moved(self, reference: str) -> Any:
        rows = self.world.rows(
            "SELECT r.natural_key, SUM(y.quantity), SUM(y.value) FROM stock_layer y"
            " JOIN stock_document d ON d.id = y.document_id"
            " JOIN stock_layer o ON o.id = y.root_id JOIN stock_document r ON r.id = o.document_id"
            " WHERE d.kind = 'transfer_in' AND d.natural_key LIKE :key GROUP BY r.natural_key",
            key=f"{reference}/receive%",
        )
        return [[row[0], str(row[1]), amount(int(row[2]))] for row in rows]

    def _booked(self, account: str) -> int:
        rows = self.world.rows(
            "SELECT COALESCE(SUM(p.amount), 0) FROM ledger_posting p"
            " JOIN ledger_account a ON a.id = p.account_id WHERE a.code = :code",
            code=account,
        )
        return int(rows[0][0])

    def _place(self, name: str) -> str:
        """Return the warehouse of a place; orders to its country leave from there."""
        if name not in self.places:
            country = COUNTRIES[len(self.places)]
            Life(self.world).warehouse(name)
            live(self.world, rule(name, condition("country", "is_one_of", country),
                                  does=f"warehouse {name}"))  # fmt: skip
            self.places[name] = name
        return self.places[name]

    def _know(self, sku: str) -> None:
        if sku not in self.skus:
            self.skus.add(sku)
            with self.world.kernel.db.write() as session:
                make_skus(session, self.world.company.id, {sku: sku})

    def _write(self, service: Callable[..., Any], *given: Any, **options: Any) -> Any:
        with self.world.kernel.db.write() as session:
            return service(session, self.world.company.id, *given, **options)


def name_of(account: str) -> str | None:
    """Return what cases call an account."""
    if account.startswith("13"):
        return "inventory"
    return "loss" if account.startswith("51") else NAMES.get(account)


def shown(found: Any, wanted: Any) -> Any:
    """Return of what was found just the keys that are asked for, and all accounts."""
    if isinstance(wanted, dict) and "qty" in wanted:
        return {name: found[name] for name in wanted if name in found}
    return found


def plain(value: Any) -> Any:
    """Return numbers told as text as numbers, an average to six places."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    try:
        return round(Decimal(value), 6).normalize() if isinstance(value, str) else value
    except ArithmeticError:
        return value


def in_order(value: Any) -> Any:
    """Return the layers of a state in one order: cases list them in theirs."""
    if isinstance(value, dict) and "layers" in value:
        return {**value, "layers": sorted(value["layers"])}
    return value


def minor(text: str) -> int:
    """Return an amount of a case in minor units."""
    return to_minor(Decimal(text), BOOKS)


def amount(value: int) -> str:
    """Return minor units as a case tells them."""
    return to_text(value, BOOKS)
