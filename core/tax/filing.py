"""Preparing and filing returns: what was filed stays as it was, later facts make a correction."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import InputError
from core.ids import next_id
from core.tax.carrying import carried_into
from core.tax.control import Control
from core.tax.control import control_of
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.models import ReturnStep
from core.tax.return_rates import rates_of
from core.tax.return_steps import FILED
from core.tax.return_steps import PREPARED
from core.tax.return_steps import FiledBox
from core.tax.return_steps import Step
from core.tax.return_steps import as_document
from core.tax.return_steps import last_filed
from core.tax.return_steps import steps_of
from core.tax.returns import boxes
from core.tax.returns import form_of
from core.tax.sellers import registrations


@dataclass(frozen=True, slots=True)
class Filled:
    """A return as the books fill it now, with its rates and its control account."""

    boxes: Sequence[FiledBox]
    rates: Mapping[str, Decimal]
    control: Control


def form_for(session: Session, company_id: int, code: str) -> ReturnForm:
    """Return a return as a company files it: in its registration's money, as often as it says.

    Raises: NotFound naming the returns that there are.
    """
    form = form_of(session, code)
    for row in registrations(session, company_id):
        if form.is_due_for(row.country, row.region, row.scheme):
            form = replace(
                form, months=row.months or form.months, currency=row.currency or form.currency
            )
    return form


def fill_return(
    session: Session,
    company_id: int,
    form: ReturnForm,
    period: Period,
    *,
    rates: Mapping[str, Decimal] | None = None,
    manual: Mapping[str, int] | None = None,
) -> Filled:
    """Fill a return from the books, with the rates of the period's last day where none is given.

    Raises: InputError for a box that is not filled by hand, or where a rate is missing.
    """
    by_hand = {rule.code for rule in form.boxes if rule.measure == "manual"}
    if wrong := sorted(set(manual or {}) - by_hand):
        hint = f"By hand: {', '.join(sorted(by_hand)) or 'none'}."
        raise InputError(f"{form.code} fills {', '.join(wrong)} from the books.", hint=hint)
    used = rates_of(session, company_id, form, period) | dict(rates or {})
    carried = carried_into(session, company_id, form, period)
    late = {id(each.box): each.late_in for each in carried}
    filled = boxes(
        session,
        company_id,
        form,
        period,
        used,
        manual=manual,
        carried=[each.box for each in carried],
    )
    control = control_of(session, company_id, form, period, used)
    return Filled([FiledBox(box, late.get(id(box), "")) for box in filled], used, control)


def prepare_return(
    session: Session,
    company_id: int,
    code: str,
    period: Period,
    *,
    by: str,
    rates: Mapping[str, Decimal] | None = None,
    manual: Mapping[str, int] | None = None,
) -> Step:
    """Keep a return as the books fill it now, to be looked over and filed.

    Raises: Conflict where what was filed is corrected by a later return, or if nothing changed.
    """
    form = form_for(session, company_id, code)
    steps = steps_of(session, company_id, code, period=period.label)
    filed = last_filed(steps)
    if filed is not None and form.corrections:
        raise Conflict(
            f"{code} {period.label} is filed, and corrected by the return of a later period.",
            hint="Prepare the next one: what was booked since is carried into it.",
        )
    filled = fill_return(session, company_id, form, period, rates=rates, manual=manual)
    if filed is not None and not changed_since(filed, filled):
        raise Conflict(f"{code} {period.label} is filed, and nothing was booked since.")
    _add(session, company_id, form, period, filled, (len(steps), PREPARED, by))
    return steps_of(session, company_id, code, period=period.label)[-1]


def file_return(
    session: Session,
    company_id: int,
    code: str,
    period: Period,
    *,
    by: str,
    filed_on: date,
    reference: str = "",
) -> Step:
    """Note that a return was filed as it was prepared; from then on it stays as it is.

    Raises: Conflict if it was not prepared, or the books have changed since; InputError while its
    period runs.
    """
    form = form_for(session, company_id, code)
    steps = steps_of(session, company_id, code, period=period.label)
    if not steps or steps[-1].step != PREPARED:
        hint = f"Prepare it: entrepot tax prepare {code} {period.label}."
        raise Conflict(f"{code} {period.label} is not prepared.", hint=hint)
    if filed_on < period.end:
        raise InputError(f"{period.label} ends on {period.end}.", where="filed_on")
    prepared = steps[-1]
    form = replace(form, currency=prepared.currency)
    manual = manual_of(form, prepared)
    filled = fill_return(session, company_id, form, period, rates=prepared.rates, manual=manual)
    if changed_since(prepared, filled):
        raise Conflict(
            f"{code} {period.label} was prepared before the last entries of its period.",
            hint="Prepare it again, look it over, and file it then.",
        )
    filled = replace(filled, boxes=prepared.boxes)
    step = (len(steps), FILED, by)
    _add(session, company_id, form, period, filled, step, filed_on, reference)
    return steps_of(session, company_id, code, period=period.label)[-1]


def changed_since(step: Step, filled: Filled) -> dict[tuple[str, tuple[str, ...], str], int]:
    """Return by how much each box differs from what was prepared or filed."""
    by_hand = {
        (each.box.code, each.box.key, each.box.corrects)
        for each in filled.boxes
        if each.box.amount is None
    }
    found: dict[tuple[str, tuple[str, ...], str], int] = {}
    for sign, side in ((1, filled.boxes), (-1, step.boxes)):
        for each in side:
            key = (each.box.code, each.box.key, each.box.corrects)
            if key not in by_hand:
                found[key] = found.get(key, 0) + sign * (each.box.amount or 0)
    return {key: amount for key, amount in found.items() if amount}


def manual_of(form: ReturnForm, step: Step) -> dict[str, int]:
    """Return what was filled in by hand."""
    by_hand = {rule.code for rule in form.boxes if rule.measure == "manual"}
    return {
        each.box.code: each.box.amount
        for each in step.boxes
        if each.box.code in by_hand and each.box.amount is not None
    }


def _add(  # noqa: PLR0913, PLR0917 - a row has that many parts
    session: Session,
    company_id: int,
    form: ReturnForm,
    period: Period,
    filled: Filled,
    step: tuple[int, str, str],
    filed_on: date | None = None,
    reference: str = "",
) -> None:
    seq, name, by = step
    row = ReturnStep(
        company_id=company_id,
        id=next_id(session),
        form=form.code,
        period=period.label,
        seq=seq,
        step=name,
        starts_on=period.start,
        ends_on=period.end,
        currency=form.currency,
        rates={currency: f"{rate:f}" for currency, rate in filled.rates.items()},
        boxes=as_document(filled.boxes),
        ledger_amount=filled.control.ledger,
        boxed_amount=filled.control.boxed,
        filed_on=filed_on,
        reference=reference.strip(),
        made_at=clock.now(),
        made_by=by,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict(
            f"Somebody else works on {form.code} {period.label} at this moment.",
            hint="Look at what was done, and try again.",
        ) from None
