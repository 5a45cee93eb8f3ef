"""What was prepared and filed of each return, read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.tax.forms import Box
from core.tax.models import ReturnStep

PREPARED, FILED = "prepared", "filed"


@dataclass(frozen=True, slots=True)
class FiledBox:
    """A box as it was prepared or filed; `late_in` names the period whose late facts it carries."""

    box: Box
    late_in: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a return, see `ReturnStep`."""

    form: str
    period: str
    seq: int
    step: str
    starts_on: date
    ends_on: date
    currency: str
    rates: Mapping[str, Decimal]
    boxes: Sequence[FiledBox]
    ledger_amount: int
    boxed_amount: int
    filed_on: date | None
    reference: str
    made_at: datetime
    made_by: str

    @property
    def difference(self) -> int:
        """Return what the tax account had that no box counts."""
        return self.ledger_amount - self.boxed_amount


def steps_of(
    session: Session, company_id: int, form: str, *, period: str = "", only: str = ""
) -> list[Step]:
    """Return the steps of a return, the first one first; of one period, or of one kind."""
    table = ReturnStep
    query = (
        sa.select(table)
        .where(table.company_id == company_id, table.form == form)
        .order_by(table.starts_on, table.period, table.seq)
    )
    if period:
        query = query.where(table.period == period)
    if only:
        query = query.where(table.step == only)
    return [_read(row) for row in session.scalars(query)]


def last_filed(steps: Sequence[Step]) -> Step | None:
    """Return the return as it stands with the authority, None while it was never filed."""
    return next((each for each in reversed(steps) if each.step == FILED), None)


def states_of(session: Session, company_id: int) -> dict[tuple[str, str], str]:
    """Return the state of every return that has one: prepared, filed, correcting, corrected."""
    table = ReturnStep
    query = (
        sa.select(table.form, table.period, table.step)
        .where(table.company_id == company_id)
        .order_by(table.form, table.period, table.seq)
    )
    done: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for form, period, step in session.execute(query):
        done[form, period].append(step)
    return {key: state_after(steps) for key, steps in done.items()}


def state_after(steps: Sequence[str]) -> str:
    """Return the state that some steps lead to."""
    if not steps:
        return "open"
    filed = steps.count(FILED)
    if steps[-1] == PREPARED:
        return "correcting" if filed else PREPARED
    return "corrected" if filed > 1 else FILED


def as_document(boxes: Sequence[FiledBox]) -> list[dict[str, object]]:
    """Return boxes as they are stored."""
    return [
        {
            "box": each.box.code,
            "title": each.box.title,
            "key": list(each.box.key),
            "corrects": each.box.corrects,
            "amount": each.box.amount,
            "late_in": each.late_in,
        }
        for each in boxes
    ]


def _read(row: ReturnStep) -> Step:
    names = Step.__dataclass_fields__.keys() - {"rates", "boxes"}
    return Step(
        rates={currency: Decimal(rate) for currency, rate in row.rates.items()},
        boxes=[_box(each) for each in row.boxes],
        **{name: getattr(row, name) for name in names},
    )


def _box(said: dict[str, Any]) -> FiledBox:
    box = Box(said["box"], said["title"], said["amount"], tuple(said["key"]), said["corrects"])
    return FiledBox(box, said["late_in"])
