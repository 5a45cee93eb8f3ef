"""What the list of orders can be narrowed by, and the columns that it can show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from core.errors import InputError
from core.orders.queries import OrderFilter

FILTERS = ("kind", "state", "country", "exception", "attention", "from", "to", "text")
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
    """Read a filter from the address of a list, or from a form that repeats it.

    Raises: InputError for a day that is none.
    """
    told = {name: asked.get(name, "").strip() for name in FILTERS}
    return OrderFilter(
        kind=told["kind"],
        state=told["state"],
        country=told["country"],
        exception=told["exception"],
        attention=bool(told["attention"]),
        text=told["text"],
        start=_day(told["from"], "from"),
        end=_day(told["to"], "to"),
    )


def filter_values(narrow: OrderFilter) -> dict[str, str]:
    """Return a filter as it stands in an address; what it does not narrow is left out."""
    values = {
        "kind": narrow.kind,
        "state": narrow.state,
        "country": narrow.country,
        "exception": narrow.exception,
        "attention": "1" if narrow.attention else "",
        "from": narrow.start.isoformat() if narrow.start else "",
        "to": narrow.end.isoformat() if narrow.end else "",
        "text": narrow.text,
    }
    return {name: values[name] for name in FILTERS if values[name]}


def _day(text: str, where: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(f"{text!r} is no day.", where=where) from error
