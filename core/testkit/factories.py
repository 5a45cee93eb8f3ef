"""Rows for tests: only what a test is about need be said."""

from __future__ import annotations

from typing import Any
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Base
from core.db import Day
from core.db import Json
from core.db import UtcDateTime
from core.ids import next_id

Row = TypeVar("Row", bound=Base)


def make_row(session: Session, model: type[Row], **values: object) -> Row:
    """Store a row; each required column that is not given gets a plain value of its type.

    Text is made unique by the row's id, so that natural keys do not meet by accident.
    """
    given = {"id": next_id(session), **values}
    for column in sa.inspect(model).columns:
        required = not column.nullable and column.default is None
        if required and column.key not in given:
            given[column.key] = _plain(column, given["id"])
    row = model(**given)
    session.add(row)
    session.flush()
    return row


def _plain(column: sa.Column[Any], row_id: object) -> object:
    if isinstance(column.type, UtcDateTime):
        return clock.now()
    if isinstance(column.type, Day):
        return clock.now().date()
    if isinstance(column.type, Json):
        return {}
    if isinstance(column.type, sa.Text):
        return f"{column.name}-{row_id}"
    return 0
