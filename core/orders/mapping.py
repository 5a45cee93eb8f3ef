"""Mapping a platform's code to a SKU, and what that sets free: orders that waited for it."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.mapping import remap
from core.catalog.models import Listing
from core.catalog.services import skus_by_code
from core.db import any_of
from core.db import rows_of
from core.errors import Conflict
from core.errors import NotFound
from core.identity.deeds import deed
from core.orders.allocating import promise_goods
from core.orders.approving import go_on
from core.orders.deeds import tell_outcomes
from core.orders.lookups import Account
from core.orders.models import Order
from core.orders.models import OrderException
from core.orders.models import OrderLine
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.posting import STOCKED
from core.orders.record import Actor
from core.orders.shipping import ship_as_told
from core.orders.states import State


def map_code(
    session: Session, account: Account, code: str, sku: str, actor: Actor
) -> list[Outcome]:
    """Say which SKU a platform's code stands for; orders that waited for nothing else go on.

    Those whose goods have left already are booked as the platform told. Raises: NotFound for a code
    that the account never used or a SKU that does not exist, Conflict if the code stands for
    another SKU already.
    """
    sku_id = skus_by_code(session, account.company_id, [sku]).get(sku)
    if sku_id is None:
        raise NotFound(f"There is no SKU {sku!r}.", hint="Make it, or correct its code.")
    subject = f"listing:{account.platform}/{account.account}/{code}"
    with deed(session, account.company_id, "listing.mapped", subject, by=actor.name) as told:
        listing_id = _listing_of(session, account, code, sku_id)
        remap(session, account.company_id, {listing_id: sku_id}, actor.name, "order")
        found = release_mapped(session, account, {code: sku}, actor)
        if told is not None:
            told.after["sku"] = sku
            tell_outcomes(told, found)
    return found


def release_mapped(
    session: Session, account: Account, skus: Mapping[str, str], actor: Actor
) -> list[Outcome]:
    """Let go what waited for codes of an account that are mapped now; `skus` names each one's SKU.

    Orders that wait for another code as well get their SKUs, and stay.
    """
    waiting = _orders_with(session, account, skus)
    _fill_in(session, account, waiting, skus)
    free = _whole(session, account.company_id, waiting)
    return _let_go(session, account.company_id, free, actor, skus)


def _listing_of(session: Session, account: Account, code: str, sku_id: int) -> int:
    query = sa.select(Listing.id, Listing.sku_id).where(
        Listing.company_id == account.company_id,
        Listing.platform == account.platform,
        Listing.account == account.account,
        Listing.external_ref == code,
    )
    listing = session.execute(query.with_for_update()).one_or_none()
    if listing is None:
        raise NotFound(f"The account {account.account} has never used the code {code!r}.")
    if listing.sku_id not in (None, sku_id):
        raise Conflict(
            f"The code {code!r} stands for another SKU already.",
            hint="Orders that are known keep their SKU; map the listing anew on its own page.",
        )
    return int(listing.id)


def _fill_in(
    session: Session, account: Account, order_ids: Sequence[int], codes: Collection[str]
) -> None:
    """Give the lines of some orders the SKU that their code stands for."""
    sku_id = (
        sa.select(Listing.sku_id)
        .where(
            Listing.company_id == account.company_id,
            Listing.platform == account.platform,
            Listing.account == account.account,
            Listing.external_ref == OrderLine.code,
        )
        .scalar_subquery()
    )
    session.execute(
        sa.update(OrderLine)
        .where(
            OrderLine.company_id == account.company_id,
            any_of(session, OrderLine.order_id, order_ids),
            any_of(session, OrderLine.code, sorted(codes)),
            OrderLine.sku_id.is_(None),
            any_of(session, OrderLine.kind, sorted(STOCKED)),
        )
        .values(sku_id=sku_id)
        .execution_options(synchronize_session=False)
    )


def _orders_with(session: Session, account: Account, codes: Collection[str]) -> list[int]:
    query = (
        sa.select(OrderException.order_id)
        .join(
            Order,
            (Order.company_id == OrderException.company_id) & (Order.id == OrderException.order_id),
        )
        .join(
            OrderLine, (OrderLine.company_id == Order.company_id) & (OrderLine.order_id == Order.id)
        )
        .where(
            OrderException.company_id == account.company_id,
            OrderException.kind == "unmapped",
            OrderException.solved_at.is_(None),
            Order.platform == account.platform,
            Order.account == account.account,
            any_of(session, OrderLine.code, sorted(codes)),
        )
        .distinct()
    )
    return sorted(session.scalars(query))


def _whole(session: Session, company_id: int, order_ids: Sequence[int]) -> list[int]:
    """Return those of some orders none of whose codes is unknown any more."""
    unknown = set(
        session.scalars(
            sa.select(OrderLine.order_id).where(
                OrderLine.company_id == company_id,
                any_of(session, OrderLine.order_id, order_ids),
                any_of(session, OrderLine.kind, sorted(STOCKED)),
                OrderLine.sku_id.is_(None),
            )
        )
    )
    return [order_id for order_id in order_ids if order_id not in unknown]


def _let_go(
    session: Session,
    company_id: int,
    order_ids: Sequence[int],
    actor: Actor,
    skus: Mapping[str, str],
) -> list[Outcome]:
    work = Work(session, company_id, actor)
    work.open(order_ids)
    sales = {order.id: order for order in work.orders.values() if order.kind == "sale"}
    for order_id, code in _codes_in(session, company_id, sales, skus):
        work.record.event(order_id, "mapped", code=code, sku=skus[code])
    for order in sales.values():
        work.solve(order, "unmapped")
        if order.state == State.DRAFT:
            work.step(order, State.TO_REVIEW)
    for order in sales.values():
        if order.remote_state == State.SHIPPED:
            ship_as_told(work, order, order.ordered_at)
    left = [order for order in sales.values() if order.state == State.TO_REVIEW]
    promise_goods(work, left)
    for order in left:
        go_on(work, order)
    work.write(book="shipment")
    return outcomes(list(sales.values()))


def _codes_in(
    session: Session, company_id: int, order_ids: Collection[int], codes: Collection[str]
) -> Sequence[Any]:
    """Return which of some codes stand in which of some orders."""
    query = (
        sa.select(OrderLine.order_id, OrderLine.code)
        .where(
            OrderLine.company_id == company_id,
            any_of(session, OrderLine.order_id, sorted(order_ids)),
            any_of(session, OrderLine.code, sorted(codes)),
        )
        .distinct()
        .order_by(OrderLine.order_id, OrderLine.code)
    )
    return rows_of(session, query)
