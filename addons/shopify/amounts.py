"""Amounts of Shopify's documents, in the shop's own currency: that is what is settled."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from core.api import MappingError
from core.api import money

Document = Mapping[str, Any]


def amount_of(told: Document | None, currency: str, path: str) -> int:
    """Return what a bag of money holds in the shop's currency; nothing is nothing.

    Raises: MappingError for another currency than the order's.
    """
    return plain_amount(told["shopMoney"], currency, path) if told is not None else 0


def plain_amount(told: Document, currency: str, path: str) -> int:
    """Return an amount.

    Raises: MappingError.
    """
    if told["currencyCode"] != currency:
        raise MappingError(path, told["currencyCode"], hint=f"It should be {currency}.")
    return money(told["amount"], currency, path=path)


def tax_of(lines: Iterable[Document], currency: str, path: str) -> int:
    """Return the tax of some tax lines together."""
    return sum(amount_of(each["priceSet"], currency, f"{path}.taxLines") for each in lines)
