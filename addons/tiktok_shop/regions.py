"""Where TikTok Shop sells, as `regions.toml` lists it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from core.api import ShopFacts
from core.api import choice


@cache
def regions() -> Mapping[str, ShopFacts]:
    """Return the shop of each region."""
    told = tomllib.loads(files(__package__).joinpath("regions.toml").read_text("utf-8"))
    return {
        name: ShopFacts(f"TIKTOK_{name}", title, currency, timezone)
        for name, (title, currency, timezone) in told.items()
    }


def shop_of(region: object) -> ShopFacts:
    """Return the shop of a region.

    Raises: MappingError for one that nobody knows.
    """
    return choice(region, regions(), path="region")
