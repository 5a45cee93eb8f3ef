"""Receipts that are told of late: what left since is worked out again, and the difference booked.

No entry is changed. Each event whose cost differs gets an entry of its own with its own day; if
that day's month is closed, it is booked in the next open one and says where it belongs. A company
either freezes what was issued and uses the goods from now on, or replays by itself. Source: DOMAIN
§3.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.costing.receipts import GOODS_RECEIPT
from core.costing.receipts import RECEIPT
from core.costing.units import LOSS
from core.costing.units import lock_roots
from core.costing.units import loss_accounts
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.errors import Conflict
from core.errors import NotFound
from core.identity.deeds import say
from core.ids import id_stream
from core.kernel.companies import company_of
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.models import Entry
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.orders.models import Order
from core.orders.models import OrderLine
from core.rows import bulk_insert
from core.rows import bulk_update
from core.stock.costing import is_average
from core.stock.models import Document
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.models import Level
from core.stock.models import Warehouse
from core.stock.requeueing import Issue
from core.stock.requeueing import Requeued
from core.stock.requeueing import Taken
from core.stock.requeueing import requeue
from core.stock.states import Landed
from core.stock.storing import write_layers

COGS, REPLAY = "5000", "cost_replay"
"""The account of goods sold, and the kind of the entries."""

SOON = timedelta(hours=1)
"""Within it nobody sold what had come and was not told yet, or hardly."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What an event's goods cost before and after; minor units of the company."""

    kind: str
    natural_key: str
    order_ref: str | None
    sku: str
    day: date
    quantity: int
    before: int
    after: int

    @property
    def difference(self) -> int:
        """Return by how much it costs more."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class _Place:
    """A level where late goods lie, and the first moment from which they do."""

    level_id: int
    sku_id: int
    sku: str
    warehouse_id: int
    account: str
    since: Any


def preview_replay(session: Session, company_id: int, reference: str) -> list[Replayed]:
    """Return what would cost otherwise had a receipt been told of in time; nothing is changed.

    Raises: NotFound, Conflict naming what keeps it from being worked out.
    """
    return [
        each
        for place in _places(session, company_id, reference)
        for each in _shown(
            session, company_id, place, requeue(session, company_id, place.level_id, place.since)
        )
    ]


def replay(session: Session, company_id: int, reference: str) -> list[Replayed]:
    """Work out again what left since a receipt, and book what differs; again it books nothing.

    Raises: NotFound, Conflict naming what keeps it from being worked out.
    """
    places = _places(session, company_id, reference)
    lock_roots(session, company_id, _roots(session, company_id, places))
    done = [(place, requeue(session, company_id, place.level_id, place.since)) for place in places]
    shown = [each for place, found in done for each in _shown(session, company_id, place, found)]
    books = _Books(session, company_id, reference)
    for place, found in done:
        _write(session, company_id, found)
        books.book(place, found)
    books.journal.post()
    if shown:
        after: dict[str, object] = {
            "events": len(shown), "difference": sum(each.difference for each in shown)
        }  # fmt: skip
        say(session, company_id, "costs.replayed", f"receipt {reference}", after=after)
    return shown


def is_late(session: Session, company_id: int, reference: str) -> bool:
    """Say whether a receipt was told well after the goods had come."""
    query = (
        sa.select(Document.happened_at, Entry.recorded_at)
        .join(Entry, (Entry.company_id == Document.company_id) & (Entry.document_id == Document.id))
        .where(
            Document.company_id == company_id,
            Document.kind == RECEIPT,
            Document.natural_key == reference,
            Entry.kind == GOODS_RECEIPT,
        )
    )
    row = session.execute(query).one_or_none()
    return row is not None and row.recorded_at - row.happened_at > SOON


def replay_late(session: Session, company_id: int, reference: str) -> None:
    """Replay a receipt if it can be; goods that came are a fact, so else the audit says why not."""
    try:
        replay(session, company_id, reference)
    except Conflict as error:
        after = {"reason": error.message}
        say(session, company_id, "costs.not_replayed", f"receipt {reference}", after=after)


def _places(session: Session, company_id: int, reference: str) -> list[_Place]:
    if is_average(session, company_id):
        raise Conflict("Goods that cost their moving average are not worked out again.")
    query = (
        sa.select(
            Layer.level_id,
            Level.sku_id,
            Sku.code,
            Level.warehouse_id,
            Warehouse.inventory_account,
            sa.func.min(Layer.received_at).label("since"),
        )
        .join(Document, _is(Document, Layer.company_id, Layer.document_id))
        .join(Level, _is(Level, Layer.company_id, Layer.level_id))
        .join(Sku, _is(Sku, Level.company_id, Level.sku_id))
        .join(Warehouse, _is(Warehouse, Level.company_id, Level.warehouse_id))
        .where(
            Layer.company_id == company_id,
            Document.kind == RECEIPT,
            Document.natural_key == reference,
        )
        .group_by(
            Layer.level_id, Level.sku_id, Sku.code, Level.warehouse_id, Warehouse.inventory_account
        )
        .order_by(Level.warehouse_id, Level.sku_id)
    )
    found = [_Place(*row) for row in session.execute(query)]
    if not found:
        raise NotFound(
            f"There is no receipt {reference!r}.", hint="`entrepot cost receipts` lists them."
        )
    return found


def _is(model: Any, company: object, key: object) -> Any:
    return (model.company_id == company) & (model.id == key)


def _roots(session: Session, company_id: int, places: Sequence[_Place]) -> Sequence[int]:
    levels = [place.level_id for place in places]
    query = sa.select(Layer.root_id).where(
        Layer.company_id == company_id, any_of(session, Layer.level_id, levels)
    )
    return session.scalars(query.distinct()).all()


def _changed(found: Requeued) -> list[tuple[Issue, Sequence[Taken]]]:
    return [
        (issue, parts) for issue, parts in found.issues if list(issue.parts.values()) != list(parts)
    ]


def _shown(session: Session, company_id: int, place: _Place, found: Requeued) -> list[Replayed]:
    changed = _changed(found)
    orders = _order_refs(session, company_id, [issue for issue, _ in changed])
    return [
        Replayed(
            issue.kind,
            issue.natural_key,
            orders.get(issue.line_id),
            place.sku,
            issue.booked_on,
            issue.quantity,
            issue.value,
            sum(part.value for part in parts),
        )
        for issue, parts in changed
    ]


def _order_refs(
    session: Session, company_id: int, issues: Sequence[Issue]
) -> dict[int | None, str]:
    lines = sorted({issue.line_id for issue in issues if issue.line_id is not None})
    query = (
        sa.select(OrderLine.id, Order.external_ref)
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .where(OrderLine.company_id == company_id, any_of(session, OrderLine.id, lines))
    )
    return {row[0]: row[1] for row in rows_of(session, query)}


def _write(session: Session, company_id: int, found: Requeued) -> None:
    """Write what is left of the layers, and which issue took what from which."""
    write_layers(session, company_id, found.layers)
    ids = id_stream(session)
    moved: list[tuple[int, ...]] = []
    more: list[tuple[int | None, ...]] = []
    gone: list[int] = []
    for issue, parts in _changed(found):
        rows = list(issue.parts)
        for use_id, part in zip(rows, parts, strict=False):
            moved.append((company_id, use_id, part.layer_id, *_amounts(part)))
        gone += rows[len(parts) :]
        more += [
            (company_id, next(ids), part.layer_id, issue.document_id, issue.line_id)
            + (*_amounts(part), 0, 0)
            for part in parts[len(rows) :]
        ]
    columns = ["layer_id", "quantity", "value", *Landed._fields]
    assign = ", ".join(f"{name} = {{{name}}}" for name in columns)
    bulk_update(session, table_of(LayerUse), ["company_id", "id", *columns], moved, assign=assign)
    bulk_insert(session, table_of(LayerUse), [*_NEW, *Landed._fields, *_BACK], more)
    if gone:
        which = (LayerUse.company_id == company_id) & any_of(session, LayerUse.id, gone)
        session.execute(
            sa.delete(LayerUse).where(which).execution_options(synchronize_session=False)
        )


_NEW = ("company_id", "id", "layer_id", "document_id", "line_id", "quantity", "value")
_BACK = ("returned_quantity", "returned_value")


def _amounts(part: Taken) -> tuple[int, ...]:
    return (part.quantity, part.value, *part.landed)


class _Books:
    """The entries of a replay: one for each event that costs otherwise, on its own day."""

    def __init__(self, session: Session, company_id: int, reference: str) -> None:
        self.session, self.company_id, self.reference = session, company_id, reference
        self.journal = Journal(session, company_id, company_of(session, company_id).currency)
        self.closed = closed_months(session, company_id)
        self.ids = id_stream(session)
        self.prefix = f"{REPLAY}:{reference}/"
        # Another receipt told of late may let the same one be worked out once more.
        before = sa.select(sa.func.count()).where(
            Entry.company_id == company_id,
            Entry.natural_key.startswith(self.prefix, autoescape=True),
        )
        self.known = session.scalar(before) or 0

    def book(self, place: _Place, found: Requeued) -> None:
        """Add the entries of a level, and correct what its lines say that their goods cost."""
        changed = _changed(found)
        where = self._dimensions(place, [issue for issue, _ in changed])
        losses = loss_accounts(
            self.session,
            self.company_id,
            {issue.document_id for issue, _ in changed if issue.line_id is None},
        )
        costs, entries = [], dict[int, EntryDraft]()
        for issue, parts in changed:
            difference = sum(part.value for part in parts) - issue.value
            if not difference:
                continue
            account = COGS
            if issue.line_id is None:
                account = losses.get((issue.document_id, place.sku_id), LOSS)
            else:
                costs.append((self.company_id, issue.line_id, difference))
            dimensions = where[issue.line_id]
            entry = entries.get(issue.document_id)
            if entry is None:
                entry = entries[issue.document_id] = self._entry(place, issue)
            entry.add(account, difference, dimensions, tag="trueup")
            entry.add(place.account, -difference, dimensions, tag="trueup")
        bulk_update(
            self.session,
            table_of(OrderLine),
            ["company_id", "id", "cost"],
            costs,
            assign="cost_amount = cost_amount + {cost}",
        )

    def _entry(self, place: _Place, issue: Issue) -> EntryDraft:
        return self.journal.entry(
            next(self.ids),
            f"{self.prefix}{self.known}/{place.sku}/{issue.kind}:{issue.natural_key}",
            REPLAY,
            open_day(issue.booked_on, self.closed),
            happened_on=issue.booked_on,
            order_id=issue.order_id,
            document_id=issue.document_id,
            narration=f"Cost of {place.sku} worked out again by receipt {self.reference}",
        )

    def _dimensions(self, place: _Place, issues: Sequence[Issue]) -> dict[int | None, Dimensions]:
        """Return by line whom its cost concerns; what left for no line concerns its place."""
        lines = sorted({issue.line_id for issue in issues if issue.line_id is not None})
        query = (
            sa.select(OrderLine.id, Order.shop_id, OrderLine.country, OrderLine.order_id)
            .join(
                Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id)
            )
            .where(
                OrderLine.company_id == self.company_id, any_of(self.session, OrderLine.id, lines)
            )
        )
        found: dict[int | None, Dimensions] = {
            line_id: Dimensions(shop, country, order, line_id, place.sku_id, place.warehouse_id)
            for line_id, shop, country, order in rows_of(self.session, query)
        }
        found[None] = Dimensions(sku_id=place.sku_id, warehouse_id=place.warehouse_id)
        return found
