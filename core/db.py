"""Sessions, column types and bulk writing, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC
from datetime import date
from datetime import datetime
from functools import cached_property
from functools import lru_cache
from typing import Any
from typing import ClassVar
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.engine import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import Session
from sqlalchemy.orm import mapped_column

from core.bulk import FEW
from core.bulk import Statistics
from core.bulk import analyse
from core.bulk import copy_rows
from core.bulk import count_inserted
from core.bulk import insert_few
from core.bulk import insert_many
from core.bulk import update_statement
from core.changed import note_change
from core.driver import Held
from core.driver import WatchedSession
from core.driver import commit_with_last
from core.driver import copy_behind
from core.driver import driver_of
from core.driver import held_by
from core.driver import write_behind
from core.driver import write_in_turn
from core.engines import engine_of
from core.errors import EntrepotError
from core.ids import PostgresIds


class Day(sa.types.TypeDecorator[date]):
    """A calendar day; ISO text on SQLite, where STRICT tables know no dates."""

    impl = sa.Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> object:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC; fixed-width ISO text on SQLite, so that it sorts as time does."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Text())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must be aware: give it a time zone")
        return utc_text(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC) if moment is not None else None


class Flag(sa.types.TypeDecorator[bool]):
    """Yes or no; 0 or 1 on SQLite."""

    impl = sa.Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.Integer() if dialect.name == "sqlite" else sa.Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> object:
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return bool(value) if value is not None else None


class Json(sa.types.TypeDecorator[Any]):
    """A small JSON document kept as text, so that it comes back as it was written."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Str = sa.Text()


class Base(DeclarativeBase):
    """The tables of the core, with names for every constraint."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInt,
        str: Str,
        bool: Flag,
        date: Day,
        datetime: UtcDateTime,
    }
    __table_args__: Any = {"sqlite_strict": True}


def table_args(*constraints: sa.Constraint | sa.Index, clustered: bool = False) -> Any:
    """Return a table's arguments: strict on SQLite, `clustered` stores it in its primary key."""
    return (*constraints, {"sqlite_strict": True, "sqlite_with_rowid": not clustered})


def belongs_to(target: str, *columns: str) -> sa.ForeignKeyConstraint:
    """Return the foreign key to a row of the same company, by `<column>` = `<target>.id`.

    With no column the key is the target's noun and `_id`: `orders_order` is `order_id`.
    """
    column = columns[0] if columns else f"{target.split('_', 1)[1]}_id"
    return sa.ForeignKeyConstraint(["company_id", column], [f"{target}.company_id", f"{target}.id"])


class Owned(Base):
    """A row of one company; its key starts with the company, so that no other's can be reached."""

    __abstract__ = True

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


def json_text(document: Any) -> str:
    """Return a document as the JSON text that a `Json` column holds."""
    return _encode(document)


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


@lru_cache(maxsize=8192)
def utc_text(moment: datetime) -> str:
    """Return a moment as fixed-width ISO text in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


id_counter = sa.Table(
    "kernel_sequence", Base.metadata, sa.Column("next", BigInt, nullable=False), sqlite_strict=True
)
"""SQLite's counter of ids in one row; PostgreSQL has the sequence `kernel_id`."""


class Database:
    """One database, with sessions that read and sessions that write."""

    def __init__(self, url: str, *, info: dict[str, object] | None = None) -> None:
        self.url = make_url(url)
        if self.url.drivername == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.dialect = self.url.get_backend_name()
        self.info = info if info is not None else {}
        self.engine = engine_of(self.url)
        # See `core.remembered`.
        self.remembered: dict[Any, Any] = {}
        self._ids = PostgresIds()
        self._statistics = Statistics()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that cannot write."""
        with self._session(self._reading) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits at the end of the block, or rolls back on an error."""
        with self._forgetting(), self._session(self._writing) as session:
            yield session
            store_next_id(session)
            due = self._statistics.due(session)
            if self.dialect == "sqlite":
                analyse(session.connection(), due)
            session.flush()
            commit_with_last(session)
            session.commit()
            self._ids.note_taken(session)
        if due and self.dialect == "postgresql":
            # After the commit, so that no two writers wait for each other's statistics.
            with self.engine.execution_options(
                isolation_level="AUTOCOMMIT"
            ).connect() as connection:
                analyse(connection, due)

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Forget what was remembered where the database refuses a transaction.

        It may be another than the one that was asked: one that was put back from a backup.
        """
        try:
            yield
        except Exception as error:
            if not isinstance(error, EntrepotError):
                self.remembered.clear()
            raise

    @cached_property
    def _reading(self) -> Engine:
        on_sqlite = self.dialect == "sqlite"
        option = {"sqlite_begin": "READ"} if on_sqlite else {"postgresql_readonly": True}
        return self.engine.execution_options(**option)

    @cached_property
    def _writing(self) -> Engine:
        if self.dialect != "sqlite":
            return self.engine
        return self.engine.execution_options(sqlite_begin="IMMEDIATE")

    @contextmanager
    def _session(self, bind: Engine) -> Iterator[Session]:
        with WatchedSession(bind, expire_on_commit=False, info=dict(self.info)) as session:
            session.info["database"] = self
            yield session

    def peek(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of one small query past sessions: this is asked before every request.

        A session with its transaction takes several times as long.
        """
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            try:
                cursor.execute(query)
                return list(cursor.fetchall())
            finally:
                cursor.close()
        finally:
            connection.close()

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def next_ids(session: Session, count: int) -> list[int]:
    """Return new ids in rising order; never business keys, gaps are normal."""
    database: Database = session.info["database"]
    if database.dialect == "postgresql":
        return database._ids.take(session, count)
    # One writer at a time holds SQLite: the counter lives in the session until its commit.
    first = session.info.get("next_id")
    if first is None:
        (first,) = held_by(session).driver.execute("SELECT next FROM kernel_sequence").fetchone()
    session.info["next_id"] = first + count
    return list(range(first, first + count))


def next_id(session: Session) -> int:
    """Return one new id."""
    return next_ids(session, 1)[0]


def id_stream(session: Session, most: int = 250) -> Iterator[int]:
    """Yield new ids for as long as they are asked for, in blocks that grow with the demand."""
    block = 10
    while True:
        yield from next_ids(session, block)
        block = min(2 * block, most)


def store_next_id(session: Session) -> None:
    """Write SQLite's counter of ids back, before the commit."""
    if (value := session.info.pop("next_id", None)) is not None:
        held_by(session).driver.execute("UPDATE kernel_sequence SET next = ?", (value,))


def bulk_insert(
    session: Session,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    missing: bool = False,
    counted: bool = False,
) -> int:
    """Insert many rows by the driver's fastest way; with `counted` it returns how many were.

    PostgreSQL is not waited for, unless they are to be counted.

    Values are int, str or None: days and moments as ISO text (see `utc_text`), flags as 0 or 1.
    With `missing` rows whose natural key is taken are left as another writer made them.
    """
    if not rows:
        return 0
    held = held_by(session)
    note_change(held.info, table.name)
    count_inserted(session, table, len(rows))
    names = ", ".join(columns)
    more = " ON CONFLICT DO NOTHING" if missing else ""
    if held.connection.dialect.name == "sqlite":
        return _insert_on_sqlite(held, table, columns, rows, more)
    if len(rows) <= FEW:
        return insert_few(held, table, names, rows, more, counted=counted)
    if missing:
        return insert_many(held, table, columns, rows, more, counted=counted)
    # The caller may fill its list anew while these are still being copied.
    kept, lasting = list(rows), not session.in_nested_transaction()
    copy_behind(held, lambda: copy_rows(session, held, table, names, kept, lasting=lasting))
    if counted:
        driver_of(session)
    return len(rows)


def bulk_upsert(
    session: Session,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    key: Sequence[str],
    assign: str,
) -> None:
    """Insert many rows, and change those whose key is taken; PostgreSQL is not waited for.

    `assign` is SQL in which `{old}` stands for the row that is there and `excluded` for the new
    one. Give the rows in the order of their keys, so that two writers never wait in a circle.
    """
    if not rows:
        return
    held = held_by(session)
    note_change(held.info, table.name)
    change = assign.format(old=table.name)
    more = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {change}"
    if held.connection.dialect.name == "sqlite":
        _insert_on_sqlite(held, table, columns, rows, more)
    else:
        insert_many(held, table, columns, rows, more, counted=False)


def _insert_on_sqlite(
    held: Held,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    more: str,
) -> int:
    marks = ", ".join("?" * len(columns))
    names = ", ".join(columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks}){more}"  # noqa: S608
    return int(held.driver.executemany(statement, rows).rowcount)


def bulk_update(
    session: Session,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    assign: str,
    guard: str = "",
    counted: bool = False,
    refused: Callable[[int], Exception] | None = None,
) -> int:
    """Update many rows; `columns` starts with company_id and id.

    With `counted` it returns how many were; else PostgreSQL is not waited for. Where the guard
    must refuse none, `refused` makes the error that is raised of how many it did.

    `assign` and `guard` are SQL in which `{column}` stands for the row's new value, which is given
    as for `bulk_insert`; a name that is no column of the table stands for an integer.
    """
    if not rows:
        return 0
    held = held_by(session)
    note_change(held.info, table.name)
    if held.connection.dialect.name == "sqlite":
        marks = {name: f"?{place}" for place, name in enumerate(columns, 1)}
        keys = "company_id = ?1 AND id = ?2"
        statement = f"UPDATE {table.name} SET {assign} WHERE {keys} {guard}"  # noqa: S608
        done = int(held.driver.executemany(statement.format(**marks), rows).rowcount)
        _require_all(len(rows) - done, refused)
        return done
    text, cells = update_statement(table, columns, rows, assign, guard)
    if refused is not None:
        write_in_turn(held, text, cells, lambda done: _require_all(len(rows) - done, refused))
        return len(rows)
    if not counted:
        write_behind(held, text, cells)
        return len(rows)
    return int(driver_of(session).execute(text, cells).rowcount)


def _require_all(missing: int, refused: Callable[[int], Exception] | None) -> None:
    if missing and refused is not None:
        raise refused(missing)


def any_of(session: Session, column: Any, values: Sequence[int] | Sequence[str]) -> Any:
    """Return the condition that a column has one of many values, as one bound parameter."""
    if session.get_bind().dialect.name == "sqlite":
        return column.bool_op("IN")(_JsonValues(json.dumps(list(values))))
    return column == sa.func.any(sa.bindparam(None, list(values), type_=sa.ARRAY(column.type)))


class _JsonValues(sa.sql.functions.GenericFunction[Any]):
    inherit_cache = True
    name = "json_values"


@compiles(_JsonValues, "sqlite")
def _json_values_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(*element.clauses, **options)}))"  # noqa: S608


def rows_of(session: Session, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """Return the rows of a query over columns; past the ORM, which takes longer than the query."""
    session.flush()
    return session.connection().execute(query).all()


def table_of(model: type[Base]) -> sa.Table:
    """Return the table of a model, for statements over sets."""
    return cast(sa.Table, model.__table__)


def upsert_missing(session: Session, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows whose natural key is free; the others are left as another writer made them."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(table).on_conflict_do_nothing(), list(rows))
