"""How final the figures of a report are, by the orders that they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ledger.summing import Column
from core.ledger.summing import Narrow
from core.ledger.summing import Summed
from core.ledger.summing import changes_by

NAMES = ("estimated", "partly settled", "settled", "reconciled")


@dataclass(frozen=True, slots=True)
class States:
    """How many changes belong to orders of each state; what is no sale is as final as it gets."""

    estimated: int = 0
    partly: int = 0
    final: int = 0
    reconciled: bool = True

    def __add__(self, other: States) -> States:
        return States(
            self.estimated + other.estimated,
            self.partly + other.partly,
            self.final + other.final,
            self.reconciled and other.reconciled,
        )

    @property
    def name(self) -> str:
        """Return the state of a figure that is the sum of such changes."""
        if self.estimated or self.partly:
            return NAMES[1 if self.partly or self.final else 0]
        return NAMES[3 if self.final and self.reconciled else 2]


def settledness(
    session: Session,
    company_id: int,
    column: Column,
    sums: Sequence[Summed],
    start: date | None,
    end: date | None,
    narrow: Narrow,
) -> dict[Any, States]:
    """Return the states of sums by their key.

    What is open is little and known by an index, so that what is settled need not be counted. A
    figure of several orders is reconciled once no settled order waits for its money any more.
    """
    if not sums:
        return {}
    if column == "order_id":
        return _of_orders(session, company_id, sums, narrow)
    partly, settled, reconciled = _further(session, company_id)
    if not (partly or settled or reconciled):
        # Who settles nothing has as many open orders as orders: there is nothing to count.
        return {each.key: States(estimated=each.of_orders) for each in sums}
    query, bound = changes_by(session, column, start, end, narrow, _OPEN)
    rows = session.connection().execute(query, {"c": company_id, **bound})
    waiting = {key: (int(changes), int(some)) for key, changes, some in rows}
    found = {}
    for each in sums:
        changes, some = waiting.get(each.key, (0, 0))
        # While no order is settled, what is final are charges: beside sales they settle nothing.
        final = each.of_orders - changes if settled or reconciled else 0
        found[each.key] = States(changes - some, some, final, reconciled and not settled)
    return found


def _of_orders(
    session: Session, company_id: int, sums: Sequence[Summed], narrow: Narrow
) -> dict[Any, States]:
    query = "SELECT id, state FROM fees_finality WHERE company_id = :c"
    values: dict[str, Any] = {"c": company_id}
    text = sa.text(query)
    if narrow.order_ids is not None:
        text = sa.text(f"{query} AND id IN :ids").bindparams(sa.bindparam("ids", expanding=True))
        values["ids"] = list(narrow.order_ids)
    known: dict[int, int] = dict(session.connection().execute(text, values).all())
    of_state = (
        States(estimated=1),
        States(partly=1),
        States(final=1, reconciled=False),
        States(final=1),
    )
    return {each.key: of_state[known.get(each.key, 2)] for each in sums}


def has_settled(session: Session, company_id: int) -> bool:
    """Say whether any order is settled, in part or whole."""
    return any(_further(session, company_id))


def _further(session: Session, company_id: int) -> tuple[bool, bool, bool]:
    """Say whether there are orders that are partly settled, only settled, and reconciled."""
    query = sa.text(
        "SELECT EXISTS (SELECT 1 FROM fees_finality WHERE company_id = :c AND state < 2"
        " AND state = 1), EXISTS (SELECT 1 FROM fees_finality WHERE company_id = :c AND state = 2),"
        " EXISTS (SELECT 1 FROM fees_finality WHERE company_id = :c AND state = 3)"
    )
    found = session.connection().execute(query, {"c": company_id}).one()
    return bool(found[0]), bool(found[1]), bool(found[2])


_OPEN = "SELECT id, state FROM fees_finality WHERE company_id = :c AND state < 2"
