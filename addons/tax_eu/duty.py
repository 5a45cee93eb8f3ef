"""The customs duty on consignments of low value, as `tables/duty.toml` has it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal
from functools import cache
from importlib.resources import files

from core.api import TaxFacts


@dataclass(frozen=True, slots=True)
class FlatDuty:
    """A duty of a fixed amount for each distinct heading, in minor units of `currency`."""

    since: date
    until: date
    limit: int
    amount: int
    currency: str
    source: str


def flat_duty(day: date) -> FlatDuty | None:
    """Return the duty in force on a day, if there is one."""
    for duty in _duties():
        if duty.since <= day <= duty.until:
            return duty
    return None


@cache
def _duties() -> tuple[FlatDuty, ...]:
    text = files(__package__).joinpath("tables/duty.toml").read_text("utf-8")
    return tuple(
        FlatDuty(
            row["from"], row["until"], row["limit"], row["amount"], row["currency"], row["source"]
        )
        for row in tomllib.loads(text)["low_value"]
    )


def duty_on(fact: TaxFacts) -> tuple[FlatDuty, int] | None:
    """Return the duty that a line adds: the first line of each heading bears it.

    The amount is in minor units of the consignment's currency.
    """
    duty = flat_duty(fact.taxed_on)
    parcel = fact.parcel()
    if duty is None or fact.item == "delivery" or not parcel.within(duty.limit, duty.currency):
        return None
    headings = [goods.hs6 for goods in parcel.goods]
    if headings.index(fact.hs6) != fact.place:
        return None
    amount = parcel.worth(duty.amount, duty.currency).quantize(Decimal(1), ROUND_HALF_UP)
    return duty, int(amount)
