"""Which returns a company owes by its registrations, by when, and how far each is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from datetime import timedelta

from sqlalchemy.orm import Session

from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.forms import month_after
from core.tax.forms import period_of
from core.tax.forms import periods_until
from core.tax.return_steps import states_of
from core.tax.returns import forms
from core.tax.sellers import RegistrationInfo
from core.tax.sellers import registrations

MONTHS = 24
"""How far back returns are listed that nobody has begun."""

UNDONE = frozenset({"open", "prepared"})


@dataclass(frozen=True, slots=True)
class DueReturn:
    """A return of a period: `running`, `open`, `prepared`, `filed`, `correcting`, `corrected`.

    `is_off` says that its regime decides nothing any more; what is due stays due.
    """

    form: str
    title: str
    jurisdiction: str
    number: str
    period: str
    starts_on: date
    ends_on: date
    due_on: date | None
    state: str
    is_late: bool
    is_off: bool = False

    @property
    def last_day(self) -> date:
        """Return the last day of the period."""
        return self.ends_on - timedelta(days=1)


def returns_due(session: Session, company_id: int, today: date) -> list[DueReturn]:
    """Return what registrations oblige to file, and all that was begun; the latest first."""
    # A disabled regime frees nobody from filing what it decided, nor hides what was filed.
    known, asked = forms(session, disabled=True), forms(session)
    states = states_of(session, company_id)
    found: dict[tuple[str, str], DueReturn] = {}
    for row in registrations(session, company_id):
        for form in known.values():
            if form.is_due_for(row.country, row.region, row.scheme):
                form = replace(form, months=row.months or form.months)  # noqa: PLW2901
                for period in _periods(row, form, today):
                    key = (form.code, period.label)
                    found[key] = _due(form, row.number, period, states.get(key), today)
    for key, state in states.items():
        if key not in found and key[0] in known:
            found[key] = _due(known[key[0]], "", period_of(key[1]), state, today)
    shown = [replace(each, is_off=each.form not in asked) for each in found.values()]
    return sorted(shown, key=lambda each: (-each.ends_on.toordinal(), each.form))


def late_returns(session: Session, company_id: int, today: date) -> list[DueReturn]:
    """Return those that should have been filed by now."""
    return [each for each in returns_due(session, company_id, today) if each.is_late]


def _periods(row: RegistrationInfo, form: ReturnForm, today: date) -> Iterator[Period]:
    first = max(row.since, month_after(today, -MONTHS))
    last = min(today, (row.until or date.max) - timedelta(days=1))
    return iter(periods_until(first, last, form.months))


def _due(
    form: ReturnForm, number: str, period: Period, state: str | None, today: date
) -> DueReturn:
    due_on = form.due_on(period)
    reached = state or ("running" if today < period.end else "open")
    return DueReturn(
        form.code,
        form.title,
        form.jurisdiction,
        number,
        period.label,
        period.start,
        period.end,
        due_on,
        reached,
        reached in UNDONE and due_on is not None and due_on < today,
    )
