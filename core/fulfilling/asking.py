"""Asking somebody else's warehouse for the goods of orders that are handed over to it.

An order goes there whose goods were promised there, or for which the platform's own warehouse was
chosen: a platform promises its stock itself, so that nothing is promised in our books. What asks
it is written with the order's step, and told by a job after that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.fulfilling.models import Fulfilment
from core.fulfilling.models import FulfilmentItem
from core.fulfilling.serving import Server
from core.fulfilling.serving import codes_of
from core.fulfilling.serving import servers_of
from core.kernel.jobs import enqueue
from core.rules.ruling import chosen_warehouses
from core.stock.warehouses import PLATFORM
from core.stock.warehouses import THREE_PL

if TYPE_CHECKING:
    from core.orders.inhand import LineWork
    from core.orders.inhand import OrderWork
    from core.orders.orderwork import Work

SEND_TASK = "fulfilling.send"
WAITING, SENDING, ACCEPTED = "waiting", "sending", "accepted"
DONE, CANCELLED, REFUSED = "done", "cancelled", "refused"
OPEN = (WAITING, SENDING, ACCEPTED)
CANCEL, RECALL = "cancel", "recall"
EXCEPTION = "warehouse"
"""The queue of orders that a warehouse refused, or that it sent otherwise than it was asked."""


Held = Mapping[int, Mapping[int, int]]
"""How many whole units of each line each warehouse has promised."""


def sent_by_platform(
    work: Work, orders: Iterable[OrderWork], chosen: Mapping[int, int]
) -> set[int]:
    """Return the orders that a platform shall send from its own warehouse, chosen for them.

    Not those that were bought there: what the platform sells from its warehouse it sends itself.
    """
    theirs = {place for place, facts in work.warehouses.items() if facts.kind == PLATFORM}
    places = {
        order.id: chosen[order.id] for order in orders if theirs and chosen.get(order.id) in theirs
    }
    if not places:
        return set()
    servers = servers_of(work.session, work.company_id)
    return {
        order_id
        for order_id, place in places.items()
        if place in servers and not _own(servers[place], work.orders[order_id])
    }


def _own(server: Server, order: OrderWork) -> bool:
    return server.sells(order.platform, order.account)


def ask_for(work: Work, orders: Collection[OrderWork], held: Held) -> None:
    """Ask the warehouses that are somebody else's for what they shall send of released orders."""
    kinds = {facts.kind for facts in work.warehouses.values()}
    if not orders or not kinds & {PLATFORM, THREE_PL}:
        return
    servers = servers_of(work.session, work.company_id)
    if not servers:
        return
    chosen = chosen_warehouses(work.session, work.company_id, [order.id for order in orders])
    wanted = {
        (order.id, place): lines
        for order in orders
        for place, lines in _lines_by_place(order, held, chosen.get(order.id), servers).items()
    }
    skus: defaultdict[int, set[int]] = defaultdict(set)
    for (_, place), lines in wanted.items():
        skus[place] |= {sku_id for line, _ in lines for sku_id, _ in line.parts}
    codes = {place: codes_of(work.session, servers[place], of) for place, of in skus.items()}
    for (order_id, place), lines in wanted.items():
        _write(work, work.orders[order_id], servers[place], lines, codes[place])
    for place in sorted(skus):
        wake(work.session, servers[place].connection.id, work.company_id)


def _lines_by_place(
    order: OrderWork, held: Held, chosen: int | None, servers: Mapping[int, Server]
) -> dict[int, list[tuple[LineWork, int]]]:
    """Return which lines each warehouse of somebody else shall send, with how many units."""
    found: defaultdict[int, list[tuple[LineWork, int]]] = defaultdict(list)
    for line in order.open_goods:
        there = held[line.id]
        if not there and chosen is not None and chosen in servers:
            if not _own(servers[chosen], order):
                found[chosen].append((line, line.quantity))
            continue
        for place, units in there.items():
            if place in servers:
                found[place].append((line, units))
    return found


def _write(
    work: Work,
    order: OrderWork,
    server: Server,
    lines: list[tuple[LineWork, int]],
    codes: dict[int, str],
) -> None:
    session, new = work.session, next(work.ids)
    made = Fulfilment(
        company_id=work.company_id,
        id=new,
        order_id=order.id,
        warehouse_id=server.warehouse_id,
        connection_id=server.connection.id,
        key=key_of(new, order.key),
        state=WAITING,
        wants="",
        status="",
        reason="",
        attempts=0,
        created_at=work.now,
    )
    session.add(made)
    session.flush()
    session.add_all(
        FulfilmentItem(
            company_id=work.company_id,
            id=next(work.ids),
            fulfilment_id=new,
            line_id=line.id,
            sku_id=sku_id,
            code=codes[sku_id],
            each=each,
            quantity=units * each,
        )
        for line, units in lines
        for sku_id, each in line.parts
    )
    session.flush()
    where = work.warehouses[server.warehouse_id].code
    work.record.event(order.id, "asked_warehouse", warehouse=where, key=made.key)


def key_of(number: int, order: str) -> str:
    """Return what a warehouse knows a fulfilment by: it tells two databases apart."""
    return f"E{number}-{blake2b(order.encode(), digest_size=4).hexdigest()}"


def wake(session: Session, connection_id: int, company_id: int) -> None:
    """Have the job run that tells a warehouse what it shall do."""
    enqueue(
        session,
        SEND_TASK,
        {},
        unique=str(connection_id),
        connection_id=connection_id,
        company_id=company_id,
    )


def open_of(session: Session, company_id: int, order_ids: Collection[int]) -> list[Fulfilment]:
    """Return what warehouses were asked for of some orders and have not finished, locked."""
    query = sa.select(Fulfilment).where(
        Fulfilment.company_id == company_id,
        any_of(session, Fulfilment.order_id, sorted(order_ids)),
        Fulfilment.state.in_(OPEN),
    )
    return list(session.scalars(query.order_by(Fulfilment.id).with_for_update()))


@dataclass(frozen=True, slots=True)
class Stopped:
    """Orders of which a warehouse is asked to stop, and those of which none had been told yet."""

    asked: frozenset[int]
    let_go: frozenset[int]


def stop(session: Session, company_id: int, order_ids: Collection[int], wants: str) -> Stopped:
    """Stop what warehouses shall send: what none was told is let go, the rest is asked for."""
    asked, let_go = set[int](), set[int]()
    for row in open_of(session, company_id, order_ids):
        row.row_version += 1
        if row.state == WAITING and not row.attempts:
            row.state = CANCELLED
            let_go.add(row.order_id)
            continue
        asked.add(row.order_id)
        # A cancellation is never weakened to a recall.
        row.wants = row.wants if row.wants == CANCEL else wants
        wake(session, row.connection_id, company_id)
    session.flush()
    return Stopped(frozenset(asked), frozenset(let_go - asked))


def lines_elsewhere(session: Session, company_id: int, order_ids: Collection[int]) -> set[int]:
    """Return the lines of orders that warehouses of somebody else are to send."""
    query = (
        sa.select(FulfilmentItem.line_id)
        .join(
            Fulfilment,
            (Fulfilment.company_id == FulfilmentItem.company_id)
            & (Fulfilment.id == FulfilmentItem.fulfilment_id),
        )
        .where(
            Fulfilment.company_id == company_id,
            any_of(session, Fulfilment.order_id, sorted(order_ids)),
            Fulfilment.state.in_(OPEN),
        )
    )
    return set(session.scalars(query))
