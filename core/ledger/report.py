"""What a report is: parameters in, a table out whose figures tie to the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from typing import Protocol

from sqlalchemy.orm import Session

from core.identity.actor import may

ColumnKind = Literal["text", "money", "count"]

Value = str | int
"""Text, a count, or money in minor units of the table's currency."""


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column; `sum_of` names the columns that a subtotal is the sum of.

    `permission` says who may see it; money that does not say it is open to who may see amounts.
    """

    key: str
    title: str
    kind: ColumnKind = "money"
    sum_of: tuple[str, ...] = ()
    permission: str = ""

    @property
    def seen_with(self) -> tuple[str, ...]:
        """Return the permissions that the column asks for."""
        if self.permission:
            return (self.permission,)
        return ("money.view",) if self.kind == "money" else ()


@dataclass(frozen=True, slots=True)
class ReportParameters:
    """What is asked: a dimension of the report, and the first and the last day, both included."""

    by: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row, a value for each column; `id` is the database's id of what the row is about."""

    values: tuple[Value, ...]
    id: int | None = None


@dataclass(frozen=True, slots=True)
class ReportTable:
    """The answer. The first column is the key of a row.

    `rest` is what belongs to no row, and `totals` is all rows and the rest; both have no key. A
    table holds only the columns that who acts may see, so that no page and no file can tell more.
    """

    currency: str
    columns: tuple[ReportColumn, ...]
    rows: Sequence[ReportRow]
    rest: ReportRow
    totals: ReportRow

    def __post_init__(self) -> None:
        """Leave out what who acts may not see."""
        seen = [n for n, column in enumerate(self.columns) if may(*column.seen_with)]
        if len(seen) == len(self.columns):
            return

        def cut(row: ReportRow) -> ReportRow:
            return ReportRow(tuple(row.values[n] for n in seen), row.id)

        for name, value in (
            ("columns", tuple(self.columns[n] for n in seen)),
            ("rows", [cut(row) for row in self.rows]),
            ("rest", cut(self.rest)),
            ("totals", cut(self.totals)),
        ):
            object.__setattr__(self, name, value)

    def cells(self, row: ReportRow) -> dict[str, Value]:
        """Return the values of a row by the key of their column."""
        return {column.key: row.values[n] for n, column in enumerate(self.columns)}

    def has_rest(self) -> bool:
        """Say whether anything belongs to no row."""
        return any(isinstance(value, int) and value for value in self.rest.values)


class Report(Protocol):
    """A report that an addon offers; titles are English, pages and files translate them."""

    @property
    def code(self) -> str:
        """Return the name that no other report has."""

    @property
    def title(self) -> str:
        """Return the name for people."""

    @property
    def dimensions(self) -> Sequence[str]:
        """Return what the rows may stand for; the first is the default."""

    @property
    def result(self) -> str:
        """Return the key of the money column that ties to the income and expenses of the ledger."""

    def columns(self, by: str) -> tuple[ReportColumn, ...]:
        """Return the columns of the table by a dimension."""

    def run(self, session: Session, company_id: int, parameters: ReportParameters) -> ReportTable:
        """Return the table.

        Raises: InputError for a dimension that the report does not know.
        """
