"""What the API answers about customs declarations; amounts are decimal text."""

from __future__ import annotations

from datetime import date
from typing import TypedDict


class DeclarationDocument(TypedDict):
    """A declaration that is booked."""

    reference: str
    country: str
    declared_on: date
    currency: str
    customs_value: str
    duty: str
    vat: str
    way: str
    customs_rate: str


class CheckedDeclaration(TypedDict):
    """What the customs rate makes of a declaration that is not booked yet."""

    currency: str
    customs_rate: str
    customs_value: str
    duty: str
    vat_base: str
    vat: str
    vat_expected: str | None
    vat_difference: str | None
