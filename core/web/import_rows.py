"""Rows as they were received: their cells, and which were set aside."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.channels.models import DOCUMENT
from core.channels.models import RawRow
from core.identity.actor import may
from core.identity.fields import MASK


def rows_set_aside(company_id: int, import_id: int) -> sa.Select[int, int, str, str | None, str]:
    """Return the query for the rows of a file that were not booked, or that are documents."""
    return sa.select(
        RawRow.id, RawRow.line_number, RawRow.document_ref, RawRow.reason, RawRow.payload
    ).where(
        RawRow.company_id == company_id,
        RawRow.import_id == import_id,
        sa.or_(RawRow.reason.is_not(None), RawRow.kind.startswith(DOCUMENT)),
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as received, under its column's name."""

    column: str
    value: str


def may_see_cells(kind: str) -> bool:
    """Say whether who acts may see all that a file of a kind tells."""
    return may(*(("costs.view",) if kind == "stock" else ("money.view", "personal.view")))


def masked(cells: list[Cell]) -> list[Cell]:
    """Return cells without what they tell."""
    return [replace(cell, value=MASK) for cell in cells]


def cells_of(payload: str, header: Sequence[str]) -> list[Cell]:
    """Return the cells of a raw row: a JSON list or object, or else one line of CSV."""
    values = _values(payload)
    if isinstance(values, dict):
        return [Cell(str(name), _text(value)) for name, value in values.items()]
    names = [*header, *[f"({place + 1})" for place in range(len(header), len(values))]]
    values = [*values, *[None] * (len(names) - len(values))]
    return [Cell(name, _text(value)) for name, value in zip(names, values, strict=True)]


def _values(payload: str) -> Any:
    try:
        values = json.loads(payload)
    except ValueError:
        values = None
    if isinstance(values, list | dict):
        return values
    return next(csv.reader(io.StringIO(payload)), [])


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
