"""The shape of a database: its tables, columns, keys and indexes, in words that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

Shape = Mapping[str, Mapping[str, str]]
"""The parts of each table by name: `column price`, `index ix_…`, `primary key`."""


@dataclass(frozen=True)
class Difference:
    """A table or a part of one that is there before or after only, or differs."""

    table: str
    part: str
    """Empty for the table as a whole."""
    what: str
    """`added`, `removed` or `changed`."""
    before: str = ""
    after: str = ""


def shape_of(connection: Connection) -> Shape:
    """Return the shape of a database as the present transaction sees it."""
    inspector = sa.inspect(connection)
    tables: dict[str, dict[str, str]] = {name: {} for name in inspector.get_table_names()}
    for (_, table), columns in inspector.get_multi_columns().items():
        tables[table] |= {f"column {column['name']}": _column(column) for column in columns}
    for (_, table), key in inspector.get_multi_pk_constraint().items():
        tables[table]["primary key"] = _listed(key["constrained_columns"]) if key else ""
    for (_, table), foreign in inspector.get_multi_foreign_keys().items():
        tables[table] |= {
            f"foreign key {_listed(f['constrained_columns'])}": _to(f) for f in foreign
        }
    for (_, table), uniques in inspector.get_multi_unique_constraints().items():
        tables[table] |= {f"unique {_listed(u['column_names'])}": "" for u in uniques}
    for (_, table), indexes in inspector.get_multi_indexes().items():
        tables[table] |= {
            f"index {index['name']}": _listed([name or "…" for name in index["column_names"]])
            for index in indexes
        }
    return tables


def differences(before: Shape, after: Shape) -> list[Difference]:
    """Return how two shapes differ, by table and part."""
    found = [Difference(table, "", "removed") for table in sorted({*before} - {*after})]
    found += [Difference(table, "", "added") for table in sorted({*after} - {*before})]
    for table in sorted({*before} & {*after}):
        old, new = before[table], after[table]
        for part in sorted({*old, *new}):
            if old.get(part) != new.get(part):
                what = "added" if part not in old else "changed" if part in new else "removed"
                found.append(Difference(table, part, what, old.get(part, ""), new.get(part, "")))
    return found


def _column(column: Any) -> str:
    words = [str(column["type"]), "NULL" if column["nullable"] else "NOT NULL"]
    if column.get("default") is not None:
        words.append(f"DEFAULT {column['default']}")
    return " ".join(words)


def _to(foreign: Any) -> str:
    options = " ".join(f"{k} {v}" for k, v in sorted((foreign.get("options") or {}).items()) if v)
    target = f"{foreign['referred_table']} ({_listed(foreign['referred_columns'])})"
    return f"{target} {options}".strip()


def _listed(names: Any) -> str:
    return ", ".join(str(name) for name in names)
