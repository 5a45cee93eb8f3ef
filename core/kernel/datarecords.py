"""Load the records that come with an addon, and update them without losing what a user changed.

Three values are compared: what we wrote last time, what stands there now, and what the new file
says. Only a record that still is as we wrote it is overwritten; the others are kept and told of.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Base
from core.db import table_of
from core.errors import InputError
from core.failpoints import failpoint
from core.ids import next_ids
from core.kernel.core_models import import_models
from core.kernel.datafiles import DataFile
from core.kernel.datafiles import Record
from core.kernel.datafiles import Reference
from core.kernel.datafiles import plain
from core.kernel.datafiles import typed
from core.kernel.models import DataRecord

EDITED = "edited"
DELETED = "deleted"
EXISTS = "exists"
IN_USE = "in use"

# A colon may not begin the ref of a file, so that no two are the same.
DEMO = ":demo:"

CHUNK = 400  # keys in one query; SQLite takes no more than some thousand values

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Kept:
    """A record of a file that was left as somebody else made it, and why."""

    ref: str
    table: str
    why: str
    fields: tuple[str, ...] = ()


@dataclass
class Loaded:
    """What loading the data files of an addon did."""

    inserted: int = 0
    updated: int = 0
    removed: int = 0
    kept: list[Kept] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    """A record on its way to its row."""

    record: Record
    key: Key
    values: dict[str, Any]
    known: DataRecord | None
    primary: tuple[str, ...]

    @property
    def written(self) -> dict[str, Any]:
        return {n: plain(value) for n, value in self.values.items() if n not in self.primary}


class Loader:
    """Loads the data files of one addon within the caller's transaction."""

    def __init__(
        self,
        session: Session,
        addon: str,
        *,
        fixed: Mapping[str, int] | None = None,
        demo: bool = False,
    ) -> None:
        """Begin with what is known of the addon's records.

        `fixed` are values that the caller gives each record whose table has such a column. `demo`
        records have names of their own, and are neither updated nor removed by the others' files.
        """
        self.session = session
        self.addon = addon
        self.fixed = dict(fixed or {})
        self.prefix = DEMO if demo else ""
        self.loaded = Loaded()
        query = sa.select(DataRecord).where(DataRecord.addon == addon)
        rows = {row.ref: row for row in session.scalars(query)}
        self.keys: dict[str, Key] = {ref: tuple(row.row_key) for ref, row in rows.items()}
        self.known = {
            ref.removeprefix(self.prefix): row
            for ref, row in rows.items()
            if ref.startswith(DEMO) is demo
        }

    def load(self, files: Sequence[DataFile]) -> Loaded:
        """Load the files in order, then take away what they have no more.

        Raises: InputError naming file and record.
        """
        for number, file in enumerate(files, 1):
            for noun, records in groupby(file.records, key=lambda record: record.noun):
                self._load(noun, list(records))
            failpoint("addons.data_loaded", number)
        here = {record.ref for file in files for record in file.records}
        self._remove([row for ref, row in self.known.items() if ref not in here])
        failpoint("addons.data_removed")
        return self.loaded

    def _load(self, noun: str, records: list[Record]) -> None:
        table = self._table(noun, records[0])
        rows = self._rows(table, records)
        present = _present(self.session, table, [row.key for row in rows])
        inserts = [row for row in rows if self._is_new(table, row, present)]
        updates = [row for row in rows if self._is_ours(table, row, present)]
        self._write(table, inserts, updates)
        self.loaded.inserted += len(inserts)
        self.loaded.updated += len(updates)

    def _table(self, noun: str, record: Record) -> sa.Table:
        name = f"{self.addon}__{noun}"
        table = Base.metadata.tables.get(name)
        if table is None:
            raise InputError(
                f"the addon's models have no table {name}.",
                where=record.where,
                hint="Data files fill tables of their own addon.",
            )
        if "company_id" in table.columns and "company_id" not in self.fixed:
            raise InputError(
                f"the rows of {name} belong to companies; data files are of the whole house.",
                where=record.where,
            )
        return table

    def _rows(self, table: sa.Table, records: list[Record]) -> list[_Row]:
        fixed = {name: value for name, value in self.fixed.items() if name in table.columns}
        given = [{**fixed, **self._values(table, record)} for record in records]
        primary = [column.name for column in table.primary_key.columns]
        missing = [n for n, values in enumerate(given) if any(p not in values for p in primary)]
        unknown = [n for n in missing if records[n].ref not in self.known]
        ids = dict(
            zip(unknown, next_ids(self.session, len(unknown)) if unknown else (), strict=True)
        )
        rows = []
        for number, (record, values) in enumerate(zip(records, given, strict=True)):
            known = self.known.get(record.ref)
            key = self._key(table, record, values, known, ids.get(number))
            self.keys[self.prefix + record.ref] = key
            full = {**values, **dict(zip(primary, key, strict=True))}
            rows.append(_Row(record, key, full, known, tuple(primary)))
        return rows

    def _key(
        self,
        table: sa.Table,
        record: Record,
        values: Mapping[str, Any],
        known: DataRecord | None,
        new_id: int | None,
    ) -> Key:
        columns = table.primary_key.columns
        missing = [column for column in columns if column.name not in values]
        if known is not None:
            key = tuple(known.row_key)
            told = tuple(plain(values.get(c.name, k)) for c, k in zip(columns, key, strict=True))
            if known.table_name != table.name or told != key:
                raise InputError(
                    f"the ref {record.ref!r} was the row {key} of {known.table_name} before.",
                    where=record.where,
                    hint="Give the new row a ref of its own.",
                )
            return key
        if [c for c in missing if c.name != "id" or not isinstance(c.type, sa.Integer)]:
            raise InputError(
                f"{missing[0].name} is missing; it is part of the table's key.", where=record.where
            )
        return tuple(plain(values.get(column.name, new_id)) for column in columns)

    def _values(self, table: sa.Table, record: Record) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in record.values.items():
            if name not in table.columns or name in self.fixed:
                known = ", ".join(c.name for c in table.columns if c.name not in self.fixed)
                raise InputError(
                    f"{name} cannot be set.", where=record.where, hint=f"Columns: {known}."
                )
            if isinstance(value, Reference):
                values[name] = self._referred(value.ref, record)
            else:
                values[name] = typed(table.columns[name], value, record.where)
        return values

    def _referred(self, ref: str, record: Record) -> Any:
        key = self.keys.get(self.prefix + ref) or self.keys.get(ref, ())
        if len(key) != 1:
            raise InputError(
                f"the ref {ref!r} is not a record before this one."
                if not key
                else f"the record {ref!r} has a key of {len(key)} columns; write them out.",
                where=record.where,
            )
        return key[0]

    def _is_new(self, table: sa.Table, row: _Row, present: Mapping[Key, dict[str, Any]]) -> bool:
        if row.known is None and row.key in present:
            self._keep(table.name, row.record.ref, EXISTS)
        elif row.known is not None and row.key not in present:
            self._keep(table.name, row.record.ref, DELETED)
        return row.known is None and row.key not in present

    def _is_ours(self, table: sa.Table, row: _Row, present: Mapping[Key, dict[str, Any]]) -> bool:
        if row.known is None or row.key not in present:
            return False
        now, before, new = present[row.key], row.known.written, row.written
        edited = tuple(name for name in before if name in now and now[name] != before[name])
        if all(now.get(name) == value for name, value in new.items()):
            row.known.written = new  # it says so already, whoever wrote it
            return False
        if edited:
            self._keep(table.name, row.record.ref, EDITED, edited)
            return False
        return True

    def _keep(self, table: str, ref: str, why: str, fields: tuple[str, ...] = ()) -> None:
        self.loaded.kept.append(Kept(ref, table, why, fields))

    def _write(self, table: sa.Table, inserts: list[_Row], updates: list[_Row]) -> None:
        for columns, some in _alike(inserts):
            rows = [{name: row.values[name] for name in columns} for row in some]
            self.session.execute(sa.insert(table), rows)
        primary = [column.name for column in table.primary_key.columns]
        for columns, some in _alike(updates):
            changed = [name for name in columns if name not in primary]
            if changed:
                self.session.execute(_update(table, primary, changed), [_bound(r) for r in some])
        if inserts:
            records = [
                {
                    "addon": self.addon,
                    "ref": self.prefix + row.record.ref,
                    "table_name": table.name,
                    "row_key": list(row.key),
                    "written": row.written,
                }
                for row in inserts
            ]
            self.session.execute(sa.insert(table_of(DataRecord)), records)
        for row in updates:
            if row.known is not None:
                row.known.written = row.written
        self.session.flush()

    def _remove(self, gone: list[DataRecord]) -> None:
        """Take away records that the files have no more, where nobody touched or uses them."""
        if not gone:
            return
        import_models()  # the tables are put in order, and an addon's may refer to any of the core
        # What refers to others goes first.
        for table in reversed(Base.metadata.sorted_tables):
            some = [row for row in gone if row.table_name == table.name]
            if some:
                self._remove_from(table, some)
        for row in gone:
            self.session.delete(row)
        self.session.flush()

    def _remove_from(self, table: sa.Table, some: list[DataRecord]) -> None:
        present = _present(self.session, table, [tuple(row.row_key) for row in some])
        used = _used(self.session, table, [tuple(row.row_key) for row in some])
        going = []
        for row in some:
            now = present.get(tuple(row.row_key))
            if now is None:
                continue
            edited = tuple(n for n, v in row.written.items() if n in now and now[n] != v)
            if edited or tuple(row.row_key) in used:
                self._keep(table.name, row.ref, EDITED if edited else IN_USE, edited)
            else:
                going.append(tuple(row.row_key))
        for chunk in _chunks(going):
            self.session.execute(sa.delete(table).where(_is_one_of(table, chunk)))
        self.loaded.removed += len(going)


def _present(session: Session, table: sa.Table, keys: list[Key]) -> dict[Key, dict[str, Any]]:
    """Return the rows of these keys, with values as JSON knows them."""
    primary = [column.name for column in table.primary_key.columns]
    found: dict[Key, dict[str, Any]] = {}
    for chunk in _chunks(keys):
        query = sa.select(table).where(_is_one_of(table, chunk))
        for row in session.execute(query).mappings():
            values = {name: plain(row[name]) for name in table.columns.keys()}  # noqa: SIM118
            found[tuple(values[name] for name in primary)] = values
    return found


def _used(session: Session, table: sa.Table, keys: list[Key]) -> set[Key]:
    """Return which of these keys rows of any table refer to.

    Asked for, since on SQLite foreign keys are off while a schema changes.
    """
    primary = [column.name for column in table.primary_key.columns]
    used: set[Key] = set()
    for (_, child), foreign in sa.inspect(session.connection()).get_multi_foreign_keys().items():
        for key in (key for key in foreign if key["referred_table"] == table.name):
            if set(key["referred_columns"]) != set(primary):
                continue
            order = [key["constrained_columns"][key["referred_columns"].index(p)] for p in primary]
            columns = [
                sa.column(name, table.columns[p].type)
                for name, p in zip(order, primary, strict=True)
            ]
            for chunk in _chunks(keys):
                query = sa.select(*columns).select_from(sa.table(child)).distinct()
                rows = session.execute(query.where(_among(columns, chunk)))
                used |= {tuple(plain(value) for value in row) for row in rows}
    return used


def _is_one_of(table: sa.Table, keys: Sequence[Key]) -> sa.ColumnElement[bool]:
    return _among(list(table.primary_key.columns), keys)


def _among(columns: Sequence[Any], keys: Sequence[Key]) -> sa.ColumnElement[bool]:
    typed_keys = [
        tuple(_typed_again(column, value) for column, value in zip(columns, key, strict=True))
        for key in keys
    ]
    if len(columns) == 1:
        condition: sa.ColumnElement[bool] = columns[0].in_([key[0] for key in typed_keys])
        return condition
    return sa.or_(
        *[sa.and_(*[c == v for c, v in zip(columns, key, strict=True)]) for key in typed_keys]
    )


def _typed_again(column: Any, value: Any) -> Any:
    return typed(column, value, "a stored key") if value is not None else None


def _alike(rows: list[_Row]) -> list[tuple[tuple[str, ...], list[_Row]]]:
    """Return rows in groups that set the same columns: one statement each."""
    groups: dict[tuple[str, ...], list[_Row]] = {}
    for row in rows:
        groups.setdefault(tuple(sorted(row.values)), []).append(row)
    return list(groups.items())


def _update(table: sa.Table, primary: list[str], changed: list[str]) -> sa.Update:
    where = [table.columns[name] == sa.bindparam(f"v_{name}") for name in primary]
    values: dict[str, Any] = {name: sa.bindparam(f"v_{name}") for name in changed}
    return sa.update(table).where(*where).values(**values)


def _bound(row: _Row) -> dict[str, Any]:
    return {f"v_{name}": value for name, value in row.values.items()}


def _chunks(keys: list[Key]) -> list[list[Key]]:
    return [keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK)]
