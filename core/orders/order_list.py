"""What the list of orders can be narrowed by, and the columns that it can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from core.orders.queries import OrderFilter

FILTERS = ("kind", "state", "country", "exception", "attention", "text")
"""As they stand in the address of the list, in this order."""

COLUMNS = (
    *("ordered_at", "promised_at", "kind", "state", "country", "shop", "platform", "account"),
    *("line_count", "net_amount", "tax_amount", "currency"),
)
"""Beside the document's number, which is always shown; in this order."""

USUAL = (
    *("ordered_at", "kind", "state", "country", "shop"),
    *("line_count", "net_amount", "tax_amount", "currency"),
)
"""The columns that somebody sees who chose none."""

STATES = (
    *("to_review", "on_hold", "backordered", "allocated", "released", "picking", "packed"),
    *("shipped", "cancelled"),
)
"""The states that are a tab of the list, in the order of an order's life."""


def read_filter(asked: Mapping[str, str]) -> OrderFilter:
    """Read a filter from the address of a list, or from a form that repeats it."""
    told = {name: asked.get(name, "").strip() for name in FILTERS if name != "attention"}
    return OrderFilter(**told, attention=bool(asked.get("attention")))


def filter_values(narrow: OrderFilter) -> dict[str, str]:
    """Return a filter as it stands in an address; what it does not narrow is left out."""
    values = asdict(narrow) | {"attention": "1" if narrow.attention else ""}
    return {name: values[name] for name in FILTERS if values[name]}
