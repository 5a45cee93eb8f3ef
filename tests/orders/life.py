"""Orders that have still to leave, for tests: each verb in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.catalog.bundles import set_components
from core.catalog.services import make_skus
from core.orders.outcome import Outcome
from core.orders.record import Actor
from core.stock.warehouses import make_warehouse
from tests.world import MAPPING
from tests.world import World

UNSHIPPED = MAPPING.replace("shipped = true", "shipped = false")
BEA = Actor("bea", "she says so")


@dataclass
class Life:
    """A world whose orders have still to leave."""

    world: World

    def orders(self, *lines: str, mapping: str = UNSHIPPED) -> None:
        """Import orders that have not left."""
        self.world.orders(*lines, mapping=mapping)

    def id(self, ref: str) -> int:
        """Return an order's id."""
        return int(self.world.order(ref).id)

    def line_ids(self, ref: str, code: str) -> list[int]:
        """Return the ids of an order's lines of a code."""
        return [line.id for line in self.world.lines(ref) if line.code == code]

    def do(self, verb: Callable[..., Any], *refs: str, **options: Any) -> list[Outcome]:
        """Apply a verb to orders."""
        with self.world.kernel.db.write() as session:
            ids = [self.id(ref) for ref in refs]
            found: list[Outcome] = verb(session, self.world.company.id, ids, BEA, **options)
            return found

    def one(self, verb: Callable[..., Any], ref: str, **options: Any) -> Any:
        """Apply a verb that works on a single order."""
        order_id = self.id(ref)
        with self.world.kernel.db.write() as session:
            return verb(session, self.world.company.id, order_id, BEA, **options)

    def state(self, ref: str) -> tuple[str, str | None]:
        """Return the state of an order and its most urgent exception."""
        order = self.world.order(ref)
        return order.state, order.exception

    def promised(self, ref: str) -> dict[str, tuple[int, int]]:
        """Return what is promised to an order of each SKU, and what it waits for."""
        rows = self.world.rows(
            "SELECT s.code, SUM(r.open_quantity), SUM(r.short_quantity) FROM stock_reservation r"
            " JOIN stock_level v ON v.id = r.level_id JOIN catalog_sku s ON s.id = v.sku_id"
            " JOIN orders_line l ON l.id = r.line_id JOIN orders_order o ON o.id = l.order_id"
            " WHERE o.external_ref = :ref GROUP BY s.code",
            ref=ref,
        )
        return {code: (int(p), int(w)) for code, p, w in rows if p or w}

    def level(self, sku: str, warehouse: str = "MAIN") -> tuple[int, int]:
        """Return what of a SKU lies in a warehouse, and how much of that is promised."""
        rows = self.world.rows(
            "SELECT v.on_hand, v.reserved FROM stock_level v"
            " JOIN catalog_sku s ON s.id = v.sku_id JOIN stock_warehouse w ON w.id = v.warehouse_id"
            " WHERE s.code = :sku AND w.code = :warehouse AND v.condition = 'sellable'",
            sku=sku,
            warehouse=warehouse,
        )
        return (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)

    def timeline(self, ref: str) -> list[str]:
        """Return the steps of an order's life."""
        rows = self.world.rows(
            "SELECT e.kind FROM orders_event e JOIN orders_order o ON o.id = e.order_id"
            " WHERE o.external_ref = :ref ORDER BY e.id",
            ref=ref,
        )
        return [row[0] for row in rows]

    def warehouse(self, code: str, country: str = "GB") -> None:
        """Make another own warehouse."""
        with self.world.kernel.db.write() as session:
            make_warehouse(
                session, self.world.company.id, code, code, country, "own_warehouse", "1300"
            )

    def bundle(self, code: str, **components: int) -> None:
        """Make a bundle."""
        company_id = self.world.company.id
        with self.world.kernel.db.write() as session:
            make_skus(session, company_id, {each: each for each in (code, *components)})
            set_components(session, company_id, code, components)

    def sound(self) -> None:
        """Assert that every sentence holds."""
        broken = self.world.broken()
        assert not broken, broken
