"""Checking an address against the rules of its country, and bringing it into order."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from core.addresses import marks
from core.addresses.address import Address
from core.addresses.choices import Choices
from core.addresses.choices import latin_name
from core.addresses.choices import official_name
from core.addresses.choices import rules_of
from core.addresses.latin import is_latin
from core.addresses.latin import to_latin
from core.addresses.phones import normal_phone

REQUIRED = "required"
INVALID = "invalid"

# What the package calls our fields.
_THEIRS = {
    "street": "street_address",
    "district": "city_area",
    "city": "city",
    "region": "country_area",
    "postcode": "postal_code",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A field without which no carrier takes the parcel: it is `required`, or `invalid`."""

    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Checked:
    """An address in order, its form in Latin letters, what is wrong and what is to be noticed."""

    address: Address
    latin: Address
    problems: tuple[Problem, ...]
    flags: tuple[str, ...]


def check_address(address: Address) -> Checked:
    """Check an address; what is wrong stays as it was written."""
    tidy = _tidy(address)
    rules = rules_of(tidy.country) if tidy.country else None
    if rules is None:
        code = INVALID if tidy.country else REQUIRED
        return _result(tidy, tidy, [Problem("country", code)])
    work = _Work(tidy, rules)
    work.run()
    return _result(work.address, _latin(work.address), work.problems)


class _Work:
    """One address on its way through the rules of its country, from the region downwards."""

    def __init__(self, address: Address, rules: Any) -> None:
        self.address = address
        self.rules = rules
        self.problems: list[Problem] = []

    def run(self) -> None:
        country = self.address.country
        if not (self.address.name or self.address.company):
            self.problems.append(Problem("name", REQUIRED))
        self._choose("region", self.rules.country_area_choices)
        narrow = rules_of(country, self.address.region) if self._official("region") else self.rules
        self._choose("city", narrow.city_choices)
        if narrow.city_choices and self._official("city"):
            narrow = rules_of(country, self.address.region, self.address.city)
        self._choose("district", narrow.city_area_choices)
        self._choose("street", ())
        self._postcode(narrow)

    def _official(self, field: str) -> bool:
        wrong = {problem.field for problem in self.problems}
        return field not in wrong and bool(getattr(self.address, field))

    def _choose(self, field: str, choices: Choices) -> None:
        value, theirs = getattr(self.address, field), _THEIRS[field]
        required = theirs in self.rules.required_fields
        if theirs not in self.rules.allowed_fields:
            if field == "region":
                # A county of England stands on no label; what was received keeps it.
                self.address = replace(self.address, region="")
        elif not value:
            if required:
                self.problems.append(Problem(field, REQUIRED))
        elif choices:
            official = official_name(value, choices)
            if official is not None:
                self.address = replace(self.address, **{field: official})
            elif required or field == "region":
                self.problems.append(Problem(field, INVALID))

    def _postcode(self, narrow: Any) -> None:
        self._choose("postcode", ())
        postcode = self.address.postcode
        if postcode and not all(each.match(postcode) for each in narrow.postal_code_matchers):
            self.problems.append(Problem("postcode", INVALID))


def _tidy(address: Address) -> Address:
    country = address.country.strip().upper()
    cells = {
        name: "\n".join(filter(None, (" ".join(line.split()) for line in value.splitlines())))
        for name, value in address.given().items()
    }
    cells["country"] = country
    if address.postcode:
        cells["postcode"] = marks.write_postcode(country, address.postcode)
    if address.phone:
        cells["phone"] = normal_phone(address.phone, country) or cells["phone"]
    return Address(**cells)


def _latin(address: Address) -> Address:
    """Return an address with the Latin names of its places and all else transcribed."""
    country = address.country
    path: tuple[str, ...] = ()
    cells: dict[str, str] = {}
    for field in ("region", "city", "district"):
        value = getattr(address, field)
        path = (*path, value)
        known = None if is_latin(value) else latin_name(country, *path)
        cells[field] = known or value
    for field in ("name", "company", "street"):
        cells[field] = getattr(address, field)
    return replace(address, **{field: to_latin(value) for field, value in cells.items()})


def _result(address: Address, latin: Address, problems: list[Problem]) -> Checked:
    flags = [*marks.marks_of(address)]
    if not all(is_latin(value) for value in latin.given().values()):
        flags.append(marks.NOT_LATIN)
    if not address.phone:
        flags.append(marks.NO_PHONE)
    elif normal_phone(address.phone, address.country) is None:
        flags.append(marks.BAD_PHONE)
    return Checked(address, latin, tuple(problems), tuple(flags))
