"""A postal address with its contact, as plain text fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel goes and whom the carrier may ask; `street` may have several lines.

    `country` is a two-letter ISO 3166 code.
    """

    name: str = ""
    company: str = ""
    street: str = ""
    district: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""

    def given(self) -> dict[str, str]:
        """Return the fields that hold something."""
        return {name: value for name in FIELDS if (value := getattr(self, name))}

    def is_empty(self) -> bool:
        """Say whether it tells nothing but the country."""
        return not (self.given().keys() - {"country"})


FIELDS = tuple(field.name for field in fields(Address))


def address_of(values: Mapping[str, str]) -> Address:
    """Return the address among some values; other keys are left out."""
    return Address(**{name: values[name].strip() for name in FIELDS if name in values})
