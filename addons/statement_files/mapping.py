"""Mapping files: what the columns of a platform's settlements mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.api import InputError

COLUMNS = ("kind", "group", "name", "date", "order", "item", "sku", "shipment", "marketplace")
FILE = {
    "delimiter": ",",
    "encoding": "utf-8-sig",
    "decimal": ".",
    "date_format": "%Y-%m-%d",
    "timezone": "UTC",
}
STATEMENT = ("id", "currency", "currency_code", "total", "payout_kind", "deposited")


@dataclass(frozen=True, slots=True)
class AmountColumn:
    """A column of amounts, the code that names them, and whether costs are written as positive."""

    column: str
    name: str
    negate: bool = False


@dataclass(frozen=True, slots=True)
class StatementMapping:
    """How the settlements of a platform are written; texts are names of columns."""

    platform: str
    file: Mapping[str, str]
    statement: Mapping[str, str]
    columns: Mapping[str, str]
    amounts: tuple[AmountColumn, ...]

    @property
    def named(self) -> list[str]:
        """Return the columns that a file must have."""
        of_statement = [
            self.statement[key]
            for key in ("id", "currency", "total", "deposited")
            if key in self.statement
        ]
        return [*of_statement, *self.columns.values(), *(each.column for each in self.amounts)]


def load_mapping(path: Path) -> StatementMapping:
    """Read a mapping file.

    Raises: InputError saying what of it cannot be used.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"It cannot be opened: {error.strerror}.", where=path.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"It is no TOML: {error}.", where=path.name) from None
    try:
        return _mapping(raw)
    except InputError as error:
        raise InputError(error.message, where=path.name) from None


def _mapping(raw: Mapping[str, Any]) -> StatementMapping:
    _only(raw, ("platform", "file", "statement", "columns", "amount"), "the mapping")
    platform = raw.get("platform")
    if not isinstance(platform, str) or not platform:
        raise InputError("platform must name whose settlements these are.")
    file = FILE | _texts(raw, "file", FILE)
    statement = _texts(raw, "statement", STATEMENT)
    columns = _texts(raw, "columns", COLUMNS)
    _check(file, statement, columns)
    amounts = raw.get("amount")
    if not isinstance(amounts, list) or not amounts:
        raise InputError("Name at least one column of amounts: [[amount]] column = ….")
    return StatementMapping(
        platform, file, statement, columns, tuple(_amount(each) for each in amounts)
    )


def _check(
    file: Mapping[str, str], statement: Mapping[str, str], columns: Mapping[str, str]
) -> None:
    if "id" not in statement or "date" not in columns:
        raise InputError("statement.id and columns.date are needed.")
    if ("currency" in statement) == ("currency_code" in statement):
        raise InputError("Name the column of the currency, or the currency_code of all files.")
    if ("total" in statement) == ("payout_kind" in statement):
        raise InputError(
            "Name the column of the platform's own total, or the payout_kind of the rows that are"
            " the payout: what ties to nothing is not booked."
        )
    if "payout_kind" in statement and "kind" not in columns:
        raise InputError("payout_kind needs columns.kind.")
    if file["decimal"] not in (".", ",") or len(file["delimiter"]) != 1:
        raise InputError("file.decimal is a point or a comma, file.delimiter one character.")
    try:
        ZoneInfo(file["timezone"])
        "".encode(file["encoding"])
    except (LookupError, ValueError, OSError) as error:
        raise InputError(f"file: {error}.") from None


def _amount(raw: Any) -> AmountColumn:
    if not isinstance(raw, dict) or not isinstance(raw.get("column"), str):
        raise InputError("Each [[amount]] names its column.")
    _only(raw, ("column", "name", "negate"), "[[amount]]")
    name = raw.get("name", raw["column"])
    negate = raw.get("negate", False)
    if not isinstance(name, str) or not isinstance(negate, bool):
        raise InputError("[[amount]] name is a text, negate is true or false.")
    return AmountColumn(raw["column"], name, negate)


def _texts(raw: Mapping[str, Any], part: str, known: Any) -> dict[str, str]:
    found = raw.get(part, {})
    if not isinstance(found, dict):
        raise InputError(f"[{part}] must be a table.")
    _only(found, tuple(known), f"[{part}]")
    if wrong := next((key for key, text in found.items() if not isinstance(text, str)), None):
        raise InputError(f"{part}.{wrong} must be a text.")
    return dict(found)


def _only(raw: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    if unknown := sorted(set(raw) - set(known)):
        raise InputError(f"{place} knows no {unknown[0]}; it knows {', '.join(known)}.")
