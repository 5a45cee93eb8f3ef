"""Tables of goods on their way to the warehouses of platforms."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.kernel.models import of_connection


class InboundRow(Owned):
    """A plan by which a transfer goes to a platform's warehouse; `key` is its name there.

    `state` is working, choosing (an option of `act`), boxing, ready, closed, refused, cancelling or
    cancelled. `lines` are pieces by SKU with the platform's code for it, `groups` which of them
    may lie in one box, `options` what is offered
    now, `choices` what was chosen, `fees` what each choice costs, `shipments` how each was last
    seen. `reason` is what the platform objects to.
    """

    __tablename__ = "inbound_plan"
    __table_args__ = table_args(
        belongs_to("warehousing_transfer", "transfer_id"),
        of_connection(),
        sa.UniqueConstraint("company_id", "key"),
        sa.Index("ix_inbound_plan_state", "company_id", "state", "id"),
    )

    connection_id: Mapped[int]
    transfer_id: Mapped[int]
    key: Mapped[str]
    external_ref: Mapped[str]
    state: Mapped[str]
    act: Mapped[str]
    reason: Mapped[str]
    origin: Mapped[dict[str, str]] = mapped_column(Json)
    ready_on: Mapped[date]
    lines: Mapped[dict[str, Any]] = mapped_column(Json)
    groups: Mapped[dict[str, Any]] = mapped_column(Json)
    boxes: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    options: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    choices: Mapped[dict[str, Any]] = mapped_column(Json)
    fees: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    shipments: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    tracking: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    moved_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)


class InboundOperation(Owned):
    """One step as the platform was asked for it, of the whole plan or of one `shipment`.

    `state` is sending (its outcome may be unknown), working under the `ticket`, done, failed for
    the `reason`, or dropped, when it was asked for anew.
    """

    __tablename__ = "inbound_operation"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(
            ["company_id", "plan_id"],
            ["inbound_plan.company_id", "inbound_plan.id"],
            ondelete="CASCADE",
        ),
        sa.Index("ix_inbound_operation_plan", "company_id", "plan_id", "id"),
    )

    plan_id: Mapped[int]
    act: Mapped[str]
    shipment: Mapped[str]
    state: Mapped[str]
    ticket: Mapped[str]
    reason: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
