"""Amazon's fee dictionary and what Amazon charges, as `tables/` and `schedules/` list it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from core.api import FeeSchedule
from core.api import FeeTable
from core.api import read_fee_table
from core.api import read_schedule


@cache
def amazon_fees() -> FeeTable:
    """Return the pack of Amazon's codes."""
    tables = files(__package__).joinpath("tables")
    head = tomllib.loads(tables.joinpath("pack.toml").read_text("utf-8"))
    text = tables.joinpath("fees.csv").read_text("utf-8")
    return read_fee_table(text, head["platform"], head["version"])


@cache
def amazon_schedules() -> tuple[FeeSchedule, ...]:
    """Return what Amazon charges, by market and day."""
    found = sorted(files(__package__).joinpath("schedules").iterdir(), key=lambda each: each.name)
    return tuple(read_schedule(each.read_text("utf-8"), name=each.name) for each in found)
