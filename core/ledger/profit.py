"""Profit by what earned it, read from the profit read model."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from types import MappingProxyType
from typing import Any
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import InputError
from core.kernel.models import Company
from core.ledger.dating import Basis
from core.ledger.dating import Mode
from core.ledger.dating import check
from core.ledger.dating import sum_dated
from core.ledger.settledness import States
from core.ledger.settledness import settledness
from core.ledger.summing import EVERYTHING
from core.ledger.summing import Column
from core.ledger.summing import Narrow
from core.ledger.summing import Summed
from core.ledger.summing import sum_profit
from core.ledger.waterfall import PROFIT_LINES
from core.ledger.waterfall import REVENUE

Moves = Mapping[Any, Mapping[str, int]]

UNMOVED: Moves = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ProfitRow:
    """What one order, SKU, country, shop or month earned, in minor units; costs are negative.

    `id` is the database's id of the order, line, SKU or shop. `state` is estimated while nothing
    was settled, then partly settled, then settled. `moved` is what of the lines came, or went, by
    sharing costs out.
    """

    id: int | None
    key: str
    label: str
    lines: dict[str, int]
    state: str
    moved: dict[str, int] = field(default_factory=dict)

    @property
    def net_revenue(self) -> int:
        """Return income less discounts and refunds, without tax."""
        return sum(self.lines[name] for name in REVENUE)

    @property
    def profit(self) -> int:
        """Return what is left."""
        return sum(self.lines.values())

    @property
    def allocated(self) -> int:
        """Return what the row bears of costs that were booked elsewhere, less what others bear."""
        return sum(self.moved.values())

    @property
    def direct(self) -> int:
        """Return what is left before costs are shared out."""
        return self.profit - self.allocated


@dataclass(frozen=True, slots=True)
class ProfitReport:
    """A report whose rows and `rest`, what belongs to no row, add up to the ledger.

    What is left out, because it is not paid or not settled yet, stands beside the total.
    """

    currency: str
    by: str
    rows: Sequence[ProfitRow]
    rest: ProfitRow
    total_lines: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return the profit of the whole."""
        return sum(self.total_lines.values())

    @property
    def not_allocated(self) -> int:
        """Return the profit that belongs to no row."""
        return self.rest.profit


@dataclass(frozen=True, slots=True)
class ProfitSums:
    """What a report is made of: sums by the values of a column, what names them, their states."""

    currency: str
    by: str
    names: dict[Any, tuple[str | None, str | None]]
    sums: Sequence[Summed]
    states: dict[Any, States]
    left_out: dict[str, int]


def profit_report(
    session: Session,
    company_id: int,
    by: str,
    *,
    start: date | None = None,
    end: date | None = None,
    narrow: Narrow = EVERYTHING,
    basis: str = "posted",
    mode: str = "posted",
) -> ProfitReport:
    """Return what was earned from one day to another, both included.

    Raises: InputError for a dimension, basis or mode that the report does not know.
    """
    days = {"start": start, "end": end}
    return make_report(
        read_sums(session, company_id, by, **days, narrow=narrow, basis=basis, mode=mode)
    )


def read_sums(
    session: Session,
    company_id: int,
    by: str,
    *,
    start: date | None = None,
    end: date | None = None,
    narrow: Narrow = EVERYTHING,
    basis: str = "posted",
    mode: str = "posted",
) -> ProfitSums:
    """Return the sums of a report.

    Raises: InputError for a dimension, basis or mode that the report does not know.
    """
    dimension = dimension_of(by)
    check(basis, mode)
    currency = session.scalars(sa.select(Company.currency).where(Company.id == company_id)).one()
    column, left_out = dimension.column, dict[str, int]()
    sums: Sequence[Summed]
    if basis == mode == "posted":
        sums = sum_profit(session, company_id, column, start, end, narrow)
        states = settledness(session, company_id, column, sums, start, end, narrow)
    else:
        sums, states, left_out = sum_dated(
            session,
            company_id,
            column,
            start,
            end,
            narrow,
            cast(Basis, basis),
            cast(Mode, mode),
        )
    names = names_of(session, company_id, dimension)
    return ProfitSums(currency, by, names, sums, states, left_out)


def make_report(read: ProfitSums, moved: Moves = UNMOVED) -> ProfitReport:
    """Make a report of sums; `moved` says by key what sharing costs out adds: nothing in all."""
    total = _added(row.lines for row in read.sums)
    known = {row.key for row in read.sums}
    sums = [*read.sums, *(Summed(key, 0, 0, {}) for key in moved if key not in known)]
    rows = _rows(dimension_of(read.by), read.names, sums, read.states, moved)
    rest = rows.pop("", None) or ProfitRow(None, "", "", _added(()), "")
    return ProfitReport(
        read.currency,
        read.by,
        sorted(rows.values(), key=lambda row: row.key),
        ProfitRow(None, "", "", rest.lines, "settled", rest.moved),
        total,
        read.left_out,
    )


@dataclass(frozen=True, slots=True)
class Dimension:
    """What rows stand for: a column, and the query that names its values by id, key and label.

    Rows of the same key are one: several SKUs have one brand. One with an id is its own.
    """

    column: Column
    names: str = ""
    own: bool = True


DIMENSIONS = {
    "order": Dimension("order_id", "SELECT id, external_ref, external_ref FROM orders_order"),
    "line": Dimension("line_id", "SELECT id, external_ref, title FROM orders_line"),
    "sku": Dimension("sku_id", "SELECT id, code, title FROM catalog_sku"),
    "country": Dimension("country"),
    "shop": Dimension("shop_id", "SELECT id, name, name FROM channels_shop"),
    "platform": Dimension("shop_id", "SELECT id, platform, platform FROM channels_shop", own=False),
    "brand": Dimension("sku_id", "SELECT id, brand, brand FROM catalog_sku", own=False),
    "owner": Dimension("sku_id", "SELECT id, owner, owner FROM catalog_sku", own=False),
    "month": Dimension("month"),
}


def dimension_of(by: str) -> Dimension:
    """Return a dimension by its name.

    Raises: InputError for one that the report does not know.
    """
    if by not in DIMENSIONS:
        raise InputError(
            f"Profit by {by!r} is not known.", hint=f"Choose of {', '.join(DIMENSIONS)}."
        )
    return DIMENSIONS[by]


def _rows(
    dimension: Dimension,
    names: dict[Any, tuple[str | None, str | None]],
    sums: Sequence[Summed],
    states: dict[Any, States],
    moved: Moves,
) -> dict[Any, ProfitRow]:
    """Return the rows by what makes them one; the rest is under the empty text."""
    groups: dict[Any, list[Summed]] = {}
    for each in sums:
        key, _ = names.get(each.key, (each.key, "")) if each.key else (None, None)
        groups.setdefault((each.key if dimension.own else key) if key else "", []).append(each)
    found = {}
    for group, members in groups.items():
        first = members[0].key
        key, label = names.get(first, (str(first), str(first))) if group else ("", "")
        state = States()
        for each in members:
            state += states.get(each.key, States())
        shares = [moved[each.key] for each in members if each.key in moved]
        found[group] = ProfitRow(
            first if group and dimension.names and dimension.own else None,
            key or "",
            label or "",
            _added((*(each.lines for each in members), *shares)),
            state.name,
            _added(shares) if shares else {},
        )
    return found


def _added(rows: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total = dict.fromkeys(PROFIT_LINES, 0)
    for lines in rows:
        for name, amount in lines.items():
            if amount:
                total[name] += amount
    return total


def names_of(
    session: Session, company_id: int, dimension: Dimension
) -> dict[Any, tuple[str | None, str | None]]:
    """Return key and label of the values of a dimension's column, where it has names."""
    if not dimension.names:
        return {}
    rows = session.connection().execute(
        sa.text(f"{dimension.names} WHERE company_id = :company_id"), {"company_id": company_id}
    )
    return {value: (key, label) for value, key, label in rows}
