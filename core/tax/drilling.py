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
from core.tax.forms import BoxRule
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.models import Decision
from core.tax.returns import decisions_of

LINES = 1000
"""How many lines are shown of a box; the file of the return has the sums of all."""


@dataclass(frozen=True, slots=True)
class BoxLine:
    """A line of an entry behind a box; amounts in minor units, positive for sales."""

    booked_on: date
    entry: str
    order_id: int | None
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
    rules = {rule.code: rule for rule in form.boxes}
    if code not in rules:
        raise NotFound(f"{form.code} has no box {code!r}.", hint=f"It has {', '.join(rules)}.")
    parts = _parts(rules[code].of, rules) if rules[code].of else [code]
    chosen = [rules[each] for each in parts]
    used = _decision_ids(session, company_id, form, period)
    wanted = [
        decision_id
        for decision_id, decision in decisions_of(session, company_id, used).items()
        if any(rule.measure in ("base", "tax") and rule.where(decision) for rule in chosen)
    ]
    accounts = sorted({account for rule in chosen for account in rule.accounts})
    query = _query(company_id, form, period).limit(limit)
    either = sa.or_(
        any_of(session, Posting.decision_id, wanted),
        sa.and_(
            Posting.decision_id.is_(None),
            Posting.country == form.jurisdiction,
            Account.code.in_(accounts),
        ),
    )
    return [
        BoxLine(
            row.booked_on,
            row.natural_key,
            row.order_id,
            row.line_id,
            row.currency,
            int(row.base),
            int(row.tax),
            row.reason or "",
        )
        for row in session.execute(query.where(either))
    ]


def _parts(of: Sequence[tuple[str, int]], rules: Mapping[str, BoxRule]) -> list[str]:
    found: list[str] = []
    for code, _ in of:
        rule = rules[code]
        found += _parts(rule.of, rules) if rule.of else [code]
    return found


def _decision_ids(session: Session, company_id: int, form: ReturnForm, period: Period) -> set[int]:
    query = (
        sa.select(Posting.decision_id)
        .join(
            Decision,
            (Decision.company_id == Posting.company_id) & (Decision.id == Posting.decision_id),
        )
        .where(
            Posting.company_id == company_id,
            Posting.booked_on >= period.start,
            Posting.booked_on < period.end,
            Decision.regime == form.regime,
        )
        .distinct()
    )
    return {decision_id for decision_id in session.scalars(query) if decision_id is not None}


def _query(company_id: int, form: ReturnForm, period: Period) -> sa.Select[*tuple[Any, ...]]:
    is_tax = sa.or_(Decision.id.is_(None), Account.code == Decision.account)
    amount = -Posting.currency_amount
    return (
        sa.select(
            Posting.booked_on,
            Entry.natural_key,
            Posting.order_id,
            Posting.line_id,
            Posting.currency,
            sa.func.sum(sa.case((is_tax, 0), else_=amount)).label("base"),
            sa.func.sum(sa.case((is_tax, amount), else_=0)).label("tax"),
            sa.func.max(Decision.reason).label("reason"),
        )
        .join(
            Account,
            (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id),
        )
        .join(Entry, (Entry.company_id == Posting.company_id) & (Entry.id == Posting.entry_id))
        .outerjoin(
            Decision,
            (Decision.company_id == Posting.company_id) & (Decision.id == Posting.decision_id),
        )
        .where(
            Posting.company_id == company_id,
            Posting.booked_on >= period.start,
            Posting.booked_on < period.end,
        )
        .group_by(
            Posting.booked_on,
            Posting.entry_id,
            Entry.natural_key,
            Posting.order_id,
            Posting.line_id,
            Posting.currency,
        )
        .order_by(Posting.booked_on, Posting.entry_id, Posting.line_id)
    )
