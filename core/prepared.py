"""Queries of hot paths: compiled once for each kind of database, and run past SQLAlchemy's layers.

A transaction of one order asks some thirty small questions. To put a query together, to find it in
the cache and to wrap its rows takes SQLAlchemy several times as long as the database needs for the
answer; here that is done when the module is imported, and rows come from the driver itself.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

Convert = Callable[[Any], Any]

ASKED = "prepared queries asked"
"""Under this name in `session.info` a list notes the queries: SQLAlchemy's events miss them."""


class _Among(sa.sql.expression.ColumnElement[bool]):
    """A column's value is one of a list that is given as one value."""

    inherit_cache = True
    type = sa.Boolean()

    def __init__(self, column: Any, name: str) -> None:
        self.column = column
        self.values: sa.BindParameter[Any] = sa.bindparam(name, type_=_List())

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002
        """Return the condition as it is: it is a truth value already, also on SQLite."""
        return self


class _List(sa.types.UserDefinedType[Any]):
    """A list on its way to the database; the driver's value is made in `Prepared`."""

    cache_ok = True


def among(column: Any, name: str) -> Any:
    """Return the condition that a column has one of the values of the list `name`."""
    return _Among(sa.type_coerce(column, column.type), name)


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    values = compiler.process(element.values, **options)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608


@compiles(_Among)
def _among_on_postgresql(element: _Among, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    values = compiler.process(element.values, **options)
    kind = "bigint" if isinstance(element.column.type, sa.Integer) else "text"
    return f"{column} = ANY({values}::{kind}[])"


class Prepared:
    """A query over columns whose values are named by `bindparam` and `among`."""

    def __init__(self, query: sa.Select[*tuple[Any, ...]]) -> None:
        self._query = query
        self._forms: dict[str, _Form] = {}

    def rows(self, session: Session, **values: Any) -> Any:
        """Return the rows as named tuples; what the session has pending is written before.

        Values are int, str, and lists of them.
        """
        session.flush()
        connection = session.connection()
        form = self._forms.get(connection.dialect.name)
        if form is None:
            form = self._forms[connection.dialect.name] = _Form(self._query, connection.dialect)
        driver: Any = connection.connection.driver_connection
        if (asked := session.info.get(ASKED)) is not None:
            asked.append(form.text)
        try:
            cursor = driver.execute(form.text, form.bind(values))
            found = cursor.fetchall()
        except form.error as error:
            raise sa.exc.DBAPIError.instance(
                form.text, None, error, form.error, dialect=connection.dialect
            ) from error
        return form.named(found)


class _Form:
    """A query as one kind of database is asked it."""

    def __init__(self, query: sa.Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        compiled = query.compile(dialect=dialect)
        self.text = str(compiled)
        self._fixed = {
            name: str(value) if isinstance(value, str) else value
            for name, value in compiled.params.items()
        }
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)
        self.error: Any = dialect.loaded_dbapi.Error
        columns = list(query.selected_columns)
        # An order line has many columns, some queries name one twice: then the place is its name.
        self._row: Any = _row_of([column.key or "" for column in columns])
        converts = [_convert_of(column.type, dialect) for column in columns]
        self._converts: Sequence[tuple[int, Convert]] = [
            (place, convert) for place, convert in enumerate(converts) if convert is not None
        ]

    def bind(self, values: Mapping[str, Any]) -> Any:
        """Return the values as the driver takes them."""
        if self._order is None:
            return {**self._fixed, **{k: _plain_list(v) for k, v in values.items()}}
        known = {**self._fixed, **values}
        return [_json_list(known[name]) for name in self._order]

    def named(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Return rows with names, their values as the columns' types read them."""
        make, converts = self._row._make, self._converts
        if not converts:
            return [make(row) for row in rows]
        found = []
        for row in rows:
            cells = list(row)
            for place, convert in converts:
                cells[place] = convert(cells[place])
            found.append(make(cells))
        return found


def _row_of(names: Sequence[str]) -> Any:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024


def _convert_of(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _plain_list(value: Any) -> Any:
    return value if isinstance(value, int | str) or value is None else list(value)


def _json_list(value: Any) -> Any:
    return value if isinstance(value, int | str) or value is None else json.dumps(list(value))
