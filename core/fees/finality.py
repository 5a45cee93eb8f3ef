"""How final the profit of orders is: estimated, partly settled, settled, reconciled.

Every sale that was booked has a row; a settlement moves it on, a refund that is still to be settled
moves it back. An order without a row was not booked yet.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.fees.models import Finality
from core.prepared import Prepared
from core.prepared import among
from core.rows import bulk_insert
from core.rows import bulk_upsert

ESTIMATED, PARTLY, SETTLED, RECONCILED = range(4)

NAMES = ("estimated", "partly settled", "settled", "reconciled")

_STATES = Prepared(
    sa.select(Finality.id, Finality.state).where(
        Finality.company_id == sa.bindparam("company"), among(Finality.id, "orders")
    )
)


def states_of(session: Session, company_id: int, order_ids: Collection[int]) -> dict[int, int]:
    """Return how final the profit of some orders is; one that was not booked yet is missing."""
    if not order_ids:
        return {}
    rows = _STATES.rows(session, company=company_id, orders=sorted(set(order_ids)))
    return dict(rows)


def together(lowest: int | None, highest: int | None) -> str:
    """Return the state of several orders by the lowest and the highest of theirs.

    None stands for no order at all: then there is nothing that is not final.
    """
    if lowest is None or highest is None:
        return NAMES[SETTLED]
    if lowest >= SETTLED:
        return NAMES[lowest]
    return NAMES[ESTIMATED] if highest == ESTIMATED else NAMES[PARTLY]


def begin(session: Session, company_id: int, order_ids: Iterable[int]) -> None:
    """Let orders begin as estimated, unless they have a state already."""
    rows = [(company_id, order_id, ESTIMATED) for order_id in sorted(order_ids)]
    bulk_insert(session, table_of(Finality), ("company_id", "id", "state"), rows, missing=True)


def settle(session: Session, company_id: int, states: Mapping[int, int], settled_on: date) -> None:
    """Take orders to the states that a settlement brought them to."""
    day = settled_on.isoformat()
    bulk_upsert(
        session,
        table_of(Finality),
        ("company_id", "id", "state", "settled_on"),
        [(company_id, order_id, states[order_id], day) for order_id in sorted(states)],
        key=("company_id", "id"),
        assign="state = excluded.state, settled_on = excluded.settled_on",
    )


def unsettle(session: Session, company_id: int, order_ids: Collection[int]) -> None:
    """Let settled orders be partly settled again: something of them came back."""
    if not order_ids:
        return
    table = table_of(Finality)
    session.connection().execute(
        sa.update(table)
        .where(
            table.c.company_id == company_id,
            any_of(session, table.c.id, sorted(set(order_ids))),
            table.c.state >= SETTLED,
        )
        .values(state=PARTLY)
    )


def count_states(session: Session, company_id: int) -> dict[str, int]:
    """Return how many orders there are in each state."""
    query = (
        sa.select(Finality.state, sa.func.count())
        .where(Finality.company_id == company_id)
        .group_by(Finality.state)
    )
    return {NAMES[state]: number for state, number in rows_of(session, query)}
