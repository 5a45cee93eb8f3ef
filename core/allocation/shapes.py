"""What the API answers about sharing costs out; amounts are decimal text, months `2026-09`."""

from __future__ import annotations

from typing import TypedDict

from core.allocation.rules import Rule

# Their key `from` is a word of Python.
RunHead = TypedDict(
    "RunHead",
    {"run": int, "from": str, "until": str, "counts": bool, "made_at": str, "made_by": str},
)


class NotAllocated(TypedDict):
    """What a run could not share."""

    run: int
    account: str
    rule: str
    amount: str
    reason: str


class BookedSince(TypedDict):
    """What was booked on a month after it was shared."""

    month: str
    account: str
    amount: str


class AllocationOverview(TypedDict):
    """All runs, what nobody bears, what was booked since, and the rules that hold."""

    currency: str
    runs: list[RunHead]
    not_allocated: list[NotAllocated]
    booked_since: list[BookedSince]
    rules: list[Rule]


class PoolToShare(TypedDict):
    """A pool of costs, and by what it would be shared."""

    account: str
    rule: str
    amount: str
    not_allocated: str
    by: str
    reason: str


class PoolDocument(TypedDict):
    """A pool of costs, and by what it was shared."""

    account: str
    rule: str
    version: int | None
    amount: str
    not_allocated: str
    by: str
    weight: int | None
    reason: str


RunDocument = TypedDict(
    "RunDocument",
    {
        "run": int,
        "from": str,
        "until": str,
        "currency": str,
        "total": str,
        "not_allocated": str,
        "pools": list[PoolDocument],
    },
)

PreviewDocument = TypedDict(
    "PreviewDocument",
    {
        "from": str,
        "until": str,
        "currency": str,
        "total": str,
        "not_allocated": str,
        "pools": list[PoolToShare],
    },
)
