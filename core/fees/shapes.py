"""What the API answers about fees; amounts are decimal text."""

from __future__ import annotations

from typing import TypedDict


class OwnRate(TypedDict):
    """A fee that the seller says himself."""

    account: str
    basis: str
    amount: str
    since: str | None
    version: int


class PlanDocument(TypedDict):
    """How the fees of a shop are estimated."""

    shop: str
    platform: str
    market: str
    category: str
    fulfilment: str
    preferences: dict[str, list[str]]
    rates: list[OwnRate]


class DriftDocument(TypedDict):
    """How far the estimates of a fee are off."""

    shop: str
    account: str
    title: str
    estimator: str
    currency: str
    lines: int
    estimated: str
    actual: str
    difference: str
    percent: str
    alarming: bool


class CauseDocument(TypedDict):
    """Why profit is not final; amounts by currency."""

    cause: str
    count: int
    more: bool
    amounts: dict[str, str]
    examples: list[str]
    action: str


class WhyNotFinal(TypedDict):
    """The causes, and how many orders there are in each state."""

    items: list[CauseDocument]
    orders: dict[str, int]
