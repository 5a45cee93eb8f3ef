"""The settings of the addon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from marshmallow import ValidationError
from marshmallow import fields

from addons.tax_uk.destinations import SAME_AS
from addons.tax_uk.destinations import is_member
from core.api import InputError
from core.api import SettingsSchema

Registered = tuple[tuple[str, date], ...]
"""EU members with the day from which the seller's distance sales there bear their VAT."""

KNOWN = "registered_abroad"


def _check(table: Mapping[str, object]) -> None:
    try:
        registered_abroad({KNOWN: table})
    except InputError as error:
        raise ValidationError(str(error)) from error


class TaxUkSettings(SettingsSchema):
    """What the seller says about himself."""

    registered_abroad = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        validate=_check,
        metadata={
            "label": "Registered for VAT abroad",
            "help": "The day from which distance sales to an EU country bear its VAT, one country"
            " on each line: FR = 2011-05-01",
        },
    )


def registered_abroad(settings: Mapping[str, object]) -> Registered:
    """Read the setting `registered_abroad`, such as `{"FR": "2011-05-01"}`.

    Raises: InputError naming the setting that cannot be read.
    """
    if unknown := sorted(set(settings) - {KNOWN}):
        raise InputError(f"There is no setting {unknown[0]}.", hint=f"The only one is {KNOWN}.")
    given = settings.get(KNOWN, {})
    if not isinstance(given, Mapping):
        raise InputError(f"{given!r} is no table of countries and days.", where=KNOWN)
    return tuple(sorted(_one(country, day) for country, day in given.items()))


def _one(country: str, day: object) -> tuple[str, date]:
    code = SAME_AS.get(country, country)
    if code == "GB" or not is_member(code):
        raise InputError(f"{country!r} is no EU member.", where=KNOWN, hint="Use codes like FR.")
    try:
        return code, date.fromisoformat(str(day))
    except ValueError:
        where = f"{KNOWN}.{country}"
        raise InputError(f"{day!r} is no day.", where=where, hint="Write 2011-05-01.") from None
