"""Amounts of eBay's documents: texts with a currency, perhaps converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api import MappingError
from core.api import money

Document = Mapping[str, Any]


def amount_of(told: Document | None, currency: str, path: str) -> int:
    """Return an amount; nothing is nothing.

    Raises: MappingError for another currency than the order's or the payout's.
    """
    if told is None:
        return 0
    if told["currency"] != currency:
        raise MappingError(path, told["currency"], hint=f"It should be {currency}.")
    return money(told["value"], currency, path=path)
