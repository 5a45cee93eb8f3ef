"""What the types of Shopify's balance transactions mean to the books, as `tables/` lists it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from core.api import FeeTable
from core.api import read_fee_table


@cache
def shopify_fees() -> FeeTable:
    """Return the pack of Shopify's types."""
    tables = files(__package__).joinpath("tables")
    head = tomllib.loads(tables.joinpath("pack.toml").read_text("utf-8"))
    return read_fee_table(
        tables.joinpath("fees.csv").read_text("utf-8"), head["platform"], head["version"]
    )
