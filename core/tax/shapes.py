"""What the API answers about tax; amounts are decimal text."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from typing import TypedDict


class BoxDocument(TypedDict):
    """A box of a return, or a row of it; `booked_since` by how much it would be another one now."""

    box: str
    title: str
    key: list[str]
    corrects: str
    late_in: str
    amount: str | None
    booked_since: str | None


class ControlDocument(TypedDict):
    """What the tax account says beside what the boxes add up of it.

    `moved` is what was booked in another period, less what is declared in another.
    """

    account: str
    ledger: str | None
    booked: str | None
    moved: str | None
    boxes: str | None
    difference: str | None


class StepDocument(TypedDict):
    """A step of a return: it was prepared, or filed."""

    step: str
    made_at: datetime
    made_by: str
    filed_on: date | None
    reference: str


class ReturnDocument(TypedDict):
    """A return as filed or prepared, or as the books fill it."""

    form: str
    title: str
    period: str
    state: str
    currency: str
    rates: dict[str, str]
    boxes: list[BoxDocument]
    control: ControlDocument
    steps: list[StepDocument]


class BoxLineDocument(TypedDict):
    """A line of an entry behind a box."""

    booked_on: date
    entry: str
    entry_id: int
    order_id: int | None
    order: str
    line_id: int | None
    currency: str
    base: str
    tax: str
    reason: str
