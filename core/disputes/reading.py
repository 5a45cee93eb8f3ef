"""Lists of disputes: those that wait for an answer first, by when it is due."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.disputes import DisputeState
from core.disputes.models import Dispute
from core.disputes.storing import UNREADABLE
from core.errors import NotFound
from core.orders.models import Order
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page

WAITING = "waiting"
TABS = (WAITING, "pending", "ended", "all")
OPEN = (str(DisputeState.OPEN), UNREADABLE)
ENDED = (str(DisputeState.WON), str(DisputeState.LOST), str(DisputeState.CLOSED))


def list_disputes(
    session: Session,
    company_id: int,
    tab: str = WAITING,
    cursor: Cursor | None = None,
    limit: int = PAGE_SIZE,
) -> Page[Any]:
    """Return a page of disputes, the latest first; `order_id` is None of unknown orders.

    Raises: NotFound for a tab that there is not.
    """
    row = Dispute
    query = disputes_query(company_id, tab).outerjoin(Order, _same_order())
    query = query.with_only_columns(*_columns())
    return fetch_page(session, query, (row.opened_at, row.id), cursor, descending=True, limit=limit)


def disputes_query(company_id: int, tab: str) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for the disputes of a tab.

    Raises: NotFound for a tab that there is not.
    """
    if tab not in TABS:
        raise NotFound(f"There are no {tab!r} disputes.", hint=f"Ask for {', '.join(TABS)}.")
    query = sa.select(Dispute.id).select_from(Dispute).where(Dispute.company_id == company_id)
    among = {WAITING: OPEN, "pending": (str(DisputeState.PENDING),), "ended": ENDED}
    return query.where(Dispute.state.in_(among[tab])) if tab in among else query


def waiting_query(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for the disputes that wait for the seller."""
    return disputes_query(company_id, WAITING)


def disputes_of_order(session: Session, company_id: int, order_id: int) -> list[Any]:
    """Return the disputes about an order, the oldest first."""
    query = (
        sa.select(*_columns())
        .select_from(Dispute)
        .join(Order, _same_order())
        .where(Dispute.company_id == company_id, Order.id == order_id)
        .order_by(Dispute.opened_at, Dispute.id)
    )
    return list(session.execute(query))


def require_dispute(session: Session, company_id: int, dispute_id: int) -> Any:
    """Return a dispute, with the id of its order.

    Raises: NotFound.
    """
    query = (
        sa.select(*_columns())
        .select_from(Dispute)
        .outerjoin(Order, _same_order())
        .where(Dispute.company_id == company_id, Dispute.id == dispute_id)
    )
    found = session.execute(query.limit(1)).one_or_none()
    if found is None:
        raise NotFound("There is no such dispute.")
    return found


def dispute_by_name(session: Session, company_id: int, name: str) -> int:
    """Return the id of a dispute by the platform's name for it.

    Raises: NotFound, also where several platforms have one of that name.
    """
    query = sa.select(Dispute.id).where(
        Dispute.company_id == company_id, Dispute.external_ref == name
    )
    found = list(session.scalars(query.limit(2)))
    if len(found) != 1:
        raise NotFound(f"There is {'no' if not found else 'more than one'} dispute {name!r}.")
    return found[0]


def _same_order() -> sa.ColumnElement[bool]:
    return (
        (Dispute.company_id == Order.company_id)
        & (Dispute.platform == Order.platform)
        & (Dispute.account == Order.account)
        & (Dispute.order_ref == Order.external_ref)
    )


def _columns() -> tuple[Any, ...]:
    row = Dispute
    return (
        row.opened_at, row.id, row.platform, row.account, row.external_ref, row.kind,
        row.order_ref, Order.id.label("order_id"), row.state, row.status, row.reason, row.amount,
        row.currency, row.answer_by, row.steps, row.evidence, row.answer, row.answered_at,
        row.answered_by,
    )  # fmt: skip
