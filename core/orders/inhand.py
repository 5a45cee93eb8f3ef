"""An order and its lines in hand: working copies of what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

from core.catalog.bundles import Parts
from core.channels.connector import LineKind

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


def line_of(order: OrderWork, row: dict[str, Any]) -> LineWork:
    """Return a stored line in hand."""
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
