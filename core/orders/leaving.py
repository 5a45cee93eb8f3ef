"""Orders that were promised goods, and of which a file says that they have left."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.connector import LineKind
from core.db import any_of
from core.orders.lookups import Account
from core.orders.models import Order
from core.orders.orderwork import Work
from core.orders.record import Actor
from core.orders.shipping import ship_as_told
from core.orders.states import GONE
from core.orders.states import State
from core.orders.statuses import families_of

DONE = (*GONE, State.CANCELLED)


def ship_known(session: Session, account: Account, refs: Collection[str], actor: Actor) -> int:
    """Let known orders leave that still wait here, with all their parts; return how many did.

    What has left or was cancelled stays as it is, and so does what waits for a mapping: its goods
    are not known.
    """
    waiting = sa.select(Order.external_ref).where(
        Order.company_id == account.company_id,
        Order.platform == account.platform,
        Order.account == account.account,
        any_of(session, Order.external_ref, sorted(set(refs))),
        Order.kind == LineKind.SALE,
        Order.state.not_in([str(state) for state in DONE]),
    )
    found = list(session.scalars(waiting))
    if not found:
        return 0
    families = families_of(session, account, found)
    work = Work(session, account.company_id, actor)
    work.open([order_id for ids in families.values() for order_id in ids])
    left = 0
    for order in work.orders.values():
        if order.id in work.elsewhere():
            continue
        if order.state not in DONE and "unmapped" not in order.exceptions and order.open_goods:
            ship_as_told(work, order, work.now)
            left += 1
    work.write(book="shipment")
    return left
