"""The states of plans and of their steps, and how they are kept and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.addresses.address import address_of
from core.channels.inbound import InboundAct
from core.channels.inbound import InboundBox
from core.channels.inbound import InboundOption
from core.channels.inbound import InboundPlan
from core.channels.inbound import InboundShipment
from core.errors import NotFound
from core.inbound.models import InboundOperation
from core.inbound.models import InboundRow

WORKING, CHOOSING, BOXING, READY = "working", "choosing", "boxing", "ready"
CLOSED, REFUSED, CANCELLED = "closed", "refused", "cancelled"
ENDED = (CLOSED, CANCELLED)
SENDING, ASKED, DONE, FAILED, DROPPED = "sending", "working", "done", "failed", "dropped"
TAKEN = {
    InboundAct.TAKE_PACKING: "packing",
    InboundAct.TAKE_PLACEMENT: "placement",
    InboundAct.TAKE_TRANSPORT: "transport",
    InboundAct.TAKE_WINDOW: "window",
}
"""What is chosen before it is taken."""
STUCK = timedelta(hours=24)
"""A plan on which a platform works longer than this needs a person."""


def find_plan(session: Session, company_id: int, key: str, *, lock: bool = False) -> InboundRow:
    """Return a plan by its name.

    Raises: NotFound.
    """
    query = sa.select(InboundRow).where(InboundRow.company_id == company_id, InboundRow.key == key)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound(f"There is no plan {key!r}.", hint="`entrepot inbound list` shows them.")
    return found


def plan_by_id(session: Session, company_id: int, plan_id: int) -> InboundRow:
    """Return a plan by its number.

    Raises: NotFound.
    """
    found = session.get(InboundRow, (company_id, plan_id))
    if found is None:
        raise NotFound(f"There is no plan {plan_id}.")
    return found


def operations_of(session: Session, row: InboundRow) -> list[InboundOperation]:
    """Return the steps of a plan that still count, in their order."""
    query = sa.select(InboundOperation).where(
        InboundOperation.company_id == row.company_id,
        InboundOperation.plan_id == row.id,
        InboundOperation.state != DROPPED,
    )
    return list(session.scalars(query.order_by(InboundOperation.id)))


def plan_of(row: InboundRow) -> InboundPlan:
    """Return a plan as connectors are told it: goods by the platform's codes."""
    lines: dict[str, int] = {}
    for line in row.lines.values():
        lines[line["code"]] = lines.get(line["code"], 0) + line["quantity"]
    return InboundPlan(
        row.key,
        row.external_ref,
        address_of(row.origin),
        row.ready_on,
        lines,
        tuple(InboundBox(**each) for each in row.boxes),
        row.choices,
        tuple(each["ref"] for each in row.shipments),
        row.tracking,
    )


def kept_option(option: InboundOption) -> dict[str, Any]:
    """Return an option as it is kept."""
    at = option.expires_at
    return asdict(option) | {"expires_at": at.isoformat() if at else None}


def kept_shipment(shipment: InboundShipment) -> dict[str, Any]:
    """Return a shipment as it is kept."""
    return asdict(shipment)


def cost_of(option: Mapping[str, Any]) -> tuple[int, str]:
    """Return what a kept option costs in all, with its currency, which is empty where it is free.

    Raises: NotFound where its fees are in several currencies.
    """
    currencies = {each["currency"] for each in option["fees"]}
    if len(currencies) > 1:
        raise NotFound("Its fees are in several currencies, and have no sum.")
    return sum(each["amount"] for each in option["fees"]), next(iter(currencies), "")


def moved(row: InboundRow, state: str, *, act: str = "", reason: str = "") -> None:
    """Note where a plan stands now."""
    row.state, row.act, row.reason = state, act, reason
    row.moved_at, row.row_version = clock.now(), row.row_version + 1
    row.closed_at = row.moved_at if state in ENDED else None


def stuck_query(company_id: int, now: datetime) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for plans that a platform refused, or works on for too long."""
    late = sa.and_(InboundRow.state == WORKING, InboundRow.moved_at <= now - STUCK)
    return sa.select(InboundRow.id).where(
        InboundRow.company_id == company_id, sa.or_(InboundRow.state == REFUSED, late)
    )
