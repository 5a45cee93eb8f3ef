"""Queries of hot paths: compiled once for each kind of database, and run past SQLAlchemy's layers.

A transaction of one order asks some thirty small questions. To put a query together, to find it in
the cache and to wrap its rows takes SQLAlchemy several times as long as the database needs for the
answer; here that is done when the module is imported, and rows come from the driver itself.
"""

from __future__ import annotations

import json
import re
from collections import namedtuple
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from core.driver import held_by
from core.driver import rows_from
from core.driver import rows_of_each

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


_MANY = re.compile(r" = ANY\(%\((\w+)\)s::(bigint|text)\[\]\)")
"""The condition on PostgreSQL that one of many values is wanted, as it is made above."""


class Prepared:
    """A query over columns whose values are named by `bindparam` and `among`."""

    def __init__(self, query: sa.Select[*tuple[Any, ...]]) -> None:
        self._query = query
        self._forms: dict[str, _Form] = {}

    def rows(self, session: Session, **values: Any) -> Any:
        """Return the rows as named tuples; what the session has pending is written before.

        Values are int, str, and lists of them.
        """
        held = held_by(session)
        form = self.form(held.connection.dialect)
        if (asked := session.info.get(ASKED)) is not None:
            asked.append(form.text)
        try:
            found = rows_from(held, *form.asked(values))
        except form.error as error:
            raise form.failed(error) from error
        return form.named(found)

    def form(self, dialect: Dialect) -> _Form:
        """Return the query as one kind of database is asked it."""
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _Form(self._query, dialect)
        return form


Question = tuple[Prepared, Mapping[str, Any]]
"""A query with its values."""


def ask_together(session: Session, asked: Sequence[Question]) -> list[Any]:
    """Return the rows of several queries that do not depend on one another, in their order.

    PostgreSQL gets them all at once, so that we wait for it only once.
    """
    held = held_by(session)
    if held.connection.dialect.name == "sqlite":
        return [query.rows(session, **values) for query, values in asked]
    if (note := session.info.get(ASKED)) is not None:
        note.extend(query.form(held.connection.dialect).text for query, _ in asked)
    forms = [query.form(held.connection.dialect) for query, _ in asked]
    given = [form.asked(values) for form, (_, values) in zip(forms, asked, strict=True)]
    try:
        found = rows_of_each(held, given)
    except forms[0].error as error:
        raise forms[0].failed(error) from error
    return [form.named(rows) for form, rows in zip(forms, found, strict=True)]


class _Form:
    """A query as one kind of database is asked it."""

    def __init__(self, query: sa.Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        compiled = query.compile(dialect=dialect)
        self.text = str(compiled)
        self._of_one = _MANY.sub(r" = %(\1)s::\2", self.text)
        self._fixed = {
            name: str(value) if isinstance(value, str) else value
            for name, value in compiled.params.items()
        }
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)
        self._dialect = dialect
        self.error: Any = dialect.loaded_dbapi.Error
        columns = list(query.selected_columns)
        # An order line has many columns, some queries name one twice: then the place is its name.
        self._row: Any = _row_of([column.key or "" for column in columns])
        converts = [_convert_of(column.type, dialect) for column in columns]
        self._converts: Sequence[tuple[int, Convert]] = [
            (place, convert) for place, convert in enumerate(converts) if convert is not None
        ]

    def asked(self, values: Mapping[str, Any]) -> tuple[str, Any]:
        """Return the statement with its values as the driver takes them.

        For lists of any length PostgreSQL plans as if they had ten members, finds that dear, and
        plans again each time; of single values it keeps the plan.
        """
        if self._order is not None:
            known = {**self._fixed, **values}
            return self.text, [_json_list(known[name]) for name in self._order]
        cells = {name: _plain(value) for name, value in values.items()}
        if all(not isinstance(cell, list) or len(cell) == 1 for cell in cells.values()):
            single = {n: _only(c) if isinstance(c, list) else c for n, c in cells.items()}
            return self._of_one, {**self._fixed, **single}
        return self.text, {**self._fixed, **{n: _array(cell) for n, cell in cells.items()}}

    def failed(self, error: Exception) -> Exception:
        """Return an error of the driver as SQLAlchemy raises it."""
        made: Exception = sa.exc.DBAPIError.instance(
            self.text, None, error, self.error, dialect=self._dialect
        )
        return made

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


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str) or value is None else list(value)


def _only(cells: list[Any]) -> Any:
    """Return the only value of a list; a number as text, which has one type however large."""
    return f"{cells[0]:d}" if _numbers(cells) else cells[0]


def _array(value: Any) -> Any:
    """Return a value for PostgreSQL: numbers as the text of an array, which is soon written."""
    if not isinstance(value, list) or not _numbers(value):
        return value
    # Each is formatted as a number: a text among them is refused.
    return f"{{{','.join([f'{cell:d}' for cell in value])}}}"


def _numbers(cells: Sequence[Any]) -> bool:
    return not cells or isinstance(cells[0], int)


def _json_list(value: Any) -> Any:
    return value if isinstance(value, int | str) or value is None else json.dumps(list(value))
