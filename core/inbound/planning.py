"""What people do with plans: begin one of a transfer, choose, pack, tell numbers, cancel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import fields
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.addresses.address import Address
from core.channels.inbound import InboundAct
from core.channels.inbound import InboundBox
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.fulfilling.serving import Server
from core.fulfilling.serving import codes_of
from core.identity.deeds import say
from core.ids import next_id
from core.inbound.models import InboundRow
from core.inbound.states import BOXING
from core.inbound.states import CANCELLED
from core.inbound.states import CHOOSING
from core.inbound.states import DROPPED
from core.inbound.states import ENDED
from core.inbound.states import FAILED
from core.inbound.states import READY
from core.inbound.states import REFUSED
from core.inbound.states import SENDING
from core.inbound.states import TAKEN
from core.inbound.states import WORKING
from core.inbound.states import cost_of
from core.inbound.states import find_plan
from core.inbound.states import moved
from core.inbound.states import operations_of
from core.inbound.states import plan_of
from core.inbound.working import METHOD
from core.inbound.working import TASK
from core.inbound.working import new_operation
from core.kernel import hooks
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import list_connections
from core.kernel.jobs import enqueue
from core.stock.warehouses import platform_warehouse
from core.warehousing import transferring
from core.warehousing.floor import sku_codes
from core.warehousing.models import Transfer
from core.warehousing.transferring import find_transfer
from core.warehousing.transferring import transfer_lines

NEEDED = ("street", "city", "postcode", "country", "phone")
MOST_BOXES = 1000


def begin_plan(
    session: Session,
    connection: ConnectionInfo,
    transfer: str,
    origin: Address,
    ready_on: date,
    *,
    actor: str,
) -> InboundRow:
    """Begin a plan for a transfer to the platform's warehouse; nothing is asked for yet.

    An empty origin is that of the last plan. Raises: NotFound, Conflict for a transfer that has a
    plan or goes elsewhere, InputError for an address that lacks something.
    """
    sent = _free_transfer(session, connection, transfer)
    new, now = next_id(session), clock.now()
    row = InboundRow(
        company_id=connection.company_id,
        id=new,
        connection_id=connection.id,
        transfer_id=sent.id,
        key=f"{sent.reference[:24]}-{new}",
        external_ref="",
        state=WORKING,
        act="",
        reason="",
        origin=_origin(session, connection, origin).given(),
        ready_on=ready_on,
        lines=_lines(session, connection, sent),
        groups={},
        boxes=[],
        options=[],
        choices={},
        fees=[],
        shipments=[],
        tracking={},
        created_at=now,
        created_by=actor,
        moved_at=now,
    )
    session.add(row)
    session.flush()
    _said(session, row, "began", actor, transfer=transfer)
    return row


def _free_transfer(session: Session, connection: ConnectionInfo, transfer: str) -> Transfer:
    """Return a transfer to the platform's warehouse that has no plan yet."""
    company_id = connection.company_id
    sent = find_transfer(session, company_id, transfer)
    code = str(connection.settings.get("stored_in") or "")
    if sent.to_id != platform_warehouse(session, company_id, code):
        raise Conflict(
            f"Transfer {transfer} does not go to the warehouse of {connection.label}.",
            hint="Its setting stored_in names that warehouse.",
        )
    if sent.state not in (transferring.DRAFT, transferring.SENT):
        raise Conflict(f"Transfer {transfer} is {sent.state}.")
    others = sa.select(InboundRow.key).where(
        InboundRow.company_id == company_id,
        InboundRow.transfer_id == sent.id,
        InboundRow.state != CANCELLED,
    )
    if (known := session.scalars(others).first()) is not None:
        raise Conflict(f"Transfer {transfer} has the plan {known} already.")
    return sent


def choose(
    session: Session, company_id: int, key: str, refs: Sequence[str], cost: int, *, actor: str
) -> InboundRow:
    """Choose among what is offered now: one option, of each shipment where it is by shipment.

    `cost` is what they cost together, in minor units, as the person saw it. Raises: Conflict when
    nothing is offered, or it costs something else; NotFound for an option that is not offered.
    """
    row = _open(session, company_id, key, CHOOSING)
    offered = {each["ref"]: each for each in row.options}
    if unknown := [ref for ref in refs if ref not in offered]:
        raise NotFound(f"No option {unknown[0]!r} is offered.", hint="Look at the plan again.")
    chosen = [offered[ref] for ref in refs]
    scopes = {each["shipment"] for each in row.options}
    if sorted(each["shipment"] for each in chosen) != sorted(scopes):
        raise InputError(f"choose one option for each of {len(scopes)}.", where="option")
    total = sum(cost_of(each)[0] for each in chosen)
    if total != cost:
        raise Conflict(
            f"It costs {total} in minor units, not {cost}.", hint="Look at the plan again."
        )
    act = InboundAct(row.act)
    what = TAKEN[act]
    row.choices = row.choices | {what: {each["shipment"]: each["ref"] for each in chosen}}
    row.fees = [
        *(each for each in row.fees if each["step"] != what),
        *({"step": what, **fee} for each in chosen for fee in each["fees"]),
    ]
    if what == "packing":
        row.groups = dict(chosen[0]["groups"])
    if what == "placement":
        row.shipments = [_unseen(ref) for each in chosen for ref in each["shipments"]]
    row.options = []
    moved(row, WORKING, act=act)
    session.flush()
    _said(session, row, "chosen", actor, step=what, options=list(refs), cost=total)
    return row


def pack(
    session: Session, company_id: int, key: str, boxes: Sequence[InboundBox], *, actor: str
) -> InboundRow:
    """Say which goods lie in which boxes; all of them must, and no more.

    Raises: Conflict when it is not asked, InputError naming the goods that do not come out even.
    """
    row = _open(session, company_id, key, BOXING)
    if not 0 < len(boxes) <= MOST_BOXES:
        raise InputError(f"say of 1 to {MOST_BOXES} kinds of boxes what is in them.", where="boxes")
    only = next(iter(row.groups)) if len(row.groups) == 1 else ""
    boxes = [replace(box, group=box.group or only) for box in boxes]
    _require_even(row, boxes)
    row.boxes = [asdict(each) for each in boxes]
    moved(row, WORKING, act=row.act)
    session.flush()
    _said(session, row, "packed", actor, boxes=sum(each.quantity for each in boxes))
    return row


def track(
    session: Session,
    company_id: int,
    key: str,
    shipment: str,
    numbers: Mapping[str, str],
    *,
    actor: str,
) -> InboundRow:
    """Note the carrier's number of each box of a shipment; the platform is told next.

    Raises: Conflict before the shipment is known, NotFound for a shipment or a box it has not.
    """
    row = _open(session, company_id, key, READY)
    found = {each["ref"]: each for each in row.shipments} | {
        each["code"]: each for each in row.shipments if each["code"]
    }
    if shipment not in found:
        raise NotFound(f"The plan has no shipment {shipment!r}.")
    ref, boxes = found[shipment]["ref"], found[shipment]["boxes"]
    if unknown := sorted(numbers.keys() - set(boxes)):
        raise NotFound(f"The shipment has no box {unknown[0]!r}.")
    if not numbers or not all(numbers.values()):
        raise InputError("give a number for each box.", where="numbers")
    row.tracking = row.tracking | {ref: {**row.tracking.get(ref, {}), **numbers}}
    _anew(session, row, InboundAct.TRACK, ref)
    moved(row, WORKING, act=InboundAct.TRACK)
    session.flush()
    _said(session, row, "tracked", actor, shipment=ref, boxes=len(numbers))
    return row


def try_again(session: Session, company_id: int, key: str, *, actor: str) -> InboundRow:
    """Ask once more for the step that was refused, or for what is offered.

    Boxes and choices of it are said anew. Raises: Conflict where nothing was refused or offered.
    """
    row = _open(session, company_id, key, REFUSED, CHOOSING)
    what = TAKEN.get(InboundAct(row.act)) if row.act else None
    for each in operations_of(session, row):
        # What was offered may have run out: it is offered anew.
        if each.state == FAILED or each.act == f"offer_{what}":
            each.state = DROPPED
    if what is not None:
        row.choices = {name: each for name, each in row.choices.items() if name != what}
    if row.act == InboundAct.BOX:
        row.boxes = []
    moved(row, WORKING)
    session.flush()
    _said(session, row, "tried_again", actor)
    return row


def cancel(session: Session, company_id: int, key: str, *, actor: str) -> InboundRow:
    """Stop a plan; one that the platform knows is cancelled there next.

    Raises: Conflict for one that is over.
    """
    row = find_plan(session, company_id, key, lock=True)
    if row.state in ENDED:
        raise Conflict(f"The plan {key} is {row.state}.")
    under_way = [each for each in operations_of(session, row) if each.state == SENDING]
    if not row.external_ref and not under_way:
        moved(row, CANCELLED)
    else:
        for each in operations_of(session, row):
            if each.state == FAILED:
                each.state = DROPPED
        _anew(session, row, InboundAct.CANCEL, "")
        moved(row, WORKING, act=InboundAct.CANCEL)
    session.flush()
    _said(session, row, "cancelled", actor)
    return row


def takers(session: Session, company_id: int) -> list[ConnectionInfo]:
    """Return the connections whose platform takes goods in."""
    able = {
        addon
        for addon, connector in hooks.collect(session, "connectors")
        if callable(getattr(connector, METHOD, None))
    }
    found = list_connections(session, company_id=company_id) if able else ()
    return [each for each in found if each.addon in able]


def box_of(told: Mapping[str, Any]) -> InboundBox:
    """Return a box as a program tells it: sides in millimetres, weight in grams.

    Raises: InputError.
    """
    known = {field.name for field in fields(InboundBox)}
    numbers = ("quantity", "length", "width", "height", "weight")
    if unknown := sorted(told.keys() - known):
        raise InputError(f"a box has no {unknown[0]}.", where="boxes")
    items = told.get("items")
    if not isinstance(items, dict) or not all(_is_number(each) for each in items.values()):
        raise InputError("say how many of each SKU lie in it.", where="boxes, items")
    if wrong := [name for name in numbers if not _is_number(told.get(name))]:
        raise InputError("give a whole number.", where=f"boxes, {wrong[0]}")
    group = str(told.get("group") or "")
    quantity, length, width, height, weight = (int(told[name]) for name in numbers)
    return InboundBox(group, quantity, length, width, height, weight, items)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9


def _require_even(row: InboundRow, boxes: Sequence[InboundBox]) -> None:
    """Refuse boxes that hold more or less than is sent.

    Raises: InputError.
    """
    wanted, packed = plan_of(row).lines, Counter[str]()
    for at, box in enumerate(boxes, 1):
        if row.groups and box.group not in row.groups:
            raise InputError(f"name one of {', '.join(row.groups)}.", where=f"box {at}, group")
        if min(box.quantity, box.length, box.width, box.height, box.weight) < 1 or not box.items:
            raise InputError("sides, weight, number and goods are needed.", where=f"box {at}")
        packed.update({code: number * box.quantity for code, number in box.items.items()})
    for code in sorted(wanted.keys() | packed.keys()):
        if wanted.get(code, 0) != packed[code]:
            text = f"{packed[code]} are in boxes, {wanted.get(code, 0)} are to be sent."
            raise InputError(text, where=code)


def _anew(session: Session, row: InboundRow, act: InboundAct, shipment: str) -> None:
    for each in operations_of(session, row):
        if (each.act, each.shipment) == (act, shipment):
            each.state = DROPPED
    session.add(new_operation(row, next_id(session), act, shipment, reason="new"))


def _open(session: Session, company_id: int, key: str, *states: str) -> InboundRow:
    row = find_plan(session, company_id, key, lock=True)
    if row.state not in states:
        raise Conflict(
            f"The plan {key} is {row.state}, not {' or '.join(states)}.", hint="Look at it again."
        )
    return row


def _lines(session: Session, connection: ConnectionInfo, sent: Any) -> dict[str, Any]:
    lines = transfer_lines(session, sent)
    by_addon = {addon: each.platform for addon, each in hooks.collect(session, "connectors")}
    server = Server(connection, by_addon[connection.addon], sent.to_id)
    skus = {line.sku_id for line in lines}
    theirs = codes_of(session, server, skus)
    ours = sku_codes(session, connection.company_id, skus)
    return {
        ours[line.sku_id]: {
            "code": theirs[line.sku_id],
            "quantity": line.shipped or line.quantity,
        }
        for line in lines
    }


def _origin(session: Session, connection: ConnectionInfo, origin: Address) -> Address:
    if origin.is_empty():
        query = (
            sa.select(InboundRow.origin)
            .where(
                InboundRow.company_id == connection.company_id,
                InboundRow.connection_id == connection.id,
            )
            .order_by(InboundRow.id.desc())
            .limit(1)
        )
        last = session.scalars(query).one_or_none()
        origin = Address(**(last or {}))
    if lacking := [name for name in NEEDED if not getattr(origin, name)]:
        raise InputError("say where the goods come from.", where=lacking[0])
    if not (origin.name or origin.company):
        raise InputError("say where the goods come from.", where="name")
    return origin


def _unseen(ref: str) -> dict[str, Any]:
    return {
        "ref": ref,
        "code": "",
        "status": "",
        "destination": "",
        "lines": {},
        "received": {},
        "boxes": [],
        "finished": False,
    }


def _said(session: Session, row: InboundRow, what: str, actor: str, **facts: object) -> None:
    """Say what somebody did, and have the job run that brings the plan on."""
    enqueue(
        session,
        TASK,
        {},
        unique=str(row.connection_id),
        connection_id=row.connection_id,
        company_id=row.company_id,
    )
    subject = f"inbound:{row.key}"
    say(session, row.company_id, f"inbound.{what}", subject, after=facts, by=actor)
