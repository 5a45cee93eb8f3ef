"""From a box of a return to the lines behind it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.errors import NotFound
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.money import to_text
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.tax.declaring import declared_in
from core.tax.declaring import sale_of
from core.tax.forms import BoxRule
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.forms import period_of
from core.tax.models import BookedLevy
from core.tax.models import Decision
from core.tax.returns import decisions_of
from core.tax.returns import row_key

LINES = 1000
"""How many lines are shown of a box; the file of the return has the sums of all."""

_order = sa.table("orders_order", *map(sa.column, ("company_id", "id", "external_ref")))
_line = sa.table("orders_line", *map(sa.column, ("company_id", "id", "original_line_id")))


@dataclass(frozen=True, slots=True)
class BoxLine:
    """A line of an entry behind a box; amounts in minor units, positive for sales."""

    booked_on: date
    entry: str
    entry_id: int
    order_id: int | None
    order: str
    line_id: int | None
    currency: str
    base: int
    tax: int
    reason: str

    def as_json(self) -> dict[str, object]:
        """Return it as commands print it."""
        return {
            "day": self.booked_on.isoformat(),
            "entry": self.entry,
            "order": self.order_id,
            "currency": self.currency,
            "base": to_text(self.base, self.currency),
            "tax": to_text(self.tax, self.currency),
            "why": self.reason,
        }


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A row of a box: what it is about, and the earlier period it corrects; None for all rows."""

    code: str
    key: tuple[str, ...] | None = None
    corrects: str | None = None


def box_lines(
    session: Session,
    company_id: int,
    form: ReturnForm,
    period: Period,
    code: str,
    *,
    limit: int = LINES,
) -> Sequence[BoxLine]:
    """Return the lines behind a box in the order of booking; a sum shows those of its parts.

    Raises: NotFound for a box that the return does not have.
    """
    return box_page(session, company_id, form, period, BoxRow(code), limit=limit).rows


def box_page(
    session: Session,
    company_id: int,
    form: ReturnForm,
    period: Period,
    row: BoxRow,
    cursor: Cursor | None = None,
    *,
    limit: int = LINES,
) -> Page[BoxLine]:
    """Return a page of the lines behind a row of a box.

    Raises: NotFound for a box that the return does not have.
    """
    rules = {rule.code: rule for rule in form.boxes}
    if row.code not in rules:
        raise NotFound(f"{form.code} has no box {row.code!r}.", hint=f"It has {', '.join(rules)}.")
    codes = _parts(rules[row.code].of, rules) if rules[row.code].of else [row.code]
    chosen = [rules[each] for each in codes]
    wanted = _decisions(session, company_id, form, period, (chosen, row.key))
    posted = _posted(session, company_id, form, period, wanted, chosen, row.corrects)
    parts = [*declared_in(posted, Posting, period)]
    if not row.corrects:
        # What corrects an earlier period is told by its line's sale, which levies do not ask for.
        parts += declared_in(_levied(session, company_id, wanted), BookedLevy, period)
    query = _grouped(company_id, sa.union_all(*parts))
    page = fetch_page(session, query, list(query.selected_columns)[:4], cursor, limit=limit)
    lines = [
        BoxLine(
            each.booked_on,
            each.natural_key,
            each.entry_id,
            each.order_id,
            each.external_ref or "",
            each.line_id or None,
            each.currency,
            int(each.base),
            int(each.tax),
            each.reason or "",
        )
        for each in page.rows
    ]
    return Page(lines, page.next, page.previous)


def _parts(of: Sequence[tuple[str, int]], rules: Mapping[str, BoxRule]) -> list[str]:
    found: list[str] = []
    for code, _ in of:
        rule = rules[code]
        found += _parts(rule.of, rules) if rule.of else [code]
    return found


def _decisions(
    session: Session,
    company_id: int,
    form: ReturnForm,
    period: Period,
    row: tuple[Sequence[BoxRule], tuple[str, ...] | None],
) -> list[int]:
    chosen, key = row
    used: set[int] = set()
    for table in (Posting, BookedLevy):
        query = (
            sa.select(table.decision_id)
            .join(
                Decision,
                (Decision.company_id == table.company_id) & (Decision.id == table.decision_id),
            )
            .where(table.company_id == company_id, Decision.regime == form.regime)
            .distinct()
        )
        for part in declared_in(query, table, period):
            used |= {found for found in session.scalars(part) if found is not None}
    return [
        decision_id
        for decision_id, decision in decisions_of(session, company_id, used).items()
        if any(
            rule.measure in ("base", "tax")
            and rule.where(decision)
            and (key is None or row_key(rule, decision) == key)
            for rule in chosen
        )
    ]


def _posted(  # noqa: PLR0913, PLR0917 - what a query depends on
    session: Session,
    company_id: int,
    form: ReturnForm,
    period: Period,
    wanted: Sequence[int],
    chosen: Sequence[BoxRule],
    corrects: str | None,
) -> sa.Select[*tuple[Any, ...]]:
    is_tax = sa.or_(Decision.id.is_(None), Account.code == Decision.account)
    amount = -Posting.currency_amount
    without = sa.and_(
        Posting.decision_id.is_(None),
        Posting.country == form.jurisdiction,
        sa.or_(sa.false(), *(_on_accounts(rule) for rule in chosen if rule.accounts)),
    )
    query = (
        sa.select(
            Posting.booked_on,
            Posting.entry_id,
            sa.func.coalesce(Posting.line_id, 0).label("line_id"),
            Posting.currency,
            Posting.decision_id,
            sa.case((is_tax, 0), else_=amount).label("base"),
            sa.case((is_tax, amount), else_=0).label("tax"),
        )
        .join(
            Account,
            (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id),
        )
        .outerjoin(
            Decision,
            (Decision.company_id == Posting.company_id) & (Decision.id == Posting.decision_id),
        )
        .where(
            Posting.company_id == company_id,
            sa.or_(any_of(session, Posting.decision_id, wanted), without),
        )
    )
    return query if corrects is None else _of_sales(query, form, period, corrects)


def _on_accounts(rule: BoxRule) -> sa.ColumnElement[bool]:
    on = Account.code.in_(rule.accounts)
    if not rule.kinds:
        return on
    entry = sa.exists().where(
        Entry.company_id == Posting.company_id,
        Entry.id == Posting.entry_id,
        Entry.kind.in_(rule.kinds),
    )
    return sa.and_(on, entry)


def _of_sales(
    query: sa.Select[*tuple[Any, ...]], form: ReturnForm, period: Period, corrects: str
) -> sa.Select[*tuple[Any, ...]]:
    """Narrow lines to those of this period's own sales, or of an earlier period's."""
    if not form.corrections:
        return query
    line = _line.alias("line")
    query = query.outerjoin(
        line, (line.c.company_id == Posting.company_id) & (line.c.id == Posting.line_id)
    )
    query, day = sale_of(query, line)
    if not corrects:
        return query.where(sa.or_(day.is_(None), day >= period.start))
    earlier = period_of(corrects)
    return query.where(day >= earlier.start, day < earlier.end)


def _levied(
    session: Session, company_id: int, wanted: Sequence[int]
) -> sa.Select[*tuple[Any, ...]]:
    """Select further taxes: their base, and the tax itself where it was kept back."""
    kept = sa.case((Decision.role == "withholding", BookedLevy.tax), else_=0)
    return (
        sa.select(
            BookedLevy.booked_on,
            BookedLevy.entry_id,
            sa.func.coalesce(BookedLevy.line_id, 0).label("line_id"),
            BookedLevy.currency,
            BookedLevy.decision_id,
            BookedLevy.base,
            kept.label("tax"),
        )
        .join(
            Decision,
            (Decision.company_id == BookedLevy.company_id)
            & (Decision.id == BookedLevy.decision_id),
        )
        .where(
            BookedLevy.company_id == company_id,
            BookedLevy.further == 1,
            any_of(session, BookedLevy.decision_id, wanted),
        )
    )


def _grouped(
    company_id: int, lines: sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[Any]
) -> sa.Select[*tuple[Any, ...]]:
    part = lines.subquery("part")
    place = (part.c.booked_on, part.c.entry_id, part.c.line_id, part.c.currency)
    return (
        sa.select(
            *place,
            Entry.natural_key,
            Entry.order_id,
            _order.c.external_ref,
            sa.func.sum(part.c.base).label("base"),
            sa.func.sum(part.c.tax).label("tax"),
            sa.func.max(Decision.reason).label("reason"),
        )
        .join(Entry, (Entry.company_id == company_id) & (Entry.id == part.c.entry_id))
        .outerjoin(_order, (_order.c.company_id == company_id) & (_order.c.id == Entry.order_id))
        .outerjoin(
            Decision, (Decision.company_id == company_id) & (Decision.id == part.c.decision_id)
        )
        .group_by(*place, Entry.natural_key, Entry.order_id, _order.c.external_ref)
    )
