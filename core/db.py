"""Sessions and column types, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import json
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
from sqlalchemy.engine import Dialect
from sqlalchemy.engine import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import Session
from sqlalchemy.orm import mapped_column

from core.bulk import Statistics
from core.bulk import analyse
from core.driver import WatchedSession
from core.driver import commit_with_last
from core.engines import engine_of
from core.errors import EntrepotError
from core.ids import PostgresIds
from core.ids import store_next_id


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
