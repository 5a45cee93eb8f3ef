"""Inspecting goods that came back: those fit for sale go on the shelf, the others are a loss."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.errors import Conflict
from core.errors import InputError
from core.ledger.journal import Dimensions
from core.orders.deeds import deed_of_orders
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.taking_back import QC
from core.orders.taking_back import lose
from core.stock.models import Document
from core.stock.states import Why


class HasKind(Protocol):
    """A stock document, as a row or as facts."""

    @property
    def kind(self) -> str:
        """Return what it is."""


@deed_of_orders("inspected")
def inspect(
    session: Session,
    company_id: int,
    note_id: int,
    actor: Actor,
    *,
    sellable: Mapping[int, int],
) -> list[Outcome]:
    """Say how many units of each line of a return are fit for sale; the rest of it is damaged.

    Raises: Conflict for a return that waits for no inspection, InputError for more than came.
    """
    work = Work(session, company_id, actor)
    work.open([note_id])
    note = work.orders[note_id]
    lines = [line for line in note.lines if line.quantity < 0 and line.document_id is not None]
    _check(note, lines, sellable)
    events = _events(work, note)
    came = {row.warehouse_id: row.id for row in events if row.kind == "to_inspect"}
    if not waits_for_inspection(events):
        raise Conflict(f"Nothing of {note.ref} waits for an inspection.")
    places = {row.id: row.warehouse_id for row in events}
    for line in lines:
        place = places[line.document_id or 0]
        _inspect_line(work, note, line, (place, came[place]), sellable.get(line.id, 0))
    work.record.event(note.id, "inspected", sellable=sum(sellable.values()))
    work.write()
    return outcomes([note])


def waits_for_inspection(events: Iterable[HasKind]) -> bool:
    """Say whether goods of a return are to be inspected still, by all of its stock documents."""
    kinds = {event.kind for event in events}
    return "to_inspect" in kinds and not kinds & {"condition_in", "inspection"}


def _check(note: OrderWork, lines: list[LineWork], sellable: Mapping[int, int]) -> None:
    came = {line.id: -line.quantity for line in lines}
    for line_id, units in sellable.items():
        if not 0 <= units <= came.get(line_id, -1):
            raise InputError(
                f"{units} units of line {line_id} cannot be fit for sale: {came.get(line_id, 0)}"
                f" of it came with {note.ref}.",
                where="sellable",
            )


def _events(work: Work, note: OrderWork) -> Sequence[Any]:
    query = sa.select(Document.id, Document.kind, Document.warehouse_id).where(
        Document.company_id == work.company_id, Document.order_id == note.id
    )
    return rows_of(work.session, query)


def _inspect_line(
    work: Work, note: OrderWork, line: LineWork, place: tuple[int, int], good: int
) -> None:
    """Move the goods of a line on; `place` is their warehouse and the event they came by."""
    warehouse_id, came = place
    day = work.day_of(note, work.now)
    row = work.lines.row(line.id)
    where = Dimensions(
        note.shop_id, row["country"], note.origin_id, line.id, line.sku_id, warehouse_id
    )
    why = Why("inspected", row["raw_row_id"], where)
    aside, stock = work.aside(warehouse_id, QC), work.stocks[warehouse_id]
    loss = 0
    for sku_id, each in line.parts:
        if good:
            out = work.document(warehouse_id, note, "condition_out", work.now, day, QC)
            fit = aside.take_out(out.id, sku_id, good * each, why, {came})
            event = work.document(warehouse_id, note, "condition_in", work.now, day)
            stock.bring_in(event.id, sku_id, fit, why)
        if rest := (-line.quantity - good) * each:
            event = work.document(warehouse_id, note, "inspection", work.now, day, QC)
            bad = aside.take_out(event.id, sku_id, rest, why, {came})
            loss += sum(part.value for part in bad)
    if loss:
        event = work.document(warehouse_id, note, "inspection", work.now, day, QC)
        lose(work, event, warehouse_id, row["external_ref"], loss, where)
