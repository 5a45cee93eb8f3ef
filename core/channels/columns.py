"""Columns that a person names: what a connector sees in a file, and what was chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Protocol

NEEDED = ("document", "code", "quantity", "date", "price")
ROLES = (*NEEDED, "title", "currency", "country", "customer", "service")
"""What a column of an order file can tell; the first ones must be there."""

ADDRESS = ("name", "company", "street", "district", "city", "region", "postcode", "phone", "email")
"""What a column can tell of the buyer; it is kept apart and forgotten when due."""

PART_KINDS = ("postage", "fee", "discount")
"""Kinds of lines that are known by their code."""


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """A column of a file: the name in its header and its first few different values."""

    name: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileSeen:
    """The columns of a file, and what their names and values suggest.

    `roles` and `address` give the column of a role; `date_formats` those formats, in strptime's
    notation, by which every sample of the date can be read: more than one when days and months
    cannot be told apart. `decimal` is `.` or `,`.
    """

    columns: tuple[ColumnSeen, ...]
    roles: Mapping[str, str]
    address: Mapping[str, str]
    date_formats: tuple[str, ...]
    decimal: str


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """How a person says that a file is to be read.

    `country` is the ISO 3166 code where no column tells it, `codes` are those of lines that are no
    goods, by kind (`PART_KINDS`). `takes_back` makes lines of negative quantity returns.
    """

    roles: Mapping[str, str]
    date_format: str
    currency: str
    timezone: str
    marketplace: str
    address: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    basis: str = "unit"
    country: str = ""
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    takes_back: bool = True
    create_skus: bool = False
    shipped: bool = False


class ChoosesColumns(Protocol):
    """A connector of files whose columns can be named on a page."""

    date_formats: tuple[str, ...]
    """The formats that the page offers."""

    def look_at_columns(self, path: Path) -> FileSeen:
        """Return the columns of a file and what they suggest.

        Raises: InputError if the file cannot be read.
        """

    def write_mapping(self, choice: ColumnChoice) -> str:
        """Return the text of the mapping that reads a file as it was chosen.

        Raises: InputError naming what is missing or means nothing.
        """
