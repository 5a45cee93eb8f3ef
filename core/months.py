"""Months of days, asked of the database: SQLite keeps days as text, PostgreSQL as dates."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from core.db import Day


def month_text(column: Any) -> Any:
    """Return the month of a day's column as text, such as 2010-12."""
    return _MonthText(column)


class _MonthText(sa.sql.functions.GenericFunction[str]):
    type = sa.Text()
    inherit_cache = True
    name = "month_text"


@compiles(_MonthText, "sqlite")
def _month_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 7)"


@compiles(_MonthText, "postgresql")
def _month_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)}, 'YYYY-MM')"


def month_end(column: Any) -> Any:
    """Return the last day of the month of a day's column."""
    return _MonthEnd(column)


class _MonthEnd(sa.sql.functions.GenericFunction[Any]):
    type = Day()
    inherit_cache = True
    name = "month_end"


@compiles(_MonthEnd, "sqlite")
def _month_end_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return f"date({column}, 'start of month', '+1 month', '-1 day')"


@compiles(_MonthEnd, "postgresql")
def _month_end_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return f"CAST(date_trunc('month', {column}) + INTERVAL '1 month - 1 day' AS date)"
