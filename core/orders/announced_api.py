"""The API of announced returns: `/api/v1/returns`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from typing import TypedDict

from sqlalchemy.orm import Session

from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.fields import visible_fields
from core.orders.announced_list import TABS
from core.orders.announced_list import ReturnFilter
from core.orders.announced_list import list_returns
from core.orders.announced_list import require_return
from core.orders.announced_list import return_row
from core.orders.arriving import arrive
from core.orders.arriving import await_again
from core.orders.arriving import end_return
from core.orders.record import Actor
from core.orders.taking_back import DISPOSITIONS
from core.paging import read_cursor
from core.web import current
from core.web import rest

blueprint = rest.blueprint("returns", __name__)


class ReturnDocument(TypedDict):
    """Goods that a platform says come back; `order_id` is null where their order is not known."""

    announced_at: datetime
    id: int
    platform: str
    account: str
    external_ref: str
    order_ref: str
    order_id: int | None
    code: str
    quantity: int
    arrived_quantity: int
    reason: str
    state: str
    tracking: str
    updated_at: datetime
    ended_at: datetime | None
    ended_by: str
    note: str


@blueprint.get("")
@require("orders.view")
@rest.asks(
    **rest.paging(),
    tab=rest.one_of(*TABS, load_default="all"),
    number=rest.text(200, load_default=""),
)
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[ReturnDocument]]:
    """List announced returns, the latest first."""
    cursor = read_cursor(asked["cursor"], datetime.fromisoformat, int)
    narrow = ReturnFilter(asked["tab"], asked["number"].strip())
    session, company_id = current.reading(), current.company().id
    return rest.listed(list_returns(session, company_id, narrow, cursor, asked["limit"]))


@blueprint.post("/<int:return_id>/arrived")
@require("orders.view", "orders.returns")
@rest.takes(
    quantity=rest.Units, disposition=rest.one_of(*DISPOSITIONS, load_default=DISPOSITIONS[-1])
)
def arrived(told: dict[str, Any], return_id: int) -> rest.Answer[ReturnDocument]:
    """Take the goods of a return back, all that are awaited or a quantity."""

    def act(session: Session, company_id: int) -> None:
        arrive(
            session,
            company_id,
            return_id,
            _actor(),
            quantity=told.get("quantity"),
            disposition=told["disposition"],
        )

    return _done(act, return_id)


@blueprint.post("/<int:return_id>/end")
@require("orders.view", "orders.returns")
@rest.takes(note=rest.text(load_default=""))
def end(told: dict[str, Any], return_id: int) -> rest.Answer[ReturnDocument]:
    """Wait for a return no longer."""

    def act(session: Session, company_id: int) -> None:
        end_return(session, company_id, return_id, _actor(), note=told["note"])

    return _done(act, return_id)


@blueprint.post("/<int:return_id>/again")
@require("orders.view", "orders.returns")
@rest.takes()
def again(return_id: int) -> rest.Answer[ReturnDocument]:
    """Wait for a return again."""

    def act(session: Session, company_id: int) -> None:
        await_again(session, company_id, return_id, _actor())

    return _done(act, return_id)


def _actor() -> Actor:
    return Actor(current_actor().name or "operator")


def _done(act: Callable[[Session, int], None], return_id: int) -> rest.Answer[ReturnDocument]:
    """Apply an act in one transaction, and answer what the return is by then."""
    company_id = current.company().id
    require_return(current.reading(), company_id, return_id)
    with current.writing() as session:
        act(session, company_id)
    row = return_row(current.reading(), company_id, return_id)
    return rest.respond(visible_fields(row))
