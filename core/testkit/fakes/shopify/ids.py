"""Shopify's global ids, and money and moments as it writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Any

from core.money import to_text

_GID = re.compile(r"gid://shopify/(\w+)/(\d+)")
FIRST_ORDER = 1001


def gid(kind: str, number: object) -> str:
    """Return the global id of a thing."""
    return f"gid://shopify/{kind}/{number}"


def number_in(value: object, kind: str) -> str:
    """Return the number in a global id of a kind; nothing when it is none of it."""
    found = _GID.fullmatch(str(value))
    return found[2] if found and found[1] == kind else ""


def order_number(ref: str) -> str:
    """Return the number of an order by its name."""
    return str(5_900_000_000_000 + int(ref) * 64)


def order_ref(number: str) -> str:
    """Return the name of an order by its number."""
    return str((int(number) - 5_900_000_000_000) // 64) if number else ""


def money(amount: int, currency: str) -> dict[str, Any]:
    """Return an amount."""
    return {"amount": to_text(amount, currency), "currencyCode": currency}


def bag(amount: int, currency: str) -> dict[str, Any]:
    """Return an amount in the shop's currency, which is also what the buyer saw."""
    told = money(amount, currency)
    return {"shopMoney": told, "presentmentMoney": told}


@dataclass
class OrderNames:
    """Names orders one after the other, as a shop does."""

    last: int = FIRST_ORDER - 1

    def __call__(self, _dice: Random) -> str:
        """Return the next name, without its sign."""
        self.last += 1
        return str(self.last)
