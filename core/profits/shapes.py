"""What the API answers about profit; amounts in minor units, by profit line."""

from __future__ import annotations

from datetime import date
from typing import NotRequired
from typing import TypedDict

from core.ledger.bridge import Bridge
from core.profits.bundles import BundlePart


class Amounts(TypedDict):
    """The lines that are not empty, and what is left after each step."""

    lines: dict[str, int]
    steps: dict[str, int]


class Rest(Amounts):
    """What belongs to no row."""

    direct: int
    allocated: int
    allocated_lines: dict[str, int]


class ProfitRowDocument(Rest):
    """What one SKU, country, shop or month earned."""

    id: int | None
    key: str
    label: str
    state: str


class RateTold(TypedDict):
    """The rate that the report was converted by."""

    told: str | None
    rate: NotRequired[str]
    day: NotRequired[date]


class WhyMissing(TypedDict):
    """Why there is no rate, and what to do."""

    reason: str
    hint: str


class ProfitDocument(TypedDict):
    """The report; without a rate its figures are null, and `missing` says why."""

    by: str
    rows: list[ProfitRowDocument] | None
    not_allocated: Rest | None
    left_out: Amounts | None
    total: Amounts | None
    currency: NotRequired[str]
    rate_on: NotRequired[date]
    rate: NotRequired[RateTold]
    missing: NotRequired[WhyMissing | None]


class OriginalRowDocument(TypedDict):
    """What a key earned in one currency, and what the books have for it."""

    id: int | None
    key: str
    label: str
    currency: str
    lines: dict[str, int]
    profit: int
    booked: int


class OriginalDocument(TypedDict):
    """The report in the currencies of the documents."""

    currency: str
    by: str
    rows: list[OriginalRowDocument]
    totals: list[OriginalRowDocument]
    booked: int


class OrderProfitDocument(Amounts):
    """What an order earned in all, and what it bears of costs that were booked without one."""

    id: int
    number: str
    ordered_on: date
    country: str
    shop: str
    state: str
    allocated: int
    allocated_lines: dict[str, int]
    after_allocation: int


class OneOrderProfit(OrderProfitDocument):
    """What one order earned, and the parts of its bundles."""

    bundle_parts: list[BundlePart]


class BridgeDocument(TypedDict):
    """Why the second period earned another profit, and what became of its estimates."""

    currency: str
    periods: Bridge
    estimated: Amounts
    since: Amounts
    now: Amounts
