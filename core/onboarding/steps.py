"""The steps of setting a company up: which are done, as the books and what was said tell."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.catalog.models import Sku
from core.channels.models import Shop
from core.errors import InputError
from core.identity.deeds import say
from core.ids import next_id
from core.kernel.models import Connection
from core.onboarding.models import Mark
from core.orders.models import Order
from core.publishing.models import Rule
from core.stock.models import Document
from core.tax.models import SellerRegistration

DONE, LATER, OPEN = "done", "later", "open"

STEPS = (
    *("company", "source", "connect", "shops", "warehouses", "skus", "stock", "fees"),
    *("publish", "trial", "live"),
)
"""In the order in which they are best taken; none has to wait for another."""

WHOLE = "all"
"""Marked as done, the checklist stands on the start page no longer."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step: `done`, put off until `later`, or `open`; `seen` where the books say so."""

    code: str
    state: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a company is; `hidden` where somebody put the whole checklist away."""

    steps: Sequence[Step]
    hidden: bool

    @property
    def done(self) -> int:
        """Return how many steps are done."""
        return sum(step.state == DONE for step in self.steps)

    @property
    def next(self) -> str:
        """Return the first step that is open, or else put off; empty where all are done."""
        for wanted in (OPEN, LATER):
            for step in self.steps:
                if step.state == wanted:
                    return step.code
        return ""


def progress_of(session: Session, company_id: int) -> Progress:
    """Return how far a company is: two queries."""
    marks = marks_of(session, company_id)
    seen = _seen(session, company_id)
    steps = [
        Step(code, DONE if seen.get(code) else marks.get(code, OPEN), bool(seen.get(code)))
        for code in STEPS
    ]
    return Progress(steps, hidden=marks.get(WHOLE) == DONE)


def marks_of(session: Session, company_id: int) -> Mapping[str, str]:
    """Return what was said about steps."""
    query = sa.select(Mark.step, Mark.state).where(Mark.company_id == company_id)
    return {row.step: row.state for row in session.execute(query)}


def mark(session: Session, company_id: int, step: str, state: str, *, by: str) -> None:
    """Say that a step is done, put off, or open again.

    Raises: InputError for a step or a state that there is not.
    """
    if step not in (*STEPS, WHOLE):
        raise InputError(f"there is no step {step!r}.", where="step")
    if state not in (DONE, LATER, OPEN):
        raise InputError(f"{state!r} is no state of a step.", where="state")
    row = session.scalars(
        sa.select(Mark).where(Mark.company_id == company_id, Mark.step == step)
    ).one_or_none()
    if row is None:
        row = Mark(company_id=company_id, id=next_id(session), step=step)
        session.add(row)
    row.state, row.marked_at, row.marked_by = state, clock.now(), by
    session.flush()
    say(session, company_id, "setup.marked", step, after={"state": state})


def _seen(session: Session, company_id: int) -> Mapping[str, bool]:
    """Return which steps the books show to be done, all by one query."""

    def some(column: Any, *conditions: Any) -> Any:
        query = sa.select(column).where(column.class_.company_id == company_id, *conditions)
        return query.exists()

    unpaired = some(Listing.id, Listing.sku_id.is_(None))
    facts = {
        "source": some(Connection.id),
        "connect": some(Connection.id, Connection.last_ok_at.is_not(None)),
        "shops": some(Shop.id),
        "skus": sa.and_(some(Sku.id), sa.not_(unpaired)),
        "stock": some(Document.id),
        "fees": some(SellerRegistration.id),
        "publish": some(Rule.id),
        "trial": some(Order.id),
    }
    row = session.execute(sa.select(*(fact.label(name) for name, fact in facts.items()))).one()
    return {name: bool(value) for name, value in row._mapping.items()}
