"""Tables of shipping labels, and of where the parcels leave from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.identity.fields import seen_with
from core.kernel.models import of_connection
from core.kernel.resealing import resealed_by


class Sender(Owned):
    """The address from which parcels of a warehouse leave; its id is the warehouse's.

    Its country is the warehouse's own.
    """

    __tablename__ = "labelling_sender"
    __table_args__ = table_args(belongs_to("stock_warehouse", "id"))

    name: Mapped[str]
    company: Mapped[str]
    street: Mapped[str]
    district: Mapped[str]
    city: Mapped[str]
    region: Mapped[str]
    postcode: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str]
    row_version: Mapped[int] = mapped_column(default=1)


class Label(Owned):
    """A label for what was still to leave of an order, in `lines` by their ids.

    `key` is our name for it, the same at every attempt. `state` is waiting, buying (its outcome may
    be unknown), bought, refused, unknown (nobody can say whether it was bought: a person looks),
    voiding or voided. `offer` is what was chosen, `ref` the seller's name for the label. `price` is
    what it costs, in minor units of `currency`, None where it is told later; `booked` is how much
    of that stands in the books.
    """

    __tablename__ = "labelling_label"
    __table_args__ = table_args(
        belongs_to("orders_order"),
        belongs_to("stock_warehouse"),
        of_connection(),
        sa.UniqueConstraint("company_id", "connection_id", "key"),
        sa.Index("ix_labelling_label_order_id", "company_id", "order_id"),
        sa.Index("ix_labelling_label_state", "connection_id", "state", "id"),
    )

    order_id: Mapped[int]
    warehouse_id: Mapped[int]
    connection_id: Mapped[int]
    key: Mapped[str]
    state: Mapped[str]
    lines: Mapped[dict[str, int]] = mapped_column(Json)
    parcel: Mapped[dict[str, int]] = mapped_column(Json)
    offer: Mapped[dict[str, Any]] = mapped_column(Json, info=seen_with("money.view"))
    ref: Mapped[str]
    carrier: Mapped[str]
    service: Mapped[str]
    tracking: Mapped[str]
    price: Mapped[int | None] = mapped_column(info=seen_with("money.view"))
    currency: Mapped[str]
    booked: Mapped[int] = mapped_column(default=0, info=seen_with("money.view"))
    reason: Mapped[str]
    made_by: Mapped[str]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    bought_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)


class LabelFile(Owned):
    """The file of a label, sealed, for it tells where the buyer lives; its id is the label's.

    It is taken away when the personal data of its order is forgotten.
    """

    __tablename__ = "labelling_file"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(
            ["company_id", "id"],
            ["labelling_label.company_id", "labelling_label.id"],
            ondelete="CASCADE",
        )
    )

    kind: Mapped[str]
    sealed: Mapped[str]
    key_id: Mapped[str]


resealed_by("core.labelling.files")
