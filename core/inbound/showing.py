"""What pages, programs and commands show of plans."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.inbound.models import InboundRow
from core.inbound.shapes import InboundDocument
from core.inbound.shapes import InboundHead
from core.inbound.states import cost_of
from core.inbound.states import operations_of
from core.kernel.models import Connection
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.warehousing.models import Transfer


def list_plans(
    session: Session, company_id: int, cursor: Cursor | None, limit: int = PAGE_SIZE
) -> Page[Any]:
    """Return a page of plans, the latest first."""
    query = (
        sa.select(
            InboundRow.id,
            InboundRow.key,
            InboundRow.state,
            InboundRow.act,
            InboundRow.reason,
            InboundRow.created_at,
            InboundRow.moved_at,
            Transfer.reference.label("transfer"),
            Connection.label.label("connection"),
        )
        .join(
            Transfer,
            (Transfer.company_id == InboundRow.company_id)
            & (Transfer.id == InboundRow.transfer_id),
        )
        .join(
            Connection,
            (Connection.company_id == InboundRow.company_id)
            & (Connection.id == InboundRow.connection_id),
        )
        .where(InboundRow.company_id == company_id)
    )
    return fetch_page(session, query, (InboundRow.id,), cursor, descending=True, limit=limit)


def head_of(row: Any) -> InboundHead:
    """Return a row of the list as programs get it."""
    return {
        "id": row.id,
        "key": row.key,
        "transfer": row.transfer,
        "connection": row.connection,
        "state": row.state,
        "act": row.act,
        "reason": row.reason,
        "created_at": row.created_at,
        "moved_at": row.moved_at,
    }


def plan_sheet(session: Session, row: InboundRow) -> InboundDocument:
    """Return a plan with its next step, what is offered and what it cost so far."""
    transfer = session.get_one(Transfer, (row.company_id, row.transfer_id))
    connection = session.scalars(
        sa.select(Connection.label).where(
            Connection.company_id == row.company_id, Connection.id == row.connection_id
        )
    ).one()
    return {
        "id": row.id,
        "key": row.key,
        "transfer": transfer.reference,
        "transfer_id": transfer.id,
        "connection": connection,
        "external_ref": row.external_ref,
        "state": row.state,
        "act": row.act,
        "reason": row.reason,
        "origin": dict(row.origin),
        "ready_on": row.ready_on,
        "lines": [
            {"sku": sku, "code": each["code"], "quantity": each["quantity"]}
            for sku, each in sorted(row.lines.items())
        ],
        "options": [
            {**_said(each), "cost": cost_of(each)[0], "currency": cost_of(each)[1]}
            for each in row.options
        ],
        "groups": dict(row.groups),
        "fees": list(row.fees),
        "shipments": [
            {**each, "tracking": dict(row.tracking.get(each["ref"], {}))} for each in row.shipments
        ],
        "steps": [
            {
                "act": each.act,
                "shipment": each.shipment,
                "state": each.state,
                "reason": each.reason if each.reason != "new" else "",
                "began_at": each.began_at,
                "ended_at": each.ended_at,
            }
            for each in operations_of(session, row)
        ],
        "created_at": row.created_at,
        "moved_at": row.moved_at,
    }


def _said(option: dict[str, Any]) -> dict[str, Any]:
    names = ("ref", "shipment", "fees", "facts", "groups", "shipments", "expires_at")
    return {name: option[name] for name in names}
