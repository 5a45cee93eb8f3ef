"""Several taxes on one line: their amounts, how a refund undoes them, and the rows that stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import table_of
from core.money import allocate
from core.money import round_div
from core.rows import bulk_insert
from core.tax.decision import Levy
from core.tax.decision import tax_amount
from core.tax.models import CHARGED_RATE
from core.tax.models import BookedLevy
from core.tax.models import Decision
from core.tax.models import Declared
from core.tax.turnover import keep_turnover

PLATFORM_TAX = "2310"
"""Tax that a platform collects and pays over: it passes through, and nets to zero."""


class LineTax(NamedTuple):
    """One of several taxes on a line, in minor units of its currency, signed as the line.

    `charged` is what the sale's entry books of `amount`: all of it or, where somebody else
    collects it, nothing.
    """

    decision_id: int
    net: int
    base: int
    amount: int
    charged: int
    account: str
    further: bool


LineTaxes = tuple[LineTax, ...]


def line_taxes(levies: Sequence[tuple[int, Levy]], line_net: int) -> LineTaxes:
    """Return the amounts of a line's levies, each with the id of its decision."""
    taxes = []
    for decision_id, levy in levies:
        base, amount = levy.taxed(line_net)
        net = 0 if levy.further else line_net if levy.net is None else levy.net
        charged = amount if levy.decision.is_charged else 0
        account = levy.decision.account
        taxes.append(LineTax(decision_id, net, base, amount, charged, account, levy.further))
    return tuple(taxes)


def undone(taxes: LineTaxes, net: int, of_net: int) -> LineTaxes:
    """Return the taxes of a line that undoes a part of another, `net` of its `of_net`."""
    if not taxes or not of_net:
        return taxes
    shares = allocate(net, [abs(tax.net) for tax in taxes])
    return tuple(
        tax._replace(
            net=0 if tax.further else share,
            base=_part(tax.base, net, of_net),
            amount=_part(tax.amount, net, of_net),
            charged=_part(tax.charged, net, of_net),
        )
        for tax, share in zip(taxes, shares, strict=True)
    )


def charged_on(
    net: int, rate: int, account: str, taxes: LineTaxes, told: int | None
) -> tuple[int, LineTaxes]:
    """Return the tax that a line's entry books, and the line's taxes.

    What a platform pays over itself counts as it says, `told`: it keeps that and no other amount,
    and our own figure would leave a rest that nobody ever pays.
    """
    if not taxes:
        ours = told is None or not rate or account != PLATFORM_TAX
        return (tax_amount(net, rate) if ours else told or 0), taxes
    kept = [tax for tax in taxes if tax.account == PLATFORM_TAX and tax.charged]
    if told is not None and kept:
        sign = 1 if told >= 0 else -1
        shares = allocate(abs(told), [abs(tax.charged) for tax in kept])
        said = {id(tax): sign * share for tax, share in zip(kept, shares, strict=True)}
        taxes = tuple(
            tax._replace(amount=said[id(tax)], charged=said[id(tax)]) if id(tax) in said else tax
            for tax in taxes
        )
    return sum(tax.charged for tax in taxes), taxes


def _part(amount: int, net: int, of_net: int) -> int:
    sign = 1 if of_net > 0 else -1
    return round_div(sign * amount * net, abs(of_net))


def taxes_of_lines(
    session: Session, company_id: int, line_ids: Collection[int]
) -> dict[int, LineTaxes]:
    """Return the several taxes of some lines; lines that bear just one are not among them."""
    if not line_ids:
        return {}
    query = (
        sa.select(
            BookedLevy.line_id,
            BookedLevy.decision_id,
            BookedLevy.net,
            BookedLevy.base,
            BookedLevy.tax,
            (CHARGED_RATE > 0).label("charged"),
            Decision.account,
            BookedLevy.further,
        )
        .join(
            Decision,
            (Decision.company_id == BookedLevy.company_id)
            & (Decision.id == BookedLevy.decision_id),
        )
        .where(
            BookedLevy.company_id == company_id,
            any_of(session, BookedLevy.line_id, sorted(line_ids)),
        )
        .order_by(BookedLevy.line_id, BookedLevy.seq)
    )
    found: defaultdict[int, list[LineTax]] = defaultdict(list)
    for row in session.execute(query):
        charged = row.tax if row.charged else 0
        found[row.line_id or 0].append(
            LineTax(
                row.decision_id,
                row.net,
                row.base,
                row.tax,
                charged,
                row.account,
                bool(row.further),
            )
        )
    return {line_id: tuple(taxes) for line_id, taxes in found.items()}


class TaxBook:
    """The rows of several taxes on a line that a batch of entries leaves behind."""

    def __init__(self, session: Session, company_id: int, ids: Iterator[int]) -> None:
        self.session, self.company_id, self.ids = session, company_id, ids
        self._rows: list[tuple[object, ...]] = []
        self._last: defaultdict[int, int] = defaultdict(int)
        self._declared: list[tuple[object, ...]] = []
        self._sold: defaultdict[tuple[int, date, str], int] = defaultdict(int)

    def note(
        self, entry_id: int, day: date, line_id: int | None, currency: str, taxes: LineTaxes
    ) -> None:
        """Keep the taxes of a line with the entry that books it."""
        for tax in taxes:
            self._last[entry_id] += 1
            self._rows.append(
                (self.company_id, next(self.ids), entry_id, self._last[entry_id], day.isoformat())
                + (line_id, tax.decision_id, currency, tax.net, tax.base, tax.amount)
                + (int(tax.further),)
            )

    def sold(
        self, day: date, currency: str, parts: Iterable[tuple[int, int, str, int | None]]
    ) -> None:
        """Count a line: the net, the tax, its account and the decision of each of its parts."""
        for net, _, _, decision_id in parts:
            if decision_id is not None:
                self._sold[decision_id, day, currency] += net

    def declare(
        self,
        entry_id: int,
        booked_on: date,
        line: tuple[int, int | None, LineTaxes],
        supplied_on: date,
        days: Mapping[int, date] | None,
    ) -> None:
        """Note in which other month than its entry's a line is declared, if it is in one.

        `line` is its id, its decision and its taxes. `days` are its tax points where they are not
        the day of the supply; that one may be in a month whose books were closed already.
        """
        if not days and _month(supplied_on) == _month(booked_on):
            return
        line_id, decision_id, taxes = line
        decisions = {tax.decision_id for tax in taxes}
        if decision_id is not None:
            decisions.add(decision_id)
        for each in sorted(decisions):
            day = days.get(each, supplied_on) if days else supplied_on
            if _month(day) != _month(booked_on):
                row = (line_id, each, entry_id, booked_on.isoformat(), day.isoformat())
                self._declared.append((self.company_id, *row))

    def write(self) -> None:
        """Write what was noted."""
        if self._sold:
            keep_turnover(self.session, self.company_id, self._sold)
            self._sold.clear()
        if self._declared:
            bulk_insert(self.session, table_of(Declared), _DECLARED, sorted(self._declared))
            self._declared = []
        if self._rows:
            bulk_insert(self.session, table_of(BookedLevy), _COLUMNS, self._rows)
            self._rows = []


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


_DECLARED = "company_id line_id decision_id entry_id booked_on declared_on".split()
_COLUMNS = (
    "company_id id entry_id seq booked_on line_id decision_id currency net base tax further"
).split()
