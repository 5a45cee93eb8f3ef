"""Tables of what a person keeps of lists and pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Json
from core.db import Owned
from core.db import table_args


class View(Owned):
    """A list as somebody likes to see it: a name for the filters that stand in its address.

    It is its user's own; `shared`, everybody of the company who may see the list finds it.
    """

    __tablename__ = "lists_view"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"]),
        sa.UniqueConstraint("company_id", "list", "user_id", "name"),
    )

    list: Mapped[str]
    user_id: Mapped[int]
    name: Mapped[str]
    query: Mapped[str]
    shared: Mapped[bool]
    made_at: Mapped[datetime]


class Preference(Base):
    """What a user prefers, such as the columns of a list; in every company alike."""

    __tablename__ = "lists_preference"
    __table_args__ = table_args(sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"]))

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json())
