"""How far an order is, and what other states mean, by what `statuses.toml` says of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from core.api import OrderStatus
from core.api import ReturnState
from core.api import choice

Document = Mapping[str, Any]
GONE = "CANCELLED"
PLATFORM, SELLER, NOBODY = "platform", "seller", "nobody"


def status_of(order: Document) -> OrderStatus:
    """Return how far an order is.

    Raises: MappingError for a state that nobody knows.
    """
    found = OrderStatus(_meaning(order["status"], "order", "status"))
    if found is OrderStatus.UNSHIPPED and order.get("is_buyer_request_cancel"):
        return OrderStatus.CANCEL_REQUESTED
    return found


def is_stored(order: Document) -> bool:
    """Say whether the platform sends an order from its own warehouse.

    Raises: MappingError.
    """
    told = order.get("fulfillment_type") or "FULFILLMENT_BY_SELLER"
    return bool(_meaning(told, "stored", "fulfillment_type"))


def ships_by(order: Document) -> str:
    """Say who ships an order.

    Raises: MappingError.
    """
    return str(_meaning(order["shipping_type"], "shipping", "shipping_type"))


def has_gone_back(told: Document) -> bool:
    """Say whether the money of a request has gone back.

    Raises: MappingError.
    """
    return bool(_meaning(told["return_status"], "return", "return_status"))


def return_state(told: Document) -> ReturnState:
    """Return how far a request is, as far as its goods are concerned.

    Raises: MappingError.
    """
    return ReturnState(_meaning(told["return_status"], "coming", "return_status"))


def brings_goods(told: Document) -> bool:
    """Say whether the goods of a request come back.

    Raises: MappingError.
    """
    return bool(_meaning(told["return_type"], "goods", "return_type"))


def _meaning(told: object, table: str, path: str) -> Any:
    return choice(told, _tables()[table], path=path)


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("statuses.toml").read_text("utf-8"))
