"""Stored lines under work: loaded whole, divided, sent and cancelled, written by sets.

A line leaves as a whole, since one event moved and booked it. What leaves in parts is divided
first; amounts are shared so that the parts add up to what the platform sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import table_of
from core.money import share_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.prepared import Prepared
from core.prepared import among
from core.rows import bulk_insert
from core.rows import bulk_update

Row = dict[str, Any]

SHARED = ("quantity", "net_amount", "tax_amount", "platform_tax")
PLAIN = (
    *("order_id", "quantity", "net_amount", "tax_amount", "platform_tax", "cost_amount"),
    *("shipped_quantity", "returned_quantity", "cancelled_quantity"),
)


_NAMES = [column.name for column in table_of(OrderLine).columns]
_LINES = Prepared(
    sa.select(*table_of(OrderLine).columns)
    .where(OrderLine.company_id == sa.bindparam("company"), among(OrderLine.order_id, "orders"))
    .order_by(OrderLine.order_id, OrderLine.id)
)


class Lines:
    """The lines of some orders, as they are and as they shall be."""

    def __init__(self, session: Session, company_id: int) -> None:
        self.session = session
        self.company_id = company_id
        self._rows: dict[int, Row] = {}
        self._new: dict[int, Row] = {}
        self._dirty: set[int] = set()
        self._sent: dict[int, int] = {}
        self._undecided: set[int] = set()
        self._short: set[int] = set()
        self._orders: dict[int, None] = {}

    def load(self, order_ids: Sequence[int]) -> Sequence[Row]:
        """Load the lines of orders in the order they came in."""
        found = _LINES.rows(self.session, company=self.company_id, orders=order_ids)
        return self.take([dict(zip(_NAMES, row, strict=True)) for row in found])

    def take(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Take lines that are in hand as they are stored."""
        self._rows.update({row["id"]: row for row in rows})
        return rows

    def divide(self, line_id: int, new_id: int, quantity: int, net: int | None = None) -> Row:
        """Divide off a part of a line as a line of its own and return that.

        A line of goods gives a share by quantity; one beside the goods gives the amount `net`.
        """
        row = self._rows[line_id]
        part = {**row, "id": new_id}
        of, whole = (quantity, row["quantity"]) if net is None else (net, row["net_amount"])
        part["quantity"] = quantity if net is None else row["quantity"]
        part["net_amount"] = share_of(row["net_amount"], of, whole) if net is None else net
        part["tax_amount"] = _share(row["tax_amount"], of, whole)
        if row["platform_tax"] is not None:
            part["platform_tax"] = _share(row["platform_tax"], of, whole)
        for name in SHARED:
            if row[name] is not None and (name != "quantity" or net is None):
                row[name] -= part[name]
        part["external_ref"] = f"{row['external_ref']}~{self._next_part(row)}"
        part["cost_amount"] = part["shipped_quantity"] = part["cancelled_quantity"] = 0
        self._rows[new_id] = self._new[new_id] = part
        self._dirty.add(line_id)
        self._grow(row["order_id"])
        return part

    def _next_part(self, row: Row) -> int:
        base = f"{row['external_ref']}~"
        siblings = (r for r in self._rows.values() if r["order_id"] == row["order_id"])
        taken = [
            int(each["external_ref"][len(base) :])
            for each in siblings
            if each["external_ref"].startswith(base)
            and each["external_ref"][len(base) :].isdecimal()
        ]
        return max(taken, default=0) + 1

    def append(self, row: Row) -> None:
        """Add a line that is made here."""
        self._rows[row["id"]] = self._new[row["id"]] = row
        self._grow(row["order_id"])

    def come_back(self, line_id: int, units: int) -> None:
        """Note that units of a line came back."""
        self._rows[line_id]["returned_quantity"] += units
        self._dirty.add(line_id)

    def give(self, line_id: int, order_id: int) -> None:
        """Let a line belong to another order."""
        row = self._rows[line_id]
        self._grow(row["order_id"])
        self._grow(order_id)
        row["order_id"] = order_id
        self._dirty.add(line_id)

    def send(self, line_id: int, document_id: int, cost: int, *, short: bool) -> None:
        """Note that a line left with a parcel.

        Its tax is decided anew: what was found when it was ordered held for that day, for where the
        goods were thought to lie, and for what was known of the buyer.
        """
        row = self._rows[line_id]
        row["cost_amount"], row["document_id"] = cost, document_id
        row["shipped_quantity"] = row["quantity"]
        self._sent[line_id] = document_id
        self._dirty.add(line_id)
        if short:
            self._short.add(line_id)
        self._undecided.add(line_id)

    def cancel(self, line_id: int) -> None:
        """Note that nothing of a line will leave."""
        row = self._rows[line_id]
        row["cancelled_quantity"] = row["quantity"] or 1
        self._dirty.add(line_id)

    def row(self, line_id: int) -> Row:
        """Return a line as it shall be."""
        return self._rows[line_id]

    def _grow(self, order_id: int) -> None:
        self._orders[order_id] = None

    def write(self) -> None:
        """Write new lines and changed ones, and the totals of orders whose lines are others now."""
        table = table_of(OrderLine)
        names = [column.name for column in table.columns]
        new = [[_plain(row[name]) for name in names] for row in self._new.values()]
        bulk_insert(self.session, table, names, new)
        self._update(PLAIN, sorted(self._dirty - self._new.keys()))
        sent = sorted(self._sent.keys() - self._new.keys())
        self._update(("document_id",), sent)
        self._flag()
        self._write_totals()

    def _update(self, names: Sequence[str], line_ids: Sequence[int]) -> None:
        rows = [
            (self.company_id, line_id, *(self._rows[line_id][name] for name in names))
            for line_id in line_ids
        ]
        assign = ", ".join(f"{name} = {{{name}}}" for name in names)
        columns = ["company_id", "id", *names]
        bulk_update(self.session, table_of(OrderLine), columns, rows, assign=assign)

    def _flag(self) -> None:
        for line_ids, values in (
            (self._short, {"flag": "short"}),
            (self._undecided, {"decision_id": None}),
        ):
            if line_ids:
                self.session.connection().execute(
                    sa.update(table_of(OrderLine))
                    .where(
                        OrderLine.company_id == self.company_id,
                        any_of(self.session, OrderLine.id, sorted(line_ids)),
                    )
                    .values(values)
                )

    def _write_totals(self) -> None:
        """Let orders have the sums of their lines, where lines came, went or were divided."""
        if not self._orders:
            return
        line, order = table_of(OrderLine), table_of(Order)
        mine = (line.c.company_id == order.c.company_id) & (line.c.order_id == order.c.id)

        def total(value: Any) -> Any:
            summed = sa.func.coalesce(sa.func.sum(value), 0)
            return sa.select(sa.cast(summed, sa.BigInteger)).where(mine).scalar_subquery()

        self.session.connection().execute(
            sa.update(order)
            .where(
                order.c.company_id == self.company_id,
                any_of(self.session, order.c.id, sorted(self._orders)),
            )
            .values(
                net_amount=total(line.c.net_amount),
                tax_amount=total(line.c.tax_amount),
                line_count=total(sa.literal(1)),
            )
        )


def _share(amount: int, part: int, whole: int) -> int:
    return share_of(amount, part, whole) if whole else 0


def _plain(value: object) -> object:
    """Return a value as bulk insertion takes it."""
    return value if value is None or isinstance(value, int | str) else str(value)
