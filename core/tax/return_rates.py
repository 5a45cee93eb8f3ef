"""The rates of a return: those of the last day of its period, as one-stop shops want them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ledger.models import Posting
from core.rates.finding import rates_to
from core.tax.declaring import declared_in
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.models import BookedLevy
from core.tax.models import Decision

PLACES = Decimal(1).scaleb(-10)


def rates_of(
    session: Session, company_id: int, form: ReturnForm, period: Period
) -> dict[str, Decimal]:
    """Return how many units of the form's currency one of each other is, as far as it is known."""
    foreign = _currencies(session, company_id, form, period) - {form.currency}
    day = period.end - timedelta(days=1)
    found = rates_to(session, company_id, form.currency, {(each, day) for each in foreign})
    rates = {}
    for currency in sorted(foreign):
        if (rate := found.find(currency, day)) is not None:
            value = Decimal(rate.value.numerator) / rate.value.denominator
            rates[currency] = value.quantize(PLACES).normalize()
    return rates


def _currencies(session: Session, company_id: int, form: ReturnForm, period: Period) -> set[str]:
    posted = (
        sa.select(Posting.currency)
        .outerjoin(
            Decision,
            (Decision.company_id == Posting.company_id) & (Decision.id == Posting.decision_id),
        )
        .where(
            Posting.company_id == company_id,
            sa.or_(
                Decision.regime == form.regime,
                sa.and_(Posting.decision_id.is_(None), Posting.country == form.jurisdiction),
            ),
        )
    )
    levied = sa.select(BookedLevy.currency).where(BookedLevy.company_id == company_id)
    queries = declared_in(posted, Posting, period) + declared_in(levied, BookedLevy, period)
    return set(session.scalars(sa.union(*queries)))
