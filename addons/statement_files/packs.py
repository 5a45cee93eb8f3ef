"""Fee dictionaries of platforms, as `tables/` lists them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from core.api import FeeTable
from core.api import read_fee_table


@cache
def packs() -> tuple[FeeTable, ...]:
    """Return the packs."""
    tables = files(__package__).joinpath("tables")
    heads = tomllib.loads(tables.joinpath("packs.toml").read_text("utf-8"))
    return tuple(
        read_fee_table(
            tables.joinpath(f"{platform}.csv").read_text("utf-8"), platform, head["version"]
        )
        for platform, head in heads.items()
    )
