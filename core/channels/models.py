"""Tables of shops, imported files and raw rows."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args

DOCUMENT = "document:"
"""With this the kind of a raw row begins that is kept, and from which nothing is derived."""


class Shop(Owned):
    """One marketplace of one seller account; it reports in its own local day."""

    __tablename__ = "channels_shop"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "platform", "account", "marketplace"),
    )

    platform: Mapped[str]
    account: Mapped[str]
    marketplace: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    timezone: Mapped[str]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)


class Import(Owned):
    """One file that came in, with what became of its rows."""

    __tablename__ = "channels_import"
    __table_args__ = table_args(belongs_to("channels_shop"))

    shop_id: Mapped[int | None]
    kind: Mapped[str]
    filename: Mapped[str]
    sha256: Mapped[str]
    mapping: Mapped[str]
    header: Mapped[list[str]] = mapped_column(Json)
    state: Mapped[str]
    result: Mapped[dict[str, object] | None] = mapped_column(Json)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class RawRow(Owned):
    """A row as it was received; `reason` says why it was quarantined.

    A file without line ids names a row by its document, its content and the how-manieth such row
    of the document it is, so that importing it again finds it.
    """

    __tablename__ = "channels_raw_row"
    __table_args__ = table_args(
        belongs_to("channels_import"),
        sa.UniqueConstraint("company_id", "scope_id", "document_ref", "fingerprint", "occurrence"),
    )

    scope_id: Mapped[int]
    import_id: Mapped[int]
    document_ref: Mapped[str]
    fingerprint: Mapped[int]
    occurrence: Mapped[int]
    line_number: Mapped[int]
    kind: Mapped[str]
    payload: Mapped[str]
    reason: Mapped[str | None]


class RawOrder(Owned):
    """One version of an order as a platform told it, and what became of it.

    `personal` is what of it tells of a person, encrypted with the key `personal_key` and forgotten
    after `personal_until`; nothing is derived from it.
    """

    __tablename__ = "channels_raw_order"
    __table_args__ = table_args(
        belongs_to("channels_import"),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            "sha256",
            name="uq_channels_raw_order_content",
        ),
        sa.Index("ix_channels_raw_order_personal", "company_id", "personal_until"),
    )

    import_id: Mapped[int]
    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    version_at: Mapped[datetime]
    sha256: Mapped[str]
    status: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    payload: Mapped[str]
    personal: Mapped[str | None]
    personal_key: Mapped[str | None]
    personal_until: Mapped[date | None]
    received_at: Mapped[datetime]
