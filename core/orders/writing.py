"""Rows of orders on their way into the database, written by sets."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.connector import RejectedLine
from core.channels.connector import SourceLine
from core.db import json_text
from core.db import table_of
from core.db import utc_text
from core.money import allocate
from core.orders.exceptions import show_most_urgent
from core.orders.exceptions import write_raised
from core.orders.lookups import Account
from core.orders.models import Order
from core.orders.models import OrderEvent
from core.orders.models import OrderLine
from core.rows import bulk_insert
from core.rows import bulk_update
from core.tax.booking import LineTaxes

RawLine = SourceLine | RejectedLine


@dataclass(slots=True, eq=False)
class OrderRow:
    """A document that is new, or gets new lines; `version` is 1 for a new one."""

    id: int
    version: int
    ref: str
    kind: str
    first: SourceLine
    state: str = "draft"
    exception: str | None = None
    exception_detail: dict[str, object] = field(default_factory=dict)
    remote_state: str | None = None
    customer_id: int | None = None
    foreign_currency: str | None = None

    @property
    def currency(self) -> str:
        """Return the currency of the document."""
        return self.foreign_currency or self.first.currency

    @property
    def event_kind(self) -> str:
        """Return what the document does to the goods."""
        return {"sale": "shipment", "credit_note": "return"}.get(self.kind, "charge")


@dataclass(slots=True, eq=False)
class LineRow:
    """A new line of a document; `profit_order_id` is the order whose profit it changes."""

    id: int
    order: OrderRow
    external_ref: str
    source: SourceLine
    sku_id: int | None
    quantity: int
    net: int
    account: str
    raw_row_id: int
    tax: int = 0
    tax_rate: int = 0
    tax_account: str = ""
    decision_id: int | None = None
    customer_id: int | None = None
    original_line_id: int | None = None
    event_id: int | None = None
    cost: int = 0
    shipped: int = 0
    flag: str | None = None
    profit_order_id: int = 0
    taxes: LineTaxes = ()
    platform_tax: int | None = None
    tax_days: Mapping[int, date] | None = None

    def __post_init__(self) -> None:
        self.profit_order_id = self.order.id


@dataclass(slots=True, eq=False)
class EventRow:
    """A step on a document's timeline."""

    id: int
    order_id: int
    happened_at: datetime
    kind: str
    actor: str
    detail: dict[str, object]


@dataclass(slots=True)
class Rows:
    """The rows of a batch."""

    company_id: int
    account: Account
    shop_id: int
    now: datetime
    orders: list[OrderRow] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)

    def write(self, session: Session) -> None:
        """Write documents, lines and timeline; a known document grows by its new lines."""
        totals: dict[int, list[int]] = {order.id: [0, 0, 0] for order in self.orders}
        for line in self.lines:
            sums = totals[line.order.id]
            sums[0] += line.net
            sums[1] += line.tax
            sums[2] += 1
        new = [self._order(order, *totals[order.id]) for order in self.orders if order.version == 1]
        bulk_insert(session, table_of(Order), _ORDER_COLUMNS, new)
        grown = [
            (self.company_id, order.id, *totals[order.id])
            for order in self.orders
            if order.version > 1
        ]
        bulk_update(
            session,
            table_of(Order),
            ["company_id", "id", "net", "tax", "lines"],
            grown,
            assign=(
                "net_amount = net_amount + {net}, tax_amount = tax_amount + {tax},"
                " line_count = line_count + {lines}, row_version = row_version + 1"
            ),
        )
        self._write_exceptions(session)
        lines = [line_cells(self.company_id, line) for line in self.lines]
        bulk_insert(session, table_of(OrderLine), _LINE_COLUMNS, lines)
        bulk_insert(session, table_of(OrderEvent), _EVENT_COLUMNS, [*map(self._event, self.events)])

    def _write_exceptions(self, session: Session) -> None:
        """Queue documents with an exception; a known one shows it, whatever state it had."""
        queued = [order for order in self.orders if order.exception is not None]
        raised = [(o.id, o.exception or "", o.exception_detail) for o in queued]
        write_raised(session, self.company_id, raised)
        known = [order for order in queued if order.version > 1]
        if known:
            session.connection().execute(
                sa.text("UPDATE orders_order SET state = :s WHERE company_id = :c AND id = :i"),
                [{"c": self.company_id, "i": order.id, "s": order.state} for order in known],
            )
            show_most_urgent(session, self.company_id, [order.id for order in known])

    def _order(self, order: OrderRow, net: int, tax: int, lines: int) -> tuple[object, ...]:
        first, account = order.first, self.account
        return (
            (self.company_id, order.id, self.shop_id, account.platform, account.account, order.ref)
            + (order.kind, order.state, order.exception, utc_text(first.occurred_at))
            + (first.occurred_on.isoformat(), order.currency, first.country, order.customer_id)
            + (net, tax, lines, utc_text(self.now), 1, utc_text(first.occurred_at))
            + (order.remote_state,)
        )

    def _event(self, event: EventRow) -> tuple[object, ...]:
        detail = json_text(event.detail)
        return (self.company_id, event.id, event.order_id, utc_text(event.happened_at)) + (
            utc_text(self.now),
            event.kind,
            event.actor,
            detail,
        )


def line_values(company_id: int, line: LineRow) -> dict[str, Any]:
    """Return a new line as it is read back from its table."""
    cells = dict(zip(_LINE_COLUMNS, line_cells(company_id, line), strict=True))
    return cells | {"occurred_on": line.source.occurred_on}


def line_cells(company_id: int, line: LineRow) -> tuple[object, ...]:
    """Return a new line as it is inserted."""
    source = line.source
    return (
        (company_id, line.id, line.order.id, line.external_ref, str(source.kind))
        + (source.code, line.sku_id, source.title, source.occurred_on.isoformat())
        + (source.country, line.quantity, source.unit_price)
        + (line.net, line.tax, line.account, line.decision_id, line.customer_id)
        + (line.original_line_id, line.event_id, line.cost, 0, line.shipped, line.flag)
        + (line.raw_row_id, 0, line.platform_tax)
    )


def split_amount(amount: int, weights: Sequence[int]) -> list[int]:
    """Split a signed amount by weights; the parts add up to it exactly."""
    sign = -1 if amount < 0 else 1
    return [sign * part for part in allocate(abs(amount), weights)]


_ORDER_COLUMNS = (
    "company_id id shop_id platform account external_ref kind state exception ordered_at ordered_on"
    " currency country customer_id net_amount tax_amount line_count created_at row_version"
    " promised_at remote_state"
).split()
_LINE_COLUMNS = (
    "company_id id order_id external_ref kind code sku_id title occurred_on country quantity"
    " unit_price net_amount tax_amount account decision_id customer_id original_line_id"
    " document_id cost_amount returned_quantity shipped_quantity flag raw_row_id"
    " cancelled_quantity platform_tax"
).split()
_EVENT_COLUMNS = "company_id id order_id happened_at recorded_at kind actor detail".split()
