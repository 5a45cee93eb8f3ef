"""The page of the goods that platforms say come back, and what is done when they are there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.orders.announced_list import TABS
from core.orders.announced_list import ReturnFilter
from core.orders.announced_list import list_returns
from core.orders.announced_list import require_return
from core.orders.announced_list import returns_query
from core.orders.arriving import arrive
from core.orders.arriving import await_again
from core.orders.arriving import end_return
from core.orders.record import Actor
from core.orders.taking_back import DISPOSITIONS
from core.paging import count_rows
from core.paging import read_cursor
from core.web import current
from core.web.once import leave_undone

blueprint = Blueprint("returns", __name__, url_prefix="/orders/returns")


@blueprint.get("")
@require("orders.view")
def index() -> str:
    """List announced returns; the address holds the whole state of the list."""
    session, company_id = current.reading(), current.company().id
    text = request.args.get("text", "").strip()
    narrow = ReturnFilter(request.args.get("tab", TABS[0]), text)
    cursor = read_cursor(request.args.get("page"), datetime.fromisoformat, int)
    return render_template(
        "orders/returns.html",
        page=list_returns(session, company_id, narrow, cursor),
        narrow=narrow,
        counts={
            tab: count_rows(session, returns_query(company_id, ReturnFilter(tab, text)))
            for tab in TABS
        },
        dispositions=DISPOSITIONS[::-1],
    )


@blueprint.post("/<int:return_id>/arrived")
@require("orders.view", "orders.returns")
def arrived(return_id: int) -> Response:
    """Take the goods of a return back."""

    def act(session: Session, company_id: int) -> None:
        asked = request.form.get("disposition", "")
        how = next((each for each in DISPOSITIONS if each == asked), DISPOSITIONS[-1])
        arrive(session, company_id, return_id, _actor(), quantity=_quantity(), disposition=how)

    return _done(act, return_id)


@blueprint.post("/<int:return_id>/end")
@require("orders.view", "orders.returns")
def end(return_id: int) -> Response:
    """Wait for a return no longer."""
    note = request.form.get("note", "").strip()

    def act(session: Session, company_id: int) -> None:
        end_return(session, company_id, return_id, _actor(), note=note)

    return _done(act, return_id)


@blueprint.post("/<int:return_id>/again")
@require("orders.view", "orders.returns")
def again(return_id: int) -> Response:
    """Wait for a return again."""

    def act(session: Session, company_id: int) -> None:
        await_again(session, company_id, return_id, _actor())

    return _done(act, return_id)


def _quantity() -> int | None:
    """Read how many came; an empty field means all that are awaited.

    Raises: InputError.
    """
    text = request.form.get("quantity", "").strip()
    if text and not text.isdecimal():
        raise InputError(f"{text!r} is not a whole number.", where="quantity")
    return int(text) if text else None


def _actor() -> Actor:
    return Actor(current_actor().name or "operator")


def _done(act: Callable[[Session, int], None], return_id: int) -> Response:
    """Apply an act in one transaction and go back to the list; what refuses it is said there."""
    company_id = current.company().id
    back = url_for(".index", tab=request.form.get("tab") or None)
    require_return(current.reading(), company_id, return_id)
    try:
        with current.writing() as session:
            act(session, company_id)
    except EntrepotError as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
    else:
        flash(_("Done."), "success")
    return redirect(back, 303)
