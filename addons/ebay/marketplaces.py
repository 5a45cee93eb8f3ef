"""eBay's marketplaces, as `marketplaces.toml` lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from core.api import ShopFacts
from core.api import choice


@cache
def marketplaces() -> Mapping[str, ShopFacts]:
    """Return the shop of each marketplace."""
    return {
        name: ShopFacts(name, title, currency, timezone)
        for name, (title, _country, currency, timezone, _language) in _table().items()
    }


def language_of(marketplace: str) -> str:
    """Return in which language listings are written on a marketplace.

    Raises: MappingError for one that nobody knows.
    """
    return str(choice(marketplace, _table(), path="marketplace")[-1])


@cache
def _table() -> Mapping[str, list[str]]:
    return tomllib.loads(files(__package__).joinpath("marketplaces.toml").read_text("utf-8"))


def shop_of(marketplace: str) -> ShopFacts:
    """Return the shop of a marketplace.

    Raises: MappingError for one that nobody knows.
    """
    return choice(marketplace, marketplaces(), path="purchaseMarketplaceId")
