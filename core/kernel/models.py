"""The kernel's own tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Json
from core.db import table_args
from core.kernel import job_models

__all__ = [
    "Addon",
    "Company",
    "Connection",
    "Fault",
    "Lease",
    "Secret",
    "Setting",
    "State",
    "job_models",
]


class Addon(Base):
    """An installed addon: its state and why, the version of its data and the tables it owns."""

    __tablename__ = "kernel_addon"

    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    version: Mapped[str]
    tables: Mapped[list[str]] = mapped_column(Json)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(default="")
    reason: Mapped[str | None]
    # What it asked for when it was installed, so that an upgrade can say what is new.
    declared: Mapped[dict[str, list[str]] | None] = mapped_column(Json)


class State(Base):
    """A counter that every process compares: `generation` or `code_generation`."""

    __tablename__ = "kernel_state"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class Lease(Base):
    """A named right that one holder has until it expires; `token` rises with every new holder."""

    __tablename__ = "kernel_lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    renewed_at: Mapped[datetime | None]
    token: Mapped[int] = mapped_column(default=0, server_default="0")


class Fault(Base):
    """A failure of an addon at one place; the same failure again only raises the count."""

    __tablename__ = "kernel_fault"
    __table_args__ = table_args(sa.UniqueConstraint("addon", "place", "error"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    addon: Mapped[str]
    place: Mapped[str]
    error: Mapped[str]
    message: Mapped[str]
    traceback: Mapped[str]
    count: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class Company(Base):
    """A legal entity whose books are kept here."""

    __tablename__ = "kernel_company"
    __table_args__ = table_args(sa.UniqueConstraint("code"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    name: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str]
    timezone: Mapped[str]
    created_at: Mapped[datetime]
    costing_method: Mapped[str] = mapped_column(default="fifo", server_default="fifo")
    backdating: Mapped[str] = mapped_column(default="freeze", server_default="freeze")


class Connection(Base):
    """One account of a company with a platform, served by an addon.

    `row_version` counts what persons change; its health changes by itself and must not get into
    the way of a form that is open.
    """

    __tablename__ = "kernel_connection"
    __table_args__ = table_args(
        sa.UniqueConstraint("company_id", "label"),
        sa.UniqueConstraint("company_id", "id"),
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[int]
    addon: Mapped[str]
    label: Mapped[str]
    account: Mapped[str]
    state: Mapped[str] = mapped_column(default="ok")
    settings: Mapped[dict[str, Any]] = mapped_column(Json)
    settings_version: Mapped[int] = mapped_column(default=1, server_default="1")
    last_error: Mapped[str | None]
    last_ok_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)


def of_connection() -> sa.ForeignKeyConstraint:
    """Return the foreign key of a row that goes away with its connection."""
    return sa.ForeignKeyConstraint(
        ["company_id", "connection_id"],
        ["kernel_connection.company_id", "kernel_connection.id"],
        ondelete="CASCADE",
    )


class Cursor(Base):
    """How far one stream of a connection has been read; written together with what was read.

    `through_at` is the moment up to which the platform's truth is known, if the stream has one.
    """

    __tablename__ = "kernel_cursor"
    __table_args__ = table_args(of_connection(), clustered=True)

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    connection_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stream: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
    through_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)


class Setting(Base):
    """One settings document of an addon, for the house or for one connection (0: the house)."""

    __tablename__ = "kernel_setting"

    addon: Mapped[str] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(default=1)
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    row_version: Mapped[int] = mapped_column(default=1, server_default="1")


class Secret(Base):
    """One secret of an addon's settings, encrypted; `key_id` names the key that it needs."""

    __tablename__ = "kernel_secret"

    addon: Mapped[str] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str]
    key_id: Mapped[str]


class DataRecord(Base):
    """A row that a data file of an addon made, and what we wrote there last."""

    __tablename__ = "kernel_data_record"

    addon: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(primary_key=True)
    table_name: Mapped[str]
    row_key: Mapped[list[Any]] = mapped_column(Json)
    written: Mapped[dict[str, Any]] = mapped_column(Json)
