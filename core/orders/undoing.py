"""Taking back what was just done with orders, where a verb leads exactly to where they were.

What an undo needs is in a mark: the order, the version that it had right after, and the verb. Who
changed the order meanwhile is not undone with it.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database
from core.db import any_of
from core.orders.holding import LOCKED
from core.orders.holding import PARKED
from core.orders.models import Order
from core.orders.record import Actor
from core.orders.several import Came
from core.orders.several import act_on_several
from core.orders.states import State

CHANGED = "changed"
"""Why an order is not undone: somebody else has done something with it since."""

S = State

BACK: Mapping[tuple[str, str], str] = {
    ("hold", S.TO_REVIEW): "resume",
    # Parked, the goods stayed promised: approving lets the order stand where it stood.
    ("hold", S.TO_ALLOCATE): "approve",
    ("hold", S.BACKORDERED): "approve",
    ("hold", S.ALLOCATED): "approve",
    ("lock", S.TO_REVIEW): "resume",
    ("resume", PARKED): "hold",
    ("resume", LOCKED): "lock",
    ("release", S.ALLOCATED): "recall",
    ("recall", S.RELEASED): "release",
}
"""The verb that takes another back, by the state before it, or by the kind of hold it ended."""

VERBS = frozenset(BACK.values())


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an order stands."""

    state: str
    hold: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What an undo does: a verb with an order, as long as it has this version."""

    order_id: int
    version: int
    verb: str

    def text(self) -> str:
        """Return the mark as it stands in a form."""
        return f"{self.order_id}:{self.version}:{self.verb}"


def read_mark(text: str) -> Mark | None:
    """Read a mark from a form; None if it was not made by us."""
    order_id, _, rest = text.partition(":")
    version, _, verb = rest.partition(":")
    if verb not in VERBS or not all(_is_number(each) for each in (order_id, version)):
        return None
    return Mark(int(order_id), int(version), verb)


def standing(session: Session, company_id: int, order_ids: Collection[int]) -> dict[int, Standing]:
    """Return where orders stand."""
    query = sa.select(Order.id, Order.state, Order.hold, Order.row_version).where(
        Order.company_id == company_id, any_of(session, Order.id, sorted(order_ids))
    )
    return {row[0]: Standing(row[1], row[2], row[3]) for row in session.execute(query)}


def marks_of(
    verb: str, before: Mapping[int, Standing], after: Mapping[int, Standing]
) -> list[Mark]:
    """Return how a verb is taken back with the orders that it changed."""
    marks = []
    for order_id, was in before.items():
        now = after.get(order_id, was)
        back = BACK.get((verb, (was.hold or "") if verb == "resume" else was.state))
        if back is not None and now.version != was.version:
            marks.append(Mark(order_id, now.version, back))
    return marks


def undo(db: Database, company_id: int, marks: Sequence[Mark], actor: Actor) -> list[Came]:
    """Take back what was done with orders; one that has changed since stays as it is."""
    with db.read() as session:
        now = standing(session, company_id, [mark.order_id for mark in marks])
    same = [m for m in marks if m.order_id in now and now[m.order_id].version == m.version]
    rows: list[Came] = []
    for verb in dict.fromkeys(mark.verb for mark in same):
        ids = [mark.order_id for mark in same if mark.verb == verb]
        rows += act_on_several(db, company_id, ids, verb, actor)
    kept = [mark.order_id for mark in marks if mark not in same]
    return rows + _left(db, company_id, kept)


def _left(db: Database, company_id: int, order_ids: Sequence[int]) -> list[Came]:
    query = sa.select(Order.id, Order.external_ref, Order.state).where(
        Order.company_id == company_id
    )
    with db.read() as session:
        found = session.execute(query.where(any_of(session, Order.id, order_ids)))
        return [Came(row[0], row[1], row[2], CHANGED) for row in found]


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
