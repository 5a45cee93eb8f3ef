"""The files under an addon's `data/` and `demo/`: records that come with it, each with a `ref`.

A TOML file holds `[[noun]]` for each record of the table `<addon>__noun`; a CSV file is named after
its table (`02_noun.csv`) and has a column for each of the table's. The table is always one of the
addon's own: a name is given without the prefix, so that no other can be meant.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core import db
from core.errors import InputError

REF = "ref"
MAX_BYTES = 20_000_000


@dataclass(frozen=True)
class Reference:
    """A value that is the key of another record of the same addon."""

    ref: str


@dataclass(frozen=True)
class Record:
    """One record of a file, and where it stands there."""

    ref: str
    noun: str
    values: Mapping[str, Any]
    where: str


@dataclass(frozen=True)
class DataFile:
    """A file with its records in order."""

    name: str
    records: tuple[Record, ...]


def read_folder(folder: Path) -> list[DataFile]:
    """Read the data files of a folder in the order of their names; none if there is no folder.

    Raises: InputError naming the file and the record.
    """
    files = [DataFile(file.name, tuple(_read(file))) for file in sorted(folder.glob("*.*"))]
    seen: dict[str, str] = {}
    for record in (record for file in files for record in file.records):
        if record.ref in seen:
            raise InputError(
                f"the ref {record.ref!r} stands at {seen[record.ref]} already.", where=record.where
            )
        seen[record.ref] = record.where
    return files


def _read(file: Path) -> Iterator[Record]:
    where = f"{file.parent.name}/{file.name}"
    reader = {".toml": _toml, ".csv": _csv}.get(file.suffix)
    if reader is None:
        raise InputError("is neither .toml nor .csv.", where=where, hint="Move it elsewhere.")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(f"is larger than {MAX_BYTES:,} bytes.", where=where)
        yield from reader(file.read_text(encoding="utf-8-sig"), file, where)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, csv.Error) as error:
        raise InputError(f"cannot be read: {error}.", where=where) from error


def _toml(text: str, _file: Path, where: str) -> Iterator[Record]:
    for noun, tables in tomllib.loads(text).items():
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            raise InputError(f"{noun} is not written [[{noun}]].", where=where)
        for number, values in enumerate(tables, 1):
            here = f"{where}: {noun} {number}"
            yield _record(noun, {k: _reference(v) for k, v in values.items()}, here)


def _csv(text: str, file: Path, where: str) -> Iterator[Record]:
    noun = re.sub(r"^\d+_", "", file.stem)
    rows = csv.DictReader(text.splitlines(), strict=True)
    for row in rows:
        here = f"{where}, line {rows.line_num}"
        if None in row or None in row.values():
            raise InputError("has more or fewer cells than the first line.", where=here)
        values: dict[str, Any] = {}
        # An empty cell is a value that is not given.
        for name, cell in ((name, cell) for name, cell in row.items() if cell != ""):
            column, _, kind = name.partition(":")
            values[column] = Reference(cell) if kind == REF else cell
        yield _record(noun, values, here)


def _reference(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {REF} and isinstance(value[REF], str):
        return Reference(value[REF])
    return value


def _record(noun: str, values: dict[str, Any], where: str) -> Record:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", noun):
        raise InputError(f"{noun!r} is not the noun of a table.", where=where)
    ref = values.pop(REF, None)
    if not isinstance(ref, str) or not ref or ref.startswith(":"):
        raise InputError(
            "has no ref.", where=where, hint='Give each record a name of its own: ref = "…".'
        )
    return Record(ref, noun, values, where)


def typed(column: sa.Column[Any], value: Any, where: str) -> Any:
    """Return a value of a file as a column takes it.

    Raises: InputError.
    """
    try:
        return _convert(column.type, value)
    except (ValueError, TypeError) as error:
        raise InputError(f"{column.name} = {value!r}: {error}.", where=where) from None


def _convert(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    for known, convert in _CONVERSIONS.items():
        if isinstance(kind, known):
            return convert(value)
    if not isinstance(value, str):
        raise TypeError("text is wanted")
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("a moment with its time zone is wanted, such as 2026-01-31T12:00:00Z")
    return moment.astimezone(UTC)


def _day(value: Any) -> date:
    day = date.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(day, datetime) or not isinstance(day, date):
        raise TypeError("a day is wanted, such as 2026-01-31")
    return day


def _number(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if type(value) is not int:
        raise ValueError("a whole number is wanted")
    return value


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _flag(value: Any) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if not isinstance(value, bool):
        raise ValueError("true or false is wanted")  # noqa: TRY004 - told as the others are
    return value


_CONVERSIONS: dict[type[sa.types.TypeEngine[Any]], Callable[[Any], Any]] = {
    db.Json: _json,
    db.Flag: _flag,
    db.UtcDateTime: _moment,
    db.Day: _day,
    sa.Integer: _number,
}


def plain(value: Any) -> Any:
    """Return a typed value as JSON knows it, to be stored and compared."""
    if isinstance(value, datetime):
        return db.utc_text(value)
    return value.isoformat() if isinstance(value, date) else value
