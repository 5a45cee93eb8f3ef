"""Fee dictionaries of platforms and what they charge, as `tables/` and `schedules/` list it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from core.api import FeeSchedule
from core.api import FeeTable
from core.api import read_fee_table
from core.api import read_schedule


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


@cache
def schedules() -> tuple[FeeSchedule, ...]:
    """Return what the platforms charge, by market and day."""
    found = sorted(files(__package__).joinpath("schedules").iterdir(), key=lambda each: each.name)
    return tuple(read_schedule(each.read_text("utf-8"), name=each.name) for each in found)
