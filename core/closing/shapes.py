"""What the API answers about periods; amounts are decimal text, months `2026-09`."""

from __future__ import annotations

from typing import TypedDict


class PeriodDocument(TypedDict):
    """A month of the books; who changed its state last, when, and why."""

    month: str
    state: str
    changed_at: str | None
    changed_by: str | None
    reason: str | None


class TaskDocument(TypedDict):
    """What is left to do before a month is complete; `blocking` keeps it open."""

    name: str
    title: str
    fix: str
    number: int
    amount: str | None
    blocking: bool


class ChecklistDocument(TypedDict):
    """What is left to do before a month can close."""

    month: str
    currency: str
    tasks: list[TaskDocument]
