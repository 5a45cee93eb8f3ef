"""A plan for goods sent to a platform that no platform knows, for tests of pages."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.ids import next_id
from core.inbound.models import InboundRow
from core.kernel.models import Connection
from core.warehousing.models import Transfer


def make_plan(session: Session, company_id: int, mark: str) -> None:
    """Keep a plan that waits for a choice, of the company's latest transfer and connection."""
    found = [
        session.scalars(
            sa.select(sa.func.max(model.id)).where(model.company_id == company_id)
        ).one()
        for model in (Transfer, Connection)
    ]
    now = clock.now()
    shipment = {
        "ref": "sh1", "code": "FBA1", "status": "WORKING", "destination": "LTN4",
        "lines": {f"{mark}GOODS": 1}, "received": {}, "boxes": ["B1"], "finished": False,
    }  # fmt: skip
    option = {
        "ref": f"{mark}OPTION", "shipment": "", "facts": ["one shipment"], "groups": {},
        "fees": [{"what": "Placement", "amount": 1250, "currency": "GBP"}],
        "shipments": ["sh1"], "expires_at": None, "taken": False,
    }  # fmt: skip
    session.add(
        InboundRow(
            company_id=company_id,
            id=next_id(session),
            transfer_id=found[0],
            connection_id=found[1],
            key=f"{mark}PLAN",
            external_ref="wf1",
            state="choosing",
            act="take_placement",
            reason="",
            origin={"name": f"{mark}SENDER"},
            ready_on=now.date(),
            lines={f"{mark}GOODS": {"code": f"{mark}GOODS", "quantity": 1}},
            groups={},
            boxes=[],
            options=[option],
            choices={},
            fees=[],
            shipments=[shipment],
            tracking={},
            created_at=now,
            created_by="x",
            moved_at=now,
        )
    )
    session.flush()
