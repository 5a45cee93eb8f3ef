"""Transfers: goods that leave one warehouse, lie on the way, and arrive, whole or in parts.

What is on its way lies in the company's transit warehouse with its layers; a transfer only ever
takes those out that it brought there itself.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import table_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_id
from core.ids import next_ids
from core.kernel.models import Company
from core.rows import upsert_missing
from core.stock.models import Document
from core.stock.models import Warehouse
from core.stock.storing import SELLABLE
from core.stock.warehouses import ACCOUNTS
from core.stock.warehouses import CONDITIONS
from core.stock.warehouses import TRANSIT
from core.stock.warehouses import warehouse_by_code
from core.warehousing.floor import Floor
from core.warehousing.floor import Spot
from core.warehousing.floor import sku_codes
from core.warehousing.floor import skus_named
from core.warehousing.floor import warehouse_named
from core.warehousing.models import Transfer
from core.warehousing.models import TransferLine
from core.warehousing.own_goods import tax_own_goods
from core.warehousing.timeline import note

ON_THE_WAY = "TRANSIT"
TRANSIT_LOSS = "5120"
DRAFT, SENT, CLOSED, CANCELLED = "draft", "in_transit", "closed", "cancelled"


def plan_transfer(
    session: Session,
    company_id: int,
    origin: str,
    target: str,
    quantities: Mapping[str, int],
    *,
    reference: str = "",
    text: str = "",
    actor: str = "",
) -> Transfer:
    """Write down what is to be sent; nothing moves yet.

    Raises: InputError, NotFound, Conflict for a reference that is taken.
    """
    if origin == target:
        raise InputError("a warehouse cannot send to itself.", where="to")
    if not quantities or min(quantities.values()) < 1:
        raise InputError("name at least one SKU, with 1 or more of each.", where="lines")
    places = [warehouse_named(session, company_id, code) for code in (origin, target)]
    if any(place.kind == TRANSIT for place in places):
        raise InputError("goods cannot be sent from or to the way itself.", where="warehouse")
    skus = skus_named(session, company_id, list(quantities))
    new_id = next_id(session)
    transfer = Transfer(
        company_id=company_id,
        id=new_id,
        reference=reference or f"T{new_id}",
        from_id=places[0].id,
        to_id=places[1].id,
        state=DRAFT,
        note=text,
        created_at=clock.now(),
    )
    _require_free(session, company_id, transfer.reference)
    session.add(transfer)
    session.flush()
    session.add_all(
        TransferLine(
            company_id=company_id,
            id=line_id,
            transfer_id=transfer.id,
            sku_id=skus[code],
            quantity=quantity,
        )
        for line_id, (code, quantity) in zip(
            next_ids(session, len(quantities)), sorted(quantities.items()), strict=True
        )
    )
    note(session, company_id, "transfer", transfer.id, "planned", actor, lines=dict(quantities))
    return transfer


def ship_transfer(
    session: Session,
    company_id: int,
    reference: str,
    quantities: Mapping[str, int] | None = None,
    *,
    actor: str = "",
    at: datetime | None = None,
) -> Transfer:
    """Send a transfer off, all of it or the quantities named; what is promised stays.

    Raises: Conflict if it was sent already, or if less than that is free.
    """
    transfer, lines = _locked(session, company_id, reference, DRAFT)
    sent = _chosen(session, lines, quantities, lambda line: line.quantity)
    here, way = Spot(transfer.from_id), Spot(_transit(session, company_id))
    floor = Floor(session, company_id, at)
    skus = [line.sku_id for line, _ in sent]
    floor.lock({here: skus, way: skus})
    key = f"{transfer.reference}/ship"
    leaving = floor.document(here, "transfer_out", key)
    coming = floor.document(way, "transfer_in", key)
    entry = floor.entry(leaving, "stock_transfer", f"Transfer {transfer.reference} leaves")
    for line, quantity in sent:
        sku = line.sku_id
        parts = floor.at_spot(here).take_out(
            leaving.id, sku, quantity, floor.why("transfer", here, sku)
        )
        floor.at_spot(way).bring_in(coming.id, sku, parts, floor.why("transfer", way, sku))
        value = sum(part.value for part in parts)
        entry.add(floor.account(here), -value, floor.where(here, sku))
        entry.add(floor.account(way), value, floor.where(way, sku))
        line.shipped = quantity
    floor.write()
    _step(session, transfer, SENT, shipped_at=floor.at)
    note(session, company_id, "transfer", transfer.id, "sent", actor, lines=_said(session, sent))
    # Whether a tax can be decided or not: the goods are gone.
    tax_own_goods(session, company_id, [transfer.reference])
    return transfer


def receive_transfer(
    session: Session,
    company_id: int,
    reference: str,
    quantities: Mapping[str, int] | None = None,
    *,
    condition: str = SELLABLE,
    actor: str = "",
    at: datetime | None = None,
) -> Transfer:
    """Take in what arrived, all that is on its way or the quantities named.

    Raises: Conflict if less than that is on its way.
    """
    if condition not in CONDITIONS:
        raise InputError(f"{condition!r} is no condition of goods.", where="condition")
    transfer, lines = _locked(session, company_id, reference, SENT)
    come = _chosen(session, lines, quantities, _open)
    way, there = Spot(_transit(session, company_id)), Spot(transfer.to_id, condition)
    floor = Floor(session, company_id, at)
    skus = [line.sku_id for line, _ in come]
    floor.lock({way: skus, there: skus})
    key = _next_key(transfer, "receive")
    leaving = floor.document(way, "transfer_out", key)
    coming = floor.document(there, "transfer_in", key)
    entry = floor.entry(coming, "stock_transfer", f"Transfer {transfer.reference} arrives")
    own = [_shipment(session, transfer)]
    for line, quantity in come:
        sku = line.sku_id
        parts = floor.at_spot(way).take_out(
            leaving.id, sku, quantity, floor.why("transfer", way, sku), own
        )
        floor.at_spot(there).bring_in(coming.id, sku, parts, floor.why("transfer", there, sku))
        value = sum(part.value for part in parts)
        entry.add(floor.account(way), -value, floor.where(way, sku))
        entry.add(floor.account(there), value, floor.where(there, sku))
        line.received += quantity
    floor.write()
    _close_if_done(session, transfer, lines)
    said = _said(session, come)
    note(
        session, company_id, "transfer", transfer.id, "received", actor,
        lines=said, condition=condition,
    )  # fmt: skip
    return transfer


def lose_transfer(
    session: Session,
    company_id: int,
    reference: str,
    quantities: Mapping[str, int] | None = None,
    *,
    text: str = "",
    actor: str = "",
    at: datetime | None = None,
) -> Transfer:
    """Write off what did not arrive, all that is on its way or the quantities named.

    Raises: Conflict if less than that is on its way.
    """
    transfer, lines = _locked(session, company_id, reference, SENT)
    gone = _chosen(session, lines, quantities, _open)
    way = Spot(_transit(session, company_id))
    floor = Floor(session, company_id, at)
    floor.lock({way: [line.sku_id for line, _ in gone]})
    event = floor.document(way, "transfer_loss", _next_key(transfer, "lose"))
    entry = floor.entry(event, "transfer_loss", f"Lost on transfer {transfer.reference}")
    own = [_shipment(session, transfer)]
    for line, quantity in gone:
        where = floor.where(way, line.sku_id)
        parts = floor.at_spot(way).take_out(
            event.id, line.sku_id, quantity, floor.why("lost", way, line.sku_id), own
        )
        value = sum(part.value for part in parts)
        entry.add(floor.account(way), -value, where)
        entry.add(TRANSIT_LOSS, value, where)
        line.lost += quantity
    floor.write()
    _close_if_done(session, transfer, lines)
    said = _said(session, gone)
    note(session, company_id, "transfer", transfer.id, "lost", actor, lines=said, text=text)
    return transfer


def cancel_transfer(
    session: Session, company_id: int, reference: str, *, actor: str = "", text: str = ""
) -> Transfer:
    """Drop a transfer that has not been sent.

    Raises: Conflict if it has: what is on its way arrives or is lost.
    """
    transfer, _ = _locked(session, company_id, reference, DRAFT)
    _step(session, transfer, CANCELLED, closed_at=clock.now())
    note(session, company_id, "transfer", transfer.id, "cancelled", actor, text=text)
    return transfer


def find_transfer(session: Session, company_id: int, reference: str) -> Transfer:
    """Return a transfer by its reference.

    Raises: NotFound.
    """
    query = sa.select(Transfer).where(
        Transfer.company_id == company_id, Transfer.reference == reference
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no transfer {reference!r}.")
    return found


def transfer_lines(session: Session, transfer: Transfer) -> Sequence[TransferLine]:
    """Return the lines of a transfer."""
    query = (
        sa.select(TransferLine)
        .where(
            TransferLine.company_id == transfer.company_id, TransferLine.transfer_id == transfer.id
        )
        .order_by(TransferLine.id)
    )
    return session.scalars(query).all()


def _locked(
    session: Session, company_id: int, reference: str, state: str
) -> tuple[Transfer, Sequence[TransferLine]]:
    """Return a transfer with its lines, locked: two clerks cannot receive the same goods."""
    transfer = find_transfer(session, company_id, reference)
    session.refresh(transfer, with_for_update=True)
    if transfer.state != state:
        raise Conflict(
            f"Transfer {reference} is {transfer.state}, not {state}.",
            hint="Somebody else may have worked on it: look at its timeline.",
        )
    return transfer, transfer_lines(session, transfer)


def _open(line: TransferLine) -> int:
    return line.shipped - line.received - line.lost


def _chosen(
    session: Session,
    lines: Sequence[TransferLine],
    quantities: Mapping[str, int] | None,
    most: Callable[[TransferLine], int],
) -> list[tuple[TransferLine, int]]:
    """Return which lines are meant with how much: those that were named, or all there is.

    Raises: NotFound for a SKU that is not on the transfer, Conflict for more than there is.
    """
    if quantities is None:
        every = [(line, most(line)) for line in lines if most(line)]
    else:
        by_code = _by_code(session, lines)
        if unknown := sorted(quantities.keys() - by_code.keys()):
            raise NotFound(f"The transfer has no line of {unknown[0]!r}.")
        every = [(by_code[code], asked) for code, asked in sorted(quantities.items()) if asked]
        for line, asked in every:
            if not 0 < asked <= most(line):
                raise Conflict(f"{asked} are asked for, the transfer has {most(line)} open.")
    if not every:
        raise Conflict("There is nothing left to do.", hint="Name at least one SKU.")
    return every


def _by_code(session: Session, lines: Sequence[TransferLine]) -> dict[str, TransferLine]:
    codes = sku_codes(session, lines[0].company_id, {line.sku_id for line in lines})
    return {codes[line.sku_id]: line for line in lines}


def _said(session: Session, lines: Sequence[tuple[TransferLine, int]]) -> dict[str, int]:
    codes = sku_codes(session, lines[0][0].company_id, {line.sku_id for line, _ in lines})
    return {codes[line.sku_id]: quantity for line, quantity in lines}


def _transit(session: Session, company_id: int) -> int:
    """Return the warehouse in which goods on their way lie; it is made at the first need."""
    found = warehouse_by_code(session, company_id, ON_THE_WAY)
    if found is None:
        country = session.scalars(sa.select(Company.country).where(Company.id == company_id)).one()
        # Two first transfers may meet here: the later one takes what the earlier one made.
        row = {
            "company_id": company_id,
            "id": next_id(session),
            "code": ON_THE_WAY,
            "name": "On the way",
            "country": country,
            "provider": "",
            "inventory_account": ACCOUNTS[TRANSIT],
            "created_at": clock.now(),
            "row_version": 1,
            "kind": TRANSIT,
        }
        upsert_missing(session, table_of(Warehouse), [row])
        found = warehouse_by_code(session, company_id, ON_THE_WAY)
    if found is None:
        raise NotFound(f"There is no warehouse {ON_THE_WAY}.", hint="Try again.")
    return found.id


def _shipment(session: Session, transfer: Transfer) -> int:
    """Return the document by which the transfer's goods came to lie on the way."""
    query = sa.select(Document.id).where(
        Document.company_id == transfer.company_id,
        Document.kind == "transfer_in",
        Document.natural_key == f"{transfer.reference}/ship",
    )
    return session.scalars(query).one()


def _next_key(transfer: Transfer, act: str) -> str:
    # The version is raised with every step of the locked transfer, so that no key comes twice.
    return f"{transfer.reference}/{act}{transfer.row_version}"


def _close_if_done(session: Session, transfer: Transfer, lines: Sequence[TransferLine]) -> None:
    if any(_open(line) for line in lines):
        _step(session, transfer, SENT)
    else:
        _step(session, transfer, CLOSED, closed_at=clock.now())


def _step(session: Session, transfer: Transfer, state: str, **moments: datetime) -> None:
    transfer.state = state
    transfer.row_version += 1
    for name, moment in moments.items():
        setattr(transfer, name, moment)
    session.flush()


def _require_free(session: Session, company_id: int, reference: str) -> None:
    query = sa.select(Transfer.id).where(
        Transfer.company_id == company_id, Transfer.reference == reference
    )
    if session.scalar(query) is not None:
        raise Conflict(f"There is a transfer {reference} already.")
