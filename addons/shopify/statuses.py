"""How far an order is, by what `statuses.toml` says of Shopify's states."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from core.api import OrderStatus
from core.api import choice

UNLESS = "unless shipped, cancelled"


def status_of(order: Mapping[str, Any]) -> OrderStatus:
    """Return how far an order is.

    Raises: MappingError for a state that nobody knows.
    """
    tables = _tables()
    goods = choice(
        order["displayFulfillmentStatus"], tables["fulfilment"], path="displayFulfillmentStatus"
    )
    # An order of nothing has no state of money.
    told = order.get("displayFinancialStatus") or "PAID"
    money = choice(told, tables["financial"], path="displayFinancialStatus")
    if order.get("cancelledAt") and goods != OrderStatus.SHIPPED:
        return OrderStatus.CANCELLED
    if money == UNLESS:
        shipped = goods == OrderStatus.SHIPPED or told_partly(order)
        return OrderStatus.SHIPPED if shipped else OrderStatus.CANCELLED
    return OrderStatus(money or goods)


def told_partly(order: Mapping[str, Any]) -> bool:
    """Say whether a part of an order has left."""
    return bool(order["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED")


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("statuses.toml").read_text("utf-8"))
