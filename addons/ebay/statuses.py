"""How far an order is, by what `statuses.toml` says of eBay's states."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from core.api import OrderStatus
from core.api import choice

UNLESS = "unless shipped, cancelled"
ASKED = "unless shipped, cancel requested"


def status_of(order: Mapping[str, Any]) -> OrderStatus:
    """Return how far an order is.

    Raises: MappingError for a state that nobody knows.
    """
    goods = _meaning(order["orderFulfillmentStatus"], "fulfilment", "orderFulfillmentStatus")
    money = _meaning(order["orderPaymentStatus"], "payment", "orderPaymentStatus")
    cancelled = _meaning(order["cancelStatus"]["cancelState"], "cancellation", "cancelState")
    if UNLESS in (cancelled, money):
        left = goods == OrderStatus.SHIPPED or order["orderFulfillmentStatus"] == "IN_PROGRESS"
        return OrderStatus.SHIPPED if left else OrderStatus.CANCELLED
    if cancelled == ASKED and not money and goods == OrderStatus.UNSHIPPED:
        return OrderStatus.CANCEL_REQUESTED
    return OrderStatus(money or goods)


def has_gone(refund: Mapping[str, Any]) -> bool:
    """Say whether the money of a refund has gone back.

    Raises: MappingError for a state that nobody knows.
    """
    return bool(_meaning(refund["refundStatus"], "refund", "refundStatus"))


def _meaning(told: object, table: str, path: str) -> Any:
    return choice(told, _tables()[table], path=path)


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("statuses.toml").read_text("utf-8"))
