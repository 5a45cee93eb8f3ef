"""The verbs of orders as deeds: each is said once in the audit trail, whoever asks for it.

Pages, commands and programs all come by these services. What somebody typed or a buyer wrote stays
on the order's own timeline, for personal data must not stand in a trail that nobody can shorten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from functools import wraps
from typing import Concatenate
from typing import ParamSpec
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import rows_of
from core.identity.deeds import Deed
from core.identity.deeds import deed
from core.orders.models import Order
from core.orders.outcome import Outcome
from core.orders.record import Actor

UNTOLD = frozenset({"tracking", "carrier", "reason", "at"})
"""Options that name a parcel or repeat what somebody wrote."""

Which = TypeVar("Which", int, Collection[int])
Options = ParamSpec("Options")
Verb = Callable[Concatenate[Session, int, Which, Actor, Options], list[Outcome]]


def deed_of_orders(action: str) -> Callable[[Verb[Which, Options]], Verb[Which, Options]]:
    """Say what a verb does to an order, or how many orders it takes to which state."""

    def declare(verb: Verb[Which, Options]) -> Verb[Which, Options]:
        @wraps(verb)
        def act(
            session: Session,
            company_id: int,
            which: Which,
            actor: Actor,
            /,
            *rest: Options.args,
            **options: Options.kwargs,
        ) -> list[Outcome]:
            ids = [which] if isinstance(which, int) else sorted(set(which))
            subject = f"order:{ids[0]}" if len(ids) == 1 else "orders"
            with deed(session, company_id, f"order.{action}", subject, by=actor.name) as told:
                before = states_of(session, company_id, ids) if told is not None else {}
                found = verb(session, company_id, which, actor, *rest, **options)
                if told is not None:
                    _tell(told, before, found, options)
            return found

        return act

    return declare


def states_of(session: Session, company_id: int, order_ids: Sequence[int]) -> dict[int, str]:
    """Return the states of some orders."""
    query = sa.select(Order.id, Order.state).where(
        Order.company_id == company_id, any_of(session, Order.id, order_ids)
    )
    return {row[0]: row[1] for row in rows_of(session, query)}


def tell_outcomes(told: Deed, found: Collection[Outcome]) -> None:
    """Say how orders stand after a deed: one by its state, several by how many came to which."""
    if len(found) == 1:
        (only,) = found
        told.after |= {"order": only.order, "state": only.state}
    elif found:
        told.after |= {
            "orders": sorted(each.order for each in found),
            "states": dict(sorted(Counter(each.state for each in found).items())),
        }


def _tell(
    told: Deed, before: Mapping[int, str], found: list[Outcome], options: Mapping[str, object]
) -> None:
    if len(before) == 1:
        told.before["state"] = next(iter(before.values()))
    else:
        told.before["states"] = dict(sorted(Counter(before.values()).items()))
    tell_outcomes(told, found)
    for name, value in options.items():
        if name not in UNTOLD and value is not None:
            told.after[name] = value if isinstance(value, Mapping | bool | int) else _plain(value)


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, Collection) and not isinstance(value, str) else value
