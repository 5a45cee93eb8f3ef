"""What the API answers about rules."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict


class RuleHead(TypedDict):
    """Where a rule stands; `live_version` is null while it is a draft."""

    id: int
    enabled: bool
    version: int
    live_version: int | None


class Tried(TypedDict):
    """How many orders a rule matched, and would match."""

    id: int
    name: str
    before: int
    after: int


class Difference(TypedDict):
    """What would be another way, and for how many orders."""

    what: str
    before: str
    after: str
    orders: int


class ChangedOrder(TypedDict):
    """An order that would fare another way."""

    order: str
    ordered_at: datetime
    before: dict[str, str]
    after: dict[str, str]
    why: list[dict[str, object]]


class BrokenRule(TypedDict):
    """A rule that could not be asked."""

    id: int
    why: str


class SimulationDocument(TypedDict):
    """What drafts would do to past orders; `changes` are the latest hundred."""

    looked_at: int
    changed: int
    rules: list[Tried]
    differences: list[Difference]
    changes: list[ChangedOrder]
    broken: list[BrokenRule]
