"""What a seller enters so that VIES answers with a number that proves the consultation."""

from __future__ import annotations

from marshmallow import ValidationError
from marshmallow import fields
from marshmallow import validate

from core.api import SettingsSchema
from core.api import read_tax_number


def _own_number(text: str) -> None:
    number = read_tax_number(text, "")
    if text and (number.fault or not number.online):
        raise ValidationError(
            "It is no VAT number of a member state; write it with its prefix: DE136695976."
        )


class ViesConnection(SettingsSchema):
    """How VIES is asked."""

    requester = fields.String(
        load_default="",
        validate=_own_number,
        metadata={
            "label": "Own VAT number",
            "help": "With the prefix of its member state. VIES then gives each answer a"
            " consultation number, which proves that you asked; without it there is none.",
        },
    )
    simulator = fields.String(
        load_default="",
        validate=validate.Regexp(r"(https?://[^/\s]+)?$", error="Give an address, or nothing."),
        metadata={
            "label": "Simulated service",
            "help": "The address of a service that plays VIES. Empty: VIES itself.",
        },
    )
