"""The settings of the addon: local rates that the seller noted himself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from decimal import InvalidOperation

from marshmallow import ValidationError
from marshmallow import fields

from addons.tax_us.states import states
from core.api import InputError
from core.api import SettingsSchema
from core.api import TaxRate

KNOWN = "local_rates"

NotedRates = tuple[tuple[str, str, tuple[TaxRate, ...]], ...]
"""State, the beginning of its post codes, and the rates there, the oldest first."""


def _check(table: Mapping[str, object]) -> None:
    try:
        local_rates({KNOWN: table})
    except InputError as error:
        raise ValidationError(str(error)) from error


class TaxUsSettings(SettingsSchema):
    """What the seller notes of local rates."""

    local_rates = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        validate=_check,
        metadata={
            "label": "Local rates",
            "help": "Sales tax of a place in percent, state and local together, one on each line:"
            " TX 75201 = 8.25, 8.5 from 2027-01-01. A state alone holds for all its places.",
        },
    )


def local_rates(settings: Mapping[str, object]) -> NotedRates:
    """Read the setting `local_rates`; the longest beginning of a post code comes first.

    Raises: InputError naming the line that cannot be read.
    """
    given = settings.get(KNOWN, {})
    if not isinstance(given, Mapping):
        raise InputError(f"{given!r} is no table of places and rates.", where=KNOWN)
    rows = [_place(str(place), str(text)) for place, text in given.items()]
    return tuple(sorted(rows, key=lambda row: (row[0], -len(row[1]), row[1])))


def _place(place: str, text: str) -> tuple[str, str, tuple[TaxRate, ...]]:
    where = f"{KNOWN}.{place}"
    state, _, postcode = place.strip().partition(" ")
    if state not in states():
        raise InputError(f"{state!r} levies no sales tax.", where=where, hint="Such as TX 75201.")
    rates = [_rate(part.strip(), where) for part in text.split(",")]
    return state, postcode.strip(), tuple(sorted(rates, key=lambda rate: rate.since))


def _rate(text: str, where: str) -> TaxRate:
    percent, _, since = text.partition(" from ")
    try:
        rate = Decimal(percent.strip()) * 10_000
        first = date.fromisoformat(since.strip()) if since else date.min
    except (InvalidOperation, ValueError):
        hint = "Write 8.25, or 8.25, 8.5 from 2027-01-01."
        raise InputError(f"{text!r} is no rate.", where=where, hint=hint) from None
    if rate != int(rate) or not 0 <= rate < 1_000_000:
        raise InputError(f"{text!r} is no percentage.", where=where)
    return TaxRate(first, int(rate), "noted by the seller in the settings of this addon")
