"""Sending goods again: for a parcel that was lost, or other goods in exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.catalog.services import skus_by_code
from core.channels.connector import LineKind
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ledger.journal import Dimensions
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.orders.allocating import promise_goods
from core.orders.approving import go_on
from core.orders.deeds import deed_of_orders
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.making import make_order
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.posting import COGS
from core.orders.record import Actor
from core.orders.states import State
from core.orders.taking_back import Disposition
from core.orders.taking_back import take_back

LOST_ON_THE_WAY = "5120"


@deed_of_orders("reshipped")
def reship(
    session: Session,
    company_id: int,
    order_id: int,
    actor: Actor,
    *,
    quantities: Mapping[int, int],
    lost: bool = True,
) -> list[Outcome]:
    """Send units of lines once more, free of charge; their cost counts for the first order.

    `lost` books what the first parcel cost as lost on the way. Raises: Conflict for a line that has
    not left, InputError for more than was sent.
    """
    work = Work(session, company_id, actor)
    work.open([order_id])
    order = work.orders[order_id]
    lines = [_sent(work, order, line_id, units) for line_id, units in quantities.items()]
    again = _make(work, order, "reship")
    for line in lines:
        row = work.lines.row(line.id)
        _add(work, again, row, line.sku_id, quantities[line.id], line.parts, row["code"])
        if lost:
            _lose(work, again, line, quantities[line.id])
    _let_go(work, order, again)
    return outcomes(work.orders.values())


@deed_of_orders("exchanged")
def exchange(
    session: Session,
    company_id: int,
    order_id: int,
    actor: Actor,
    *,
    quantities: Mapping[int, int],
    items: Mapping[str, int],
    disposition: Disposition = "inspection",
) -> list[Outcome]:
    """Take units of lines back without a refund and send other SKUs for them.

    Raises: NotFound for a SKU that does not exist, and what taking back raises.
    """
    back = take_back(
        session, company_id, order_id, actor,
        quantities=quantities, disposition=disposition, refund=False,
    )  # fmt: skip
    skus = skus_by_code(session, company_id, items)
    if unknown := [code for code in items if code not in skus]:
        raise NotFound(f"There is no SKU {unknown[0]!r}.", hint="Make it, or correct its code.")
    if not items or min(items.values()) <= 0:
        raise InputError("Name what is sent instead, and how many.", where="items")
    work = Work(session, company_id, actor)
    work.open([order_id], new_skus=set(skus.values()))
    order = work.orders[order_id]
    again = _make(work, order, "exchange")
    like = work.lines.row(next(iter(quantities)))
    for code, units in items.items():
        _add(work, again, like, skus[code], units, work.parts[skus[code]], code)
    _let_go(work, order, again)
    return [*back[1:], *outcomes(work.orders.values())]


def _sent(work: Work, order: OrderWork, line_id: int, units: int) -> LineWork:
    line = next((each for each in order.lines if each.id == line_id and each.is_goods), None)
    if line is None or line.document_id is None:
        raise Conflict(f"Line {line_id} of order {order.ref} has not left.", hint="Ship it.")
    if not 0 < units <= line.quantity:
        raise InputError(
            f"{units} of {line.code} cannot be sent again, {line.quantity} were sent.",
            where="quantity",
        )
    return line


def _make(work: Work, order: OrderWork, kind: str) -> OrderWork:
    again = make_order(work, order, kind, state=State.TO_REVIEW)
    again.remote_state = None
    again.promised_at = work.now
    work.made[again.id] |= {"remote_state": None, "promised_at": work.now}
    return again


def _add(
    work: Work,
    order: OrderWork,
    like: dict[str, Any],
    sku_id: int | None,
    units: int,
    parts: tuple[tuple[int, int], ...],
    code: str,
) -> None:
    """Add a line of no price to an order that replaces another."""
    row = {
        **like,
        "id": next(work.ids),
        "order_id": order.id,
        "external_ref": f"{code}.{len(order.lines) + 1}",
        "kind": str(LineKind.SALE),
        "code": code,
        "sku_id": sku_id,
        "quantity": units,
        "unit_price": 0,
        "net_amount": 0,
        "tax_amount": 0,
        "platform_tax": None,
        "account": "4000",
        "decision_id": None,
        "original_line_id": None,
        "document_id": None,
        "cost_amount": 0,
        "returned_quantity": 0,
        "shipped_quantity": 0,
        "cancelled_quantity": 0,
        "flag": None,
    }
    if code != like["code"]:
        row["title"] = code
    work.lines.append(row)
    order.lines.append(
        LineWork(row["id"], order, row["kind"], code, sku_id, units, 0, 0, None, 0, parts)
    )


def _lose(work: Work, again: OrderWork, line: LineWork, units: int) -> None:
    """Book what the first parcel cost as lost on the way, with the order."""
    row, order = work.lines.row(line.id), line.order
    cost = row["cost_amount"] * units // row["quantity"]
    where = Dimensions(
        order.shop_id, row["country"], order.profit_order_id, line.id, line.sku_id, None
    )
    closed = closed_months(work.session, work.company_id)
    day = work.day_of(order, work.now)
    entry = work.journal.entry(
        next(work.ids),
        f"lost_parcel:{again.key}:{row['external_ref']}",
        "lost_parcel",
        open_day(day, closed),
        happened_on=day,
        order_id=order.profit_order_id,
        narration=f"Lost on the way, sent again as {again.ref}",
    )
    entry.add(LOST_ON_THE_WAY, cost, where)
    entry.add(COGS, -cost, where)


def _let_go(work: Work, order: OrderWork, again: OrderWork) -> None:
    work.record.event(order.id, "replaced", by=again.ref)
    work.record.event(again.id, "replaced", off=order.ref)
    promise_goods(work, [again])
    go_on(work, again)
    work.write()
