"""Trying a shop before it is stored: which it is, and what the seller has allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.tiktok_shop.asking import ASC
from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.login import shop_among
from addons.tiktok_shop.operations import GET_WAREHOUSES
from addons.tiktok_shop.operations import LIST_SHOPS
from addons.tiktok_shop.operations import LIST_STATEMENTS
from addons.tiktok_shop.operations import LIST_TALKS
from addons.tiktok_shop.operations import SEARCH_ORDERS
from addons.tiktok_shop.operations import SEARCH_PRODUCTS
from addons.tiktok_shop.operations import SEARCH_RETURNS
from addons.tiktok_shop.pulling import account_of
from core.api import AuthFailed
from core.api import Http
from core.api import InputError
from core.api import Operation

SALES = "SALES_WAREHOUSE"
ONE: Mapping[str, object] = {"page_size": 1}
STATEMENTS = {**ONE, "sort_field": "statement_time", "sort_order": ASC}
NEEDED: tuple[tuple[str, Operation, Mapping[str, object]], ...] = (
    ("Order Information", SEARCH_ORDERS, ONE),
    ("Product Basic", SEARCH_PRODUCTS, ONE),
    ("Return and Refund", SEARCH_RETURNS, ONE),
    ("Finance Information", LIST_STATEMENTS, STATEMENTS),
)
"""The scopes of an app by the names that TikTok's pages give them, and what shows each of them."""


MESSAGES: tuple[str, Operation, Mapping[str, object]] = ("Customer Service", LIST_TALKS, ONE)


def check(settings: Mapping[str, Any], http: Http) -> None:
    """Ask which shops the app may see, and each API for one row.

    Raises: InputError naming what does not fit, AuthFailed, or another ConnectorError.
    """
    account = account_of(settings)
    shop = shop_among(rows_of(ask(http, LIST_SHOPS), "shops"), settings)
    if shop.get("region") != account.region:
        raise InputError(f"The shop is in {shop.get('region')}.", where="region")
    if place := str(settings.get("warehouse") or ""):
        _known_warehouse(http, place)
    needed = (*NEEDED, MESSAGES) if settings.get("messages") else NEEDED
    missing = [name for name, *asked in needed if not _may(http, *asked)]
    if missing:
        raise InputError(
            f"The app lacks the scopes {', '.join(missing)}.",
            where="app_key",
            hint="Add them to the app in the Partner Center, and authorise the shop again.",
        )


def _known_warehouse(http: Http, place: str) -> None:
    found = rows_of(ask(http, GET_WAREHOUSES), "warehouses")
    sales = {each["id"]: each.get("name") for each in found if each.get("type") == SALES}
    if place not in sales:
        known = ", ".join(f"{number} ({name})" for number, name in sorted(sales.items()))
        raise InputError(f"The shop sells from {known or 'no warehouse'}.", where="warehouse")


def _may(http: Http, operation: Operation, query: Mapping[str, object]) -> bool:
    body = {} if operation.method == "POST" else None
    try:
        ask(http, operation, query=query, json=body)
    except AuthFailed:
        return False
    return True
