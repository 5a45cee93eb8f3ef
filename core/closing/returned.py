"""What stands on the tax accounts of a month and in no box of a return."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from core.errors import InputError
from core.kernel.companies import company_of
from core.tax.control import control_of
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.forms import month_after
from core.tax.returns import forms
from core.tax.sellers import registrations


def unreturned(session: Session, company_id: int, month: date) -> dict[str, int]:
    """Return what the account of each return the company files has that no box counts.

    By the return's code, in its currency. A return that needs a rate tells it when it is filed.
    """
    period = Period(f"{month:%Y-%m}", month, month_after(month, 1))
    found = {}
    for form in _filed(session, company_id):
        try:
            control = control_of(session, company_id, form, period, {})
        except InputError:
            continue
        if control.difference:
            found[form.code] = control.difference
    return found


def _filed(session: Session, company_id: int) -> list[ReturnForm]:
    """Return the forms that registrations oblige to file; without any, those of the own country."""
    rows = registrations(session, company_id)
    known = forms(session).values()
    if rows:
        return [
            form
            for form in known
            if any(form.is_due_for(row.country, row.region, row.scheme) for row in rows)
        ]
    home = company_of(session, company_id).country
    return [form for form in known if form.jurisdiction == home]
