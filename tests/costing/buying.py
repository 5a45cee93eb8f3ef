"""A company that buys: goods that come in, leave and come back, and what was paid beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from typing import Any

from core.catalog.services import make_skus
from core.costing.charging import ChargeDraft
from core.costing.charging import estimate
from core.costing.charging import settle
from core.costing.receiving import ReceiptLine
from core.costing.receiving import receive_goods
from core.money import parse_decimal
from core.money import to_minor
from core.orders.shipping import ship
from core.stock.warehouses import make_warehouse
from core.warehousing.transferring import plan_transfer
from core.warehousing.transferring import receive_transfer
from core.warehousing.transferring import ship_transfer
from tests.orders.life import Life
from tests.world import World

NOON = datetime(2011, 1, 10, 12, tzinfo=UTC)


@dataclass
class Buyer:
    """The company with the verbs of buying; amounts are told in pounds."""

    world: World

    def do(self, service: Callable[..., Any], *given: Any, **options: Any) -> Any:
        """Call a service in a transaction of its own."""
        with self.world.kernel.db.write() as session:
            return service(session, self.world.company.id, *given, **options)

    def receive(
        self, reference: str, *lines: str, warehouse: str = "MAIN", at: datetime = NOON
    ) -> int:
        """Take goods in, told as `MUG 12 for 30.00`."""
        told = [line.split() for line in lines]
        self.do(lambda session, company: make_skus(session, company, {t[0]: t[0] for t in told}))
        parts = [ReceiptLine(t[0], int(t[1]), pence(t[3])) for t in told]
        return int(self.do(receive_goods, warehouse, reference, parts, at=at))

    def sell(self, ref: str, sku: str, quantity: int) -> None:
        """Sell goods to Britain and let them leave."""
        life = Life(self.world)
        life.orders(f"{ref} {sku} {quantity} @ 9999.00 on 2011-02-01 to GB")
        life.do(ship, ref, at=datetime(2011, 2, 2, 12, tzinfo=UTC))

    def measure(self, sku: str, grams: int, *sides: int) -> None:
        """Say what a SKU weighs and measures, in grams and millimetres."""
        named = dict(zip(("length_mm", "width_mm", "height_mm"), sides, strict=True))
        self.world.change(
            "UPDATE catalog_sku SET weight_grams = :grams, length_mm = :length_mm,"
            " width_mm = :width_mm, height_mm = :height_mm WHERE code = :sku",
            sku=sku, grams=grams, **named,
        )  # fmt: skip

    def move(self, reference: str, sku: str, quantity: int, there: str) -> None:
        """Send goods from the main warehouse to another one, which is made at the first need."""
        if not self.world.rows("SELECT id FROM stock_warehouse WHERE code = :c", c=there):
            make = (there, there, "GB", "own_warehouse", "1330", "platform")
            self.do(make_warehouse, *make)
        self.do(plan_transfer, "MAIN", there, {sku: quantity}, reference=reference)
        self.do(ship_transfer, reference)
        self.do(receive_transfer, reference)

    def charge(self, reference: str, amount: str, rule: str, *receipts: str, **more: Any) -> Any:
        """Book what freight will cost."""
        component = more.pop("component", "first_leg")
        draft = ChargeDraft(reference, component, rule, pence(amount), receipts, **more)
        return self.do(estimate, draft)

    def invoice(self, reference: str, amount: str) -> Any:
        """Book the invoice of a landed cost."""
        return self.do(settle, reference, pence(amount), invoice=f"invoice of {reference}")

    def worth(self) -> dict[str, list[tuple[int, int]]]:
        """Return what lies where of which SKU, units and value of each layer."""
        rows = self.world.rows(
            "SELECT w.code, s.code AS sku, y.remaining, y.remaining_value FROM stock_layer y"
            " JOIN stock_level v ON v.id = y.level_id JOIN catalog_sku s ON s.id = v.sku_id"
            " JOIN stock_warehouse w ON w.id = v.warehouse_id WHERE y.remaining > 0 ORDER BY y.id"
        )
        found: dict[str, list[tuple[int, int]]] = {}
        for place, sku, units, value in rows:
            found.setdefault(f"{place} {sku}", []).append((units, value))
        return found

    def landed(self, ref: str) -> tuple[int, ...]:
        """Return value, first leg, duty and other of what an order used."""
        (row,) = self.world.rows(
            "SELECT SUM(u.value - u.returned_value), SUM(u.first_leg), SUM(u.duty), SUM(u.other)"
            " FROM stock_layer_use u JOIN orders_line l ON l.id = u.line_id"
            " JOIN orders_order o ON o.id = l.order_id WHERE o.external_ref = :ref",
            ref=ref,
        )
        return tuple(int(each) for each in row)

    def sound(self) -> None:
        """Assert that every sentence holds."""
        assert self.world.broken() == []


def pence(text: str) -> int:
    """Return pounds as pennies."""
    return to_minor(parse_decimal(text), "GBP")
