"""Taking goods of an order back: as good as new, damaged, or to be inspected first.

What comes back is a credit note of its own; it undoes the lines it names at their own cost and tax.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.connector import LineKind
from core.db import any_of
from core.db import rows_of
from core.errors import Conflict
from core.errors import InputError
from core.ledger.journal import Dimensions
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.money import share_of
from core.orders.arrivals import note_arrivals
from core.orders.deeds import deed_of_orders
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.making import make_order
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.posting import STOCK_LOSS
from core.orders.posting import account_of
from core.orders.record import Actor
from core.stock.carrying import Part
from core.stock.models import Document
from core.stock.passing import PassingStock
from core.stock.states import DocumentState
from core.stock.states import Why

QC = "qc"
"""The condition of goods that are to be inspected."""

Disposition = Literal["sellable", "damaged", "inspection"]
DISPOSITIONS: tuple[Disposition, ...] = ("sellable", "damaged", "inspection")


@deed_of_orders("taken_back")
def take_back(
    session: Session,
    company_id: int,
    order_id: int,
    actor: Actor,
    *,
    quantities: Mapping[int, int],
    disposition: Disposition = "inspection",
    refund: bool = True,
    reason: str = "",
) -> list[Outcome]:
    """Take goods of an order back and book what they are worth, with the refund or without.

    Raises: InputError for more than was sent and has not come back, Conflict for a line that has
    not left or whose sale is not booked yet.
    """
    if disposition not in DISPOSITIONS:
        raise InputError(
            f"{disposition!r} is none of {', '.join(DISPOSITIONS)}.", where="disposition"
        )
    if not quantities:
        raise InputError("Nothing was named to take back.", where="lines")
    work = Work(session, company_id, actor)
    work.open([order_id], returning=True)
    order = work.orders[order_id]
    lines = [_line(work, order, line_id, units) for line_id, units in quantities.items()]
    places = _places(work, lines)
    note = make_order(work, order, "return", kind="credit_note", state="closed")
    for line in lines:
        _take_line(work, note, line, quantities[line.id], places[line.id], disposition, refund)
    detail = {"into": note.ref, "disposition": disposition, "units": sum(quantities.values())}
    work.record.event(order.id, "taken_back", **detail, **({"reason": reason} if reason else {}))
    work.record.event(note.id, "taken_back", off=order.ref, disposition=disposition)
    work.write(book="return")
    first = order.origin_id if order.origin_kind == "split" else None
    note_arrivals(session, company_id, [first or order.id], unpaid=not refund)
    return outcomes(work.orders.values())


def _line(work: Work, order: OrderWork, line_id: int, units: int) -> LineWork:
    line = next((each for each in order.lines if each.id == line_id and each.is_goods), None)
    if line is None or line.document_id is None:
        raise Conflict(f"Line {line_id} of order {order.ref} has not left: nothing can come back.")
    row = work.lines.row(line_id)
    left = row["quantity"] - row["returned_quantity"]
    if not 0 < units <= left:
        raise InputError(
            f"{units} of {line.code} cannot come back, {left} of it are out.", where="quantity"
        )
    return line


def _places(work: Work, lines: Sequence[LineWork]) -> dict[int, int]:
    """Return the warehouse that each line left from.

    Raises: Conflict for a line whose sale waits for its posting: it has no cost or tax to undo.
    """
    documents = sorted({line.document_id for line in lines if line.document_id})
    query = sa.select(Document.id, Document.warehouse_id, Document.posting_state).where(
        Document.company_id == work.company_id, any_of(work.session, Document.id, documents)
    )
    found = {row.id: row for row in rows_of(work.session, query)}
    for line in lines:
        if found[line.document_id or 0].posting_state != "posted":
            raise Conflict(
                f"The sale of {line.code} in order {line.order.ref} is not booked yet.",
                hint="Book it first: entrepot order post.",
            )
    return {line.id: found[line.document_id or 0].warehouse_id for line in lines}


def _take_line(
    work: Work,
    note: OrderWork,
    line: LineWork,
    units: int,
    warehouse_id: int,
    disposition: Disposition,
    refund: bool,
) -> None:
    event = work.document(warehouse_id, note, "return", work.now, work.day_of(note, work.now))
    event.currency, event.waiting_for = note.currency, "It is being booked."
    row = _row(work, note, line, units, refund)
    row["document_id"] = event.id
    where = Dimensions(
        line.order.shop_id, row["country"], line.order.profit_order_id, row["id"], line.sku_id,
        warehouse_id,
    )  # fmt: skip
    why = Why("return", row["raw_row_id"], where)
    stock = work.stocks[warehouse_id]
    cost = loss = 0
    for sku_id, each in line.parts:
        if disposition == "sellable":
            cost += _restock(stock, event.id, work, sku_id, line.id, units * each, why)
        else:
            lost = disposition == "damaged"
            kind, day = ("return" if lost else "condition_out"), event.booked_on
            out = work.document(warehouse_id, note, kind, work.now, day)
            parts = _set_aside(stock, (event.id, out.id), sku_id, line, units * each, why)
            value = sum(part.value for part in parts)
            cost += value
            if lost:
                loss += value
            else:
                came = work.document(warehouse_id, note, "to_inspect", work.now, day, QC)
                aside = work.aside(warehouse_id, QC)
                aside.bring_in(came.id, sku_id, parts, why._replace(reason="to_inspect"))
    lose(work, event, warehouse_id, row["external_ref"], loss, where)
    row["cost_amount"] = -cost
    work.lines.append(row)
    work.lines.come_back(line.id, units)


def _row(work: Work, note: OrderWork, line: LineWork, units: int, refund: bool) -> dict[str, Any]:
    sold = work.lines.row(line.id)
    before = sold["returned_quantity"]
    net = _undone(sold["net_amount"], before, units, sold["quantity"]) if refund else 0
    told = sold["platform_tax"] if refund else None
    return {
        **sold,
        "id": next(work.ids),
        "order_id": note.id,
        "external_ref": f"{sold['external_ref']}/{line.order.ref}",
        "kind": str(LineKind.RETURN),
        "quantity": -units,
        "net_amount": net,
        "tax_amount": 0,
        "platform_tax": None if told is None else _undone(told, before, units, sold["quantity"]),
        "account": account_of(LineKind.RETURN, -1, None),
        "original_line_id": line.id,
        "occurred_on": work.day_of(note, work.now),
        "returned_quantity": 0,
        "shipped_quantity": 0,
        "flag": None,
    }


def _undone(amount: int, before: int, units: int, quantity: int) -> int:
    """Return the amount that comes back, so that all parts add up to the whole."""
    until, since = (share_of(amount, part, quantity) for part in (before + units, before))
    return since - until


def _restock(
    stock: PassingStock, event_id: int, work: Work, sku_id: int, line_id: int, units: int, why: Why
) -> int:
    taken, cost = stock.put_back(event_id, sku_id, line_id, units, why)
    if taken < units:
        cost += stock.find(event_id, work.now, sku_id, units - taken, why)
    return cost


def _set_aside(
    stock: PassingStock,
    events: tuple[int, int],
    sku_id: int,
    line: LineWork,
    units: int,
    why: Why,
) -> list[Part]:
    """Take goods back beside those for sale, at their own cost."""
    parts = stock.set_aside(*events, sku_id, line.id, units, why)
    if sum(part.quantity for part in parts) < units:
        raise Conflict(
            f"Not all of {line.code} in order {line.order.ref} has a cost yet: it left short.",
            hint="Receive what covers it first, or take it back as sellable.",
        )
    return parts


def lose(
    work: Work, event: DocumentState, warehouse_id: int, line: str, cost: int, where: Dimensions
) -> None:
    """Book goods that came back of no use as a loss of the order, by line; none is no entry."""
    closed = closed_months(work.session, work.company_id)
    entry = work.journal.entry(
        next(work.ids),
        f"return_loss:{event.natural_key}:{line}",
        "return_loss",
        open_day(event.booked_on, closed),
        happened_on=event.booked_on,
        order_id=where.order_id,
        document_id=event.id,
        narration="Goods that came back damaged",
    )
    account = work.warehouses[warehouse_id].inventory_account
    entry.add(STOCK_LOSS, cost, where)
    entry.add(account, -cost, where)
