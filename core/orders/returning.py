"""Which sale a return undoes: that customer's latest earlier sale of the code."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.connector import LineKind
from core.db import any_of
from core.db import table_of
from core.money import share_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.rows import bulk_update
from core.tax.booking import LineTaxes
from core.tax.booking import taxes_of_lines
from core.tax.models import CHARGED_RATE
from core.tax.models import Decision

BuyerCode = tuple[int, str]
"""A customer and a platform code."""


@dataclass(slots=True, eq=False)
class SoldLine:
    """A line that may come back, with the tax it was sold under."""

    id: int
    order_id: int
    sold_at: datetime
    quantity: int
    returned: int
    decision_id: int | None
    tax_rate: int
    tax_account: str
    net: int = 0
    taxes: LineTaxes = ()
    dirty: bool = False
    platform_tax: int | None = None

    def platform_tax_of(self, quantity: int) -> int:
        """Return the platform's tax on what has just come back, negative; all parts undo it all."""
        whole, before = self.platform_tax or 0, self.returned - quantity
        return share_of(whole, before, self.quantity) - share_of(
            whole, self.returned, self.quantity
        )


class SoldLines:
    """What some customers bought of some codes, to be looked through from the latest sale."""

    def __init__(self, session: Session, company_id: int, keys: Iterable[BuyerCode]) -> None:
        self.session = session
        self.company_id = company_id
        self._lines: defaultdict[BuyerCode, list[SoldLine]] = defaultdict(list)
        self._keys = set(keys)
        if self._keys:
            self._load()

    def _load(self) -> None:
        line = OrderLine
        query = (
            sa.select(
                line.customer_id,
                line.code,
                line.id,
                line.order_id,
                Order.ordered_at,
                line.quantity,
                line.returned_quantity,
                line.decision_id,
                line.net_amount,
                line.platform_tax,
                CHARGED_RATE.label("rate"),
                Decision.account,
            )
            .join(Order, (Order.company_id == line.company_id) & (Order.id == line.order_id))
            .outerjoin(
                Decision,
                (Decision.company_id == line.company_id) & (Decision.id == line.decision_id),
            )
            .where(
                line.company_id == self.company_id,
                any_of(self.session, line.customer_id, sorted({key[0] for key in self._keys})),
                any_of(self.session, line.code, sorted({key[1] for key in self._keys})),
                line.quantity > line.returned_quantity,
                line.kind != LineKind.ADJUSTMENT,
                # Not what was only promised: nothing of it left, nothing of it can come back.
                line.document_id.is_not(None),
            )
            .order_by(Order.ordered_at, line.id)
        )
        for row in self.session.execute(query):
            key = (row.customer_id or 0, row.code)
            if key in self._keys:
                rate, account = row.rate or 0, row.account or ""
                sold = SoldLine(
                    row.id,
                    row.order_id,
                    row.ordered_at,
                    row.quantity,
                    row.returned_quantity,
                    row.decision_id,
                    rate,
                    account,
                    row.net_amount,
                    platform_tax=row.platform_tax,
                )
                self._lines[key].append(sold)

        taxes = taxes_of_lines(self.session, self.company_id, self.line_ids())
        for each in (line for lines in self._lines.values() for line in lines):
            each.taxes = taxes.get(each.id, ())

    def line_ids(self) -> list[int]:
        """Return the lines that were loaded."""
        return [line.id for lines in self._lines.values() for line in lines]

    def sell(self, key: BuyerCode, line: SoldLine) -> None:
        """Add a sale of this batch, if one of its returns may ask for it."""
        if key in self._keys:
            bisect.insort(self._lines[key], line, key=_when)

    def take(
        self, key: BuyerCode | None, quantity: int, before: datetime
    ) -> Iterator[tuple[SoldLine | None, int]]:
        """Yield the sales that a return undoes, with how much of each; None for the rest."""
        left = quantity
        for line in reversed(self._lines[key] if key in self._keys else ()):
            taken = min(left, line.quantity - line.returned)
            if taken > 0 and line.sold_at <= before:
                line.returned += taken
                line.dirty = True
                left -= taken
                yield line, taken
        if left:
            yield None, left

    def write(self) -> None:
        """Write how much of each sale came back."""
        rows = [
            (self.company_id, line.id, line.returned)
            for lines in self._lines.values()
            for line in lines
            if line.dirty
        ]
        bulk_update(
            self.session,
            table_of(OrderLine),
            ["company_id", "id", "returned_quantity"],
            rows,
            assign="returned_quantity = {returned_quantity}",
        )


def _when(line: SoldLine) -> tuple[datetime, int]:
    return line.sold_at, line.id
