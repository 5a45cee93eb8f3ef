"""The mapping file: how the columns, numbers, dates and codes of a seller's file are to be read.

The README of this addon explains every key. Nothing is guessed and no key is ignored: a key that
is not known, or a value that means nothing, is refused with its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from addons.file_channel.schema import MappingSchema
from core.api import InputError
from core.api import LineKind

BUNDLED = Path(__file__).parent / "mappings"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask of this machine before it is refused."""

    cell_chars: int
    line_chars: int
    columns: int
    unpacked_bytes: int
    unpacked_ratio: int


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How the bytes of the file become cells."""

    encoding: str
    delimiter: str
    quote: str
    sheet: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The header names of the columns; an empty name means that the file has no such column."""

    document: str
    code: str
    title: str
    quantity: str
    date: str
    price: str
    customer: str
    country: str
    currency: str
    service: str

    def named(self) -> dict[str, str]:
        """Return role and header name of every column that the mapping uses."""
        return {role: name for role in ROLES if (name := getattr(self, role))}


ROLES = Columns.__slots__


@dataclass(frozen=True, slots=True)
class PersonalColumns:
    """The header names of what tells of the buyer: his address by field, and further columns.

    `keep` are columns that look as if they did, and do not.
    """

    address: Dict[str, tuple[str, ...]]
    more: tuple[str, ...]
    keep: frozenset[str]

    def named(self) -> list[str]:
        """Return the names of the columns that must stand in the file."""
        return [*(name for names in self.address.values() for name in names), *self.more]


@dataclass(frozen=True, slots=True)
class TaxColumns:
    """The header names of what tax depends on, by role, and the words that two of them are in.

    `business` are those of `buyer_type` that mean a business, `marketplace` those of
    `collected_by` that mean that the platform pays the tax over.
    """

    columns: Dict[str, str]
    business: tuple[str, ...]
    marketplace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions on a line, and what a line is that meets them all; None means any."""

    kind: LineKind
    account: str | None
    sign: str
    document_prefix: str
    codes: frozenset[str] | None
    code_patterns: tuple[str, ...] | None
    quantity: str | None
    price: str | None
    customer: str | None


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping file."""

    name: str
    file: FileFormat
    columns: Columns
    personal: PersonalColumns
    tax: TaxColumns
    date_formats: tuple[str, ...]
    date_timezone: str
    decimal: str
    thousands: str
    price_basis: str
    currency: str
    country_names: Dict[str, str]
    country_default: str
    marketplace: str
    shop_name: str
    timezone: str
    create_skus: bool
    shipped: bool
    warehouse: str
    rules: tuple[Rule, ...]
    limits: Limits


def load_mapping(given: Path | str) -> Mapping:
    """Read and check a mapping: a file, the name of a bundled one, or the text of a mapping.

    Raises: InputError naming the file, the key and what is wrong with it.
    """
    if isinstance(given, str):
        return _checked("columns", given, "mapping")
    path = _located(given)
    try:
        return _checked(path.stem, path.read_text("utf-8"), str(path))
    except OSError as error:
        raise InputError(
            f"The mapping file cannot be read: {error.strerror}.",
            where=str(path),
            hint=f"Give a file, or one of the bundled mappings: {', '.join(bundled_names())}.",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"The mapping is not UTF-8: {error}.", where=str(path), hint="Correct it."
        ) from error


def _checked(name: str, text: str, where: str) -> Mapping:
    try:
        return build_mapping(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"The mapping is not valid TOML: {error}.", where=where, hint="Correct it."
        ) from error
    except ValidationError as error:
        raise InputError(
            f"{sentence_of(error.messages_dict)}.",
            where=where,
            hint="The README of the addon file_channel lists every key.",
        ) from error


def bundled_names() -> list[str]:
    """Return the names of the mappings that come with this addon."""
    return sorted(path.stem for path in BUNDLED.glob("*.toml"))


def _located(path: Path) -> Path:
    bundled = BUNDLED / f"{path.stem}.toml"
    return bundled if not path.exists() and path.parent == Path() and bundled.exists() else path


def build_mapping(name: str, tables: dict[str, Any]) -> Mapping:
    """Check what a mapping file holds; without a name of its own it bears the given one.

    Raises: marshmallow's ValidationError.
    """
    data = MappingSchema().load(tables)
    dates, shop, options = data["dates"], data["shop"], data["options"]
    prices, countries = data["prices"], data["countries"]
    return Mapping(
        name=data["name"] or name,
        file=FileFormat(**data["file"]),
        columns=Columns(**data["columns"]),
        personal=_personal(data["address"], data["personal"]),
        tax=_tax(data["tax"], data["address"]),
        date_formats=tuple(dates["formats"]),
        date_timezone=dates["timezone"] or shop["timezone"],
        decimal=data["numbers"]["decimal"],
        thousands=data["numbers"]["thousands"],
        price_basis=prices["basis"],
        currency=prices["currency"],
        country_names=countries["names"],
        country_default=countries["default"],
        marketplace=shop["marketplace"],
        shop_name=shop["name"],
        timezone=shop["timezone"],
        create_skus=options["create_skus"],
        shipped=options["shipped"],
        warehouse=options["warehouse"],
        rules=tuple(_rule(rule) for rule in data["rule"]),
        limits=Limits(**data["limits"]),
    )


def _personal(address: dict[str, Any], more: dict[str, list[str]]) -> PersonalColumns:
    columns = {
        field: tuple(name for name in (given if isinstance(given, list) else [given]) if name)
        for field, given in address.items()
    }
    return PersonalColumns(
        {field: names for field, names in columns.items() if names},
        tuple(more["columns"]),
        frozenset(more["keep"]),
    )


def _tax(data: dict[str, Any], address: dict[str, Any]) -> TaxColumns:
    """Return the columns of the tax; state and post code are those of the address, if unsaid."""
    business, marketplace = data.pop("business"), data.pop("marketplace")
    columns = {"region": address["region"], "postcode": address["postcode"]}
    columns |= {role: name for role, name in data.items() if name}
    named = {role: name for role, name in columns.items() if name}
    return TaxColumns(named, tuple(business), tuple(marketplace))


def _rule(data: dict[str, Any]) -> Rule:
    codes, patterns = data.pop("codes"), data.pop("code_patterns")
    return Rule(
        kind=LineKind(data.pop("kind")),
        codes=None if codes is None else frozenset(codes),
        code_patterns=None if patterns is None else tuple(patterns),
        **data,
    )


def sentence_of(messages: Dict[Any, Any], path: str = "") -> str:
    """Return marshmallow's tree of messages as one line that names each key in full."""
    parts = []
    for key, problem in messages.items():
        name = path if key == "_schema" else f"{path}.{key}".lstrip(".")
        if isinstance(problem, Dict):
            parts.append(sentence_of(problem, name))
        else:
            parts.append(f"{name}: {' '.join(str(line) for line in problem)}".rstrip("."))
    return "; ".join(parts)
