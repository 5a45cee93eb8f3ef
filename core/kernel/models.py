"""The kernel's own tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import BigInt
from core.db import Json
from core.db import Str
from core.db import UtcDateTime

STRICT = {"sqlite_strict": True}


class Addon(Base):
    """An installed addon: its state, the version of its data and the tables it owns."""

    __tablename__ = "kernel_addon"
    __table_args__ = STRICT

    name: Mapped[str] = mapped_column(Str, primary_key=True)
    state: Mapped[str] = mapped_column(Str)
    version: Mapped[str] = mapped_column(Str)
    tables: Mapped[list[str]] = mapped_column(Json)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(Str, default="")


class State(Base):
    """A counter that every process compares: `generation` or `code_generation`."""

    __tablename__ = "kernel_state"
    __table_args__ = STRICT

    key: Mapped[str] = mapped_column(Str, primary_key=True)
    value: Mapped[int] = mapped_column(BigInt, default=0)


class Lease(Base):
    """A named right that one holder has until it expires."""

    __tablename__ = "kernel_lease"
    __table_args__ = STRICT

    name: Mapped[str] = mapped_column(Str, primary_key=True)
    holder: Mapped[str | None] = mapped_column(Str)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Fault(Base):
    """A failure of an addon at one place; the same failure again only raises the count."""

    __tablename__ = "kernel_fault"
    __table_args__ = (UniqueConstraint("addon", "place", "error"), STRICT)

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    addon: Mapped[str] = mapped_column(Str)
    place: Mapped[str] = mapped_column(Str)
    error: Mapped[str] = mapped_column(Str)
    message: Mapped[str] = mapped_column(Str)
    traceback: Mapped[str] = mapped_column(Str)
    count: Mapped[int] = mapped_column(BigInt, default=1)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Company(Base):
    """A legal entity whose books are kept here."""

    __tablename__ = "kernel_company"
    __table_args__ = (UniqueConstraint("code"), STRICT)

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(Str)
    name: Mapped[str] = mapped_column(Str)
    country: Mapped[str] = mapped_column(Str)
    currency: Mapped[str] = mapped_column(Str)
    timezone: Mapped[str] = mapped_column(Str)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Connection(Base):
    """One account of a company with a platform, served by an addon."""

    __tablename__ = "kernel_connection"
    __table_args__ = (
        UniqueConstraint("company_id", "label"),
        UniqueConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        STRICT,
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    company_id: Mapped[int] = mapped_column(BigInt)
    addon: Mapped[str] = mapped_column(Str)
    label: Mapped[str] = mapped_column(Str)
    account: Mapped[str] = mapped_column(Str)
    state: Mapped[str] = mapped_column(Str, default="ok")
    settings: Mapped[dict[str, Any]] = mapped_column(Json)
    last_error: Mapped[str | None] = mapped_column(Str)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    row_version: Mapped[int] = mapped_column(BigInt, default=1)


class Setting(Base):
    """One settings document of an addon, for the house or for one connection (0: the house)."""

    __tablename__ = "kernel_setting"
    __table_args__ = STRICT

    addon: Mapped[str] = mapped_column(Str, primary_key=True)
    connection_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInt, default=1)
    data: Mapped[dict[str, Any]] = mapped_column(Json)
