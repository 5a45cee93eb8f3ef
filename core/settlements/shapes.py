"""What the API answers about settlements; amounts are decimal text."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict


class SettlementHead(TypedDict):
    """A settlement of a list."""

    id: int
    settlement: str
    platform: str
    account: str
    started_at: str
    ended_at: str
    deposited_on: str | None
    declared: str
    computed: str
    currency: str
    rows: int
    suspense: int
    state: str


class CodeDocument(TypedDict):
    """A code as platforms write it."""

    kind: str
    group: str
    name: str


class CodeSum(TypedDict):
    """How many rows of one code came to how much, and where that stands."""

    code: CodeDocument
    account: str | None
    outcome: str | None
    reason: str | None
    count: int
    amount: str


class SettlementDocument(TypedDict):
    """A settlement: declared against computed, and what each code came to."""

    settlement: str
    platform: str
    account: str
    format: str
    state: str
    reason: str | None
    currency: str
    declared: str
    computed: str
    deposited_on: str | None
    rows: int
    codes: list[CodeSum]


class UnmappedDocument(TypedDict):
    """A code that nobody knows, with what stands in suspense because of it."""

    platform: str
    code: CodeDocument
    reason: str
    currency: str
    count: int
    amount: str


class ReceivableDocument(TypedDict):
    """What a platform owes in one state."""

    platform: str
    account: str
    state: str
    count: int
    amount: str


class HeldDocument(TypedDict):
    """What a platform says that it holds back."""

    platform: str
    account: str
    currency: str
    state: str
    count: int
    amount: str
    releases_at: str | None


class OwedDocument(TypedDict):
    """What platforms owe by state, and what they hold back."""

    currency: str
    receivables: list[ReceivableDocument]
    held: list[HeldDocument]


class AgedDocument(TypedDict):
    """What is open on a clearing account of a platform, by age."""

    platform: str
    account: str
    ledger: str
    items: int
    total: str
    ages: dict[str, str]


class AgesDocument(TypedDict):
    """How old what is open is."""

    currency: str
    items: list[AgedDocument]


class MappedDocument(TypedDict):
    """The version of the dictionary, and how many rows stand elsewhere now."""

    version: int
    looked_at: int
    moved: int


class PayoutWishDocument(TypedDict):
    """A payout that was asked for; `state` is sending, begun, refused or lost."""

    id: int
    connection: str
    state: str
    external_ref: str
    reason: str
    asked_at: datetime
    asked_by: str
    found: bool


class ResolvedDocument(TypedDict):
    """How many rows were looked at again, and how many stand elsewhere now."""

    looked_at: int
    moved: int
