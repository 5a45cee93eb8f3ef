"""The tables of this version."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Base
from core.api import BigInt
from core.api import Day
from core.api import Flag
from core.api import Json
from core.api import UtcDateTime

colour = sa.Table(
    "staged__colour",
    Base.metadata,
    sa.Column("code", sa.Text(), primary_key=True),
    sa.Column("title", sa.Text(), nullable=False),
    sa.Column("since", Day(), nullable=True),
)
thing = sa.Table(
    "staged__thing",
    Base.metadata,
    sa.Column("id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("colour", sa.Text(), sa.ForeignKey("staged__colour.code"), nullable=False),
    sa.Column("round", Flag(), nullable=True),
    sa.Column("made_at", UtcDateTime(), nullable=True),
    sa.Column("extra", Json(), nullable=True),
)
