"""Tables of the network: rates, what was asked, and authorisations on their way."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import table_args
from core.kernel.models import of_connection


class Bucket(Base):
    """How often one operation of a connection may be asked, and from when on it is free again.

    `free_at` is the theoretical arrival time of the generic cell rate algorithm, in microseconds
    since 1970; a request moves it on by `interval_us`. `rate_from` says who set the interval.
    """

    __tablename__ = "http_bucket"
    __table_args__ = table_args(of_connection(), clustered=True)

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    connection_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    operation: Mapped[str] = mapped_column(primary_key=True)
    interval_us: Mapped[int]
    burst: Mapped[int]
    free_at: Mapped[int] = mapped_column(default=0)
    rate_from: Mapped[str]


class HttpRequest(Base):
    """One attempt at a request, without what was sent: no query, no body, no header."""

    __tablename__ = "http_request"
    __table_args__ = table_args(
        of_connection(),
        sa.Index(None, "connection_id", "at", "id"),
        sa.Index(None, "at"),
    )

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    connection_id: Mapped[int]
    at: Mapped[datetime]
    operation: Mapped[str]
    method: Mapped[str]
    host: Mapped[str]
    path: Mapped[str]
    attempt: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str]
    milliseconds: Mapped[int]
    bytes_sent: Mapped[int]
    bytes_received: Mapped[int]
    request_ref: Mapped[str]
    vendor_ref: Mapped[str]


class Authorisation(Base):
    """A person's way to a platform and back; taken away when he returns, or when it is too old."""

    __tablename__ = "http_authorisation"
    __table_args__ = table_args(of_connection(), sa.Index(None, "expires_at"))

    nonce_hash: Mapped[str] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    connection_id: Mapped[int]
    session_hash: Mapped[str]
    expires_at: Mapped[datetime]
