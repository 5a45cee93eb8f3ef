"""A return against its control account: what the account says, and what the boxes add up of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.tax.decision import TaxDecision
from core.tax.declaring import declared_elsewhere
from core.tax.declaring import declared_in
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.models import Decision
from core.tax.returns import Money
from core.tax.returns import Rates
from core.tax.returns import decisions_of
from core.tax.returns import whole


@dataclass(frozen=True, slots=True)
class Control:
    """Output tax of a period in minor units of the return's currency; positive is owed.

    `ledger` is what the account says of what the period declares; `moved` is how much of it was
    booked in other periods, less what was booked in this one and is declared in others.
    """

    account: str
    ledger: int
    boxed: int
    moved: int = 0

    @property
    def booked(self) -> int:
        """Return what was booked on the account in the period."""
        return self.ledger - self.moved

    @property
    def difference(self) -> int:
        """Return what the account has that no box of the return counts."""
        return self.ledger - self.boxed


def control_of(
    session: Session, company_id: int, form: ReturnForm, period: Period, rates: Rates
) -> Control:
    """Compare a form's tax account with its boxes, over what belongs to the form's place.

    To it belongs what its tax boxes select or its jurisdiction claims, and what was booked without
    a decision for its country, or for none.
    """
    money = Money(form.currency, rates)
    query = _movements(company_id, form)
    own, late = declared_in(query, Posting, period)
    parts = (own, late, declared_elsewhere(query, Posting, period))
    found = [session.execute(each).all() for each in parts]
    ids = {row.decision_id for rows in found for row in rows if row.decision_id}
    known = decisions_of(session, company_id, ids)
    (own_sum, own_boxed), (late_sum, late_boxed), (left_sum, _) = (
        _sums(form, rows, known, money) for rows in found
    )
    return Control(
        form.account,
        whole(own_sum + late_sum),
        whole(own_boxed + late_boxed),
        whole(late_sum - left_sum),
    )


def _sums(
    form: ReturnForm, rows: Sequence[Any], known: dict[int, TaxDecision], money: Money
) -> tuple[Decimal, Decimal]:
    """Return what rows add up to that belong to a form's place, and what boxes count of it."""
    ledger = boxed = Decimal(0)
    for row in rows:
        counted = _is_counted(form, row, known)
        if counted or _belongs(form, row, known):
            ledger -= money.turn(row)
        if counted:
            boxed -= money.turn(row)
    return ledger, boxed


def _is_counted(form: ReturnForm, row: Any, known: dict[int, TaxDecision]) -> bool:
    if row.decision_id is None:
        return row.country == form.jurisdiction and any(
            form.account in rule.accounts and (not rule.kinds or row.kind in rule.kinds)
            for rule in form.boxes
        )
    return any(rule.measure == "tax" and rule.where(known[row.decision_id]) for rule in form.boxes)


def _belongs(form: ReturnForm, row: Any, known: dict[int, TaxDecision]) -> bool:
    if row.decision_id is None:
        return row.country in (None, form.jurisdiction)
    return known[row.decision_id].jurisdiction == form.jurisdiction


def _movements(company_id: int, form: ReturnForm) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Posting.decision_id,
            Posting.country,
            Posting.currency,
            Entry.kind,
            sa.func.sum(Posting.currency_amount).label("amount"),
        )
        .join(
            Account,
            (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id),
        )
        .outerjoin(
            Decision,
            (Decision.company_id == Posting.company_id) & (Decision.id == Posting.decision_id),
        )
        # Only of what was booked without a decision does the kind of its entry say anything.
        .outerjoin(
            Entry,
            Posting.decision_id.is_(None)
            & (Entry.company_id == Posting.company_id)
            & (Entry.id == Posting.entry_id),
        )
        .where(
            Posting.company_id == company_id,
            Account.code == form.account,
            sa.or_(Posting.decision_id.is_(None), Decision.regime == form.regime),
        )
        .group_by(Posting.decision_id, Posting.country, Posting.currency, Entry.kind)
    )
