"""Lists of announced returns: those that are open, late, arrived or closed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.external import ReturnState
from core.db import any_of
from core.errors import NotFound
from core.orders.announcing import UNREADABLE
from core.orders.arrivals import same_order
from core.orders.models import AnnouncedReturn
from core.orders.models import Order
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page

PATIENCE = timedelta(days=21)
"""So long goods may be on their way before a return wants a person."""
TABS = ("open", "late", "arrived", "closed", "all")
GOING_ON = (ReturnState.REQUESTED, ReturnState.COMING, ReturnState.DELIVERED, UNREADABLE)


@dataclass(frozen=True, slots=True)
class ReturnFilter:
    """What narrows a list of returns: a tab, and how a return's or an order's number begins."""

    tab: str = "open"
    text: str = ""


def list_returns(
    session: Session,
    company_id: int,
    narrow: ReturnFilter,
    cursor: Cursor | None = None,
    limit: int = PAGE_SIZE,
) -> Page[Any]:
    """Return a page of announced returns, the latest first; `order_id` is None of unknown ones."""
    key = (AnnouncedReturn.announced_at, AnnouncedReturn.id)
    query = _with_facts(returns_query(company_id, narrow))
    return fetch_page(session, query, key, cursor, descending=True, limit=limit)


def return_row(session: Session, company_id: int, return_id: int) -> Any:
    """Return an announced return as lists show it.

    Raises: NotFound.
    """
    query = _with_facts(returns_query(company_id, ReturnFilter("all")))
    found = session.execute(query.where(AnnouncedReturn.id == return_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such return.")
    return found


def _with_facts(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    row = AnnouncedReturn
    return query.outerjoin(Order, same_order()).with_only_columns(
        row.announced_at, row.id, row.platform, row.account, row.external_ref, row.order_ref,
        Order.id.label("order_id"), row.code, row.quantity, row.arrived_quantity, row.reason,
        row.state, row.tracking, row.updated_at, row.ended_at, row.ended_by, row.note,
    )  # fmt: skip


def returns_query(company_id: int, narrow: ReturnFilter) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for the returns of a tab.

    Raises: NotFound for a tab that there is not.
    """
    if narrow.tab not in TABS:
        raise NotFound(f"There are no {narrow.tab!r} returns.", hint=f"Ask for {', '.join(TABS)}.")
    row = AnnouncedReturn
    query = sa.select(row.id).select_from(row).where(row.company_id == company_id)
    if narrow.text:
        query = query.where(
            row.external_ref.startswith(narrow.text, autoescape=True)
            | row.order_ref.startswith(narrow.text, autoescape=True)
            | row.tracking.startswith(narrow.text, autoescape=True)
        )
    return query.where(*_in_tab(narrow.tab))


def late_query(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for returns whose goods should have come and did not."""
    return returns_query(company_id, ReturnFilter("late"))


def returns_of_order(session: Session, company_id: int, order_ids: Collection[int]) -> list[Any]:
    """Return the announced returns of some orders, the oldest first."""
    row = AnnouncedReturn
    query = (
        sa.select(
            row.id, row.external_ref, row.code, row.quantity, row.arrived_quantity, row.reason,
            row.state, row.tracking, row.announced_at, row.ended_at,
        )
        .join(Order, same_order())
        .where(row.company_id == company_id, any_of(session, Order.id, sorted(order_ids)))
        .order_by(row.announced_at, row.id)
    )  # fmt: skip
    return list(session.execute(query))


def require_return(session: Session, company_id: int, return_id: int) -> None:
    """See that a company has a return.

    Raises: NotFound.
    """
    query = sa.select(AnnouncedReturn.id).where(
        AnnouncedReturn.company_id == company_id, AnnouncedReturn.id == return_id
    )
    if session.scalar(query) is None:
        raise NotFound("There is no such return.")


def return_by_name(session: Session, company_id: int, name: str) -> int:
    """Return the id of a return by the platform's name for it.

    Raises: NotFound, also where several platforms have one of that name.
    """
    query = sa.select(AnnouncedReturn.id).where(
        AnnouncedReturn.company_id == company_id, AnnouncedReturn.external_ref == name
    )
    found = list(session.scalars(query.limit(2)))
    if len(found) != 1:
        raise NotFound(f"There is {'no' if not found else 'more than one'} return {name!r}.")
    return found[0]


def _in_tab(tab: str) -> tuple[sa.ColumnElement[bool], ...]:
    row = AnnouncedReturn
    waits = (row.ended_at.is_(None), row.arrived_quantity < row.quantity)
    unreadable = row.state == UNREADABLE
    if tab == "open":
        awaited = row.ended_at.is_(None) & (unreadable | (row.arrived_quantity < row.quantity))
        return (awaited, row.state.in_([str(each) for each in GOING_ON]))
    if tab == "late":
        due = (row.announced_at <= clock.now() - PATIENCE, ~row.is_history)
        return (*waits, row.state != str(ReturnState.CANCELLED), *due)
    if tab == "arrived":
        return (row.quantity > 0, row.arrived_quantity >= row.quantity)
    if tab == "closed":
        done = row.state.in_([str(ReturnState.CLOSED), str(ReturnState.CANCELLED)])
        return (
            row.ended_at.is_not(None) | done,
            (row.arrived_quantity < row.quantity) | unreadable,
        )
    return ()
