"""A return as it is looked at: as filed or prepared, beside what the books say now."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from sqlalchemy.orm import Session

from core.money import to_text
from core.tax.control import Control
from core.tax.filing import changed_since
from core.tax.filing import fill_return
from core.tax.filing import manual_of
from core.tax.forms import Box
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.return_steps import FiledBox
from core.tax.return_steps import Step
from core.tax.return_steps import last_filed
from core.tax.return_steps import state_after
from core.tax.return_steps import steps_of

Change = tuple[str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class ShownReturn:
    """A return: `boxes` of its last step, or of the books while there is none.

    `since` says by how much each row would be another one now.
    """

    form: ReturnForm
    period: Period
    state: str
    boxes: Sequence[FiledBox]
    rates: Mapping[str, object]
    control: Control
    since: Mapping[Change, int]
    last: Step | None
    filed: Step | None
    steps: Sequence[Step]

    def change_of(self, box: Box) -> int:
        """Return by how much a row would be another one now."""
        return self.since.get((box.code, box.key, box.corrects), 0)

    def rule_of(self, box: Box) -> str:
        """Return what the box measures."""
        return next(rule.measure for rule in self.form.boxes if rule.code == box.code)

    def missing(self) -> list[tuple[Box, int]]:
        """Return rows that only the books of now have, with their amounts."""
        known = {(each.box.code, each.box.key, each.box.corrects) for each in self.boxes}
        titles = {rule.code: rule.title for rule in self.form.boxes}
        return [
            (Box(code, titles.get(code, ""), amount, key, corrects), amount)
            for (code, key, corrects), amount in sorted(self.since.items())
            if (code, key, corrects) not in known
        ]


def show_return(session: Session, company_id: int, form: ReturnForm, period: Period) -> ShownReturn:
    """Return a return of a period with its state.

    Raises: InputError where a rate is missing that it needs.
    """
    steps = steps_of(session, company_id, form.code, period=period.label)
    last = steps[-1] if steps else None
    if last is not None:
        form = replace(form, currency=last.currency)
    now = fill_return(
        session,
        company_id,
        form,
        period,
        rates=last.rates if last else None,
        manual=manual_of(form, last) if last else None,
    )
    control = now.control
    if last is not None:
        moved = control.moved if control.ledger == last.ledger_amount else 0
        control = Control(control.account, last.ledger_amount, last.boxed_amount, moved)
    return ShownReturn(
        form,
        period,
        state_after([each.step for each in steps]),
        last.boxes if last else now.boxes,
        last.rates if last else now.rates,
        control,
        changed_since(last, now) if last else {},
        last,
        last_filed(steps),
        steps,
    )


def return_document(shown: ShownReturn) -> dict[str, object]:
    """Return a return as the API and commands tell it; amounts are decimal text."""
    currency = shown.form.currency

    def text(amount: int | None) -> str | None:
        return None if amount is None else to_text(amount, currency)

    return {
        "form": shown.form.code,
        "title": shown.form.title,
        "period": shown.period.label,
        "state": shown.state,
        "currency": currency,
        "rates": {code: str(rate) for code, rate in shown.rates.items()},
        "boxes": [
            {
                "box": each.box.code,
                "title": each.box.title,
                "key": list(each.box.key),
                "corrects": each.box.corrects,
                "late_in": each.late_in,
                "amount": text(each.box.amount),
                "booked_since": text(shown.change_of(each.box)),
            }
            for each in shown.boxes
        ],
        "control": {
            "account": shown.control.account,
            "ledger": text(shown.control.ledger),
            "booked": text(shown.control.booked),
            "moved": text(shown.control.moved),
            "boxes": text(shown.control.boxed),
            "difference": text(shown.control.difference),
        },
        "steps": [
            {
                "step": each.step,
                "made_at": each.made_at,
                "made_by": each.made_by,
                "filed_on": each.filed_on,
                "reference": each.reference,
            }
            for each in shown.steps
        ],
    }
