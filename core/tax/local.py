"""Rates of single places, which addons may know from a rate service."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from core.errors import InputError
from core.kernel import hooks
from core.tax.rates import TaxRate


@dataclass(frozen=True, slots=True)
class TaxPlace:
    """A place on a day: country, state or province, and post code, as orders give them."""

    country: str
    region: str
    postcode: str
    day: date


@dataclass(frozen=True, slots=True)
class PlaceRate:
    """The whole rate of a place on its day: of the state and of all below it together."""

    place: TaxPlace
    rate: TaxRate


def place_rates(session: Session, places: Sequence[TaxPlace]) -> Mapping[TaxPlace, TaxRate]:
    """Return the rates that addons know, by place; nothing for the others.

    Raises: InputError naming two addons that know different rates of a place, or one that gives
    something else.
    """
    found: dict[TaxPlace, tuple[str, TaxRate]] = {}
    for addon, said in hooks.collect(session, "tax_place_rates", places=tuple(places)):
        if not isinstance(said, PlaceRate):
            raise InputError(
                f"{addon} gives {said!r} as the rate of a place.", hint="Disable or correct it."
            )
        known = found.setdefault(said.place, (addon, said.rate))
        if known[1].rate != said.rate.rate:
            place = said.place
            raise InputError(
                f"{known[0]} and {addon} know different rates of {place.region} {place.postcode}"
                f" on {place.day}.",
                hint="Disable one of them.",
            )
    return {place: rate for place, (_, rate) in found.items()}
