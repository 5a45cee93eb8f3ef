"""Pages of prices: what platforms are told, a look before anything leaves, and each one's story."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.channels.models import Shop
from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.paging import read_cursor
from core.publishing.price_pushing import wake_prices
from core.publishing.price_showing import list_prices
from core.publishing.price_showing import price_history
from core.publishing.price_showing import price_row
from core.publishing.prices import COLUMNS
from core.publishing.prices import Preview
from core.publishing.prices import Wish
from core.publishing.prices import preview_prices
from core.publishing.prices import read_prices
from core.publishing.prices import read_wish
from core.publishing.prices import retry_prices
from core.publishing.prices import set_prices
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("prices", __name__, url_prefix="/products/prices")

Answer = str | tuple[str, int] | Response
SHOWN = 200
"""So many rows of a preview are shown, those below cost first; all are counted."""


@blueprint.get("")
@require("products.view", "money.view")
def index() -> Answer:
    """List what listings cost, as it is desired, sent, confirmed and seen."""
    return _page([])


@blueprint.post("")
@require("products.edit", "money.view")
def say() -> Answer:
    """Look what prices would do, or let them hold."""
    company_id, form = current.company().id, request.form
    given: dict[str, str] = {}
    try:
        given = _given()
        wishes = _wishes(given)
        if "hold" not in form:
            leave_undone()
            found = preview_prices(current.reading(), company_id, wishes)
            return _page([], found, given)
        with current.writing() as session:
            kept = set_prices(
                session, company_id, wishes, actor=current_actor().name,
                note=form.get("note", "").strip(), below_cost=_counted(),
            )  # fmt: skip
            wake_prices(session, company_id, {wish.key[:2] for wish in wishes})
    except EntrepotError as error:
        leave_undone()
        return _page([f"{error.message} {error.hint}".strip()], None, given), status_of(error)
    flash(_("%(num)s prices hold from now on.", num=len(kept.rows) - kept.unchanged), "success")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<int:price_id>")
@require("products.view", "money.view")
def show(price_id: int) -> str:
    """Show every version of a price."""
    session, company_id = current.reading(), current.company().id
    return render_template(
        "publishing/price.html",
        price=price_row(session, company_id, price_id),
        history=price_history(session, company_id, price_id),
    )


@blueprint.post("/<int:price_id>/retry")
@require("products.edit", "money.view")
def retry(price_id: int) -> Response:
    """Tell a price that was refused once more."""
    company_id = current.company().id
    price = price_row(current.reading(), company_id, price_id)
    try:
        with current.writing() as session:
            retry_prices(session, company_id, [price_id], actor=current_actor().name)
            wake_prices(session, company_id, {(price.platform, price.account)})
    except EntrepotError as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
    else:
        flash(_("Done."), "success")
    return redirect(url_for(".show", price_id=price_id), 303)


def _page(
    problems: list[str],
    found: Preview | None = None,
    given: Mapping[str, str] | None = None,
) -> str:
    session, company_id = current.reading(), current.company().id
    text = request.args.get("text", "").strip()
    cursor = read_cursor(request.args.get("page"), str, int)
    refused = request.args.get("show") == "refused"
    shops = session.query(Shop.platform, Shop.account, Shop.currency).where(
        Shop.company_id == company_id
    )
    rows = sorted(found.rows, key=lambda row: not row.floor.is_below)[:SHOWN] if found else []
    return render_template(
        "publishing/prices.html",
        page=list_prices(session, company_id, text, cursor, refused=refused),
        text=text,
        refused=refused,
        shops=sorted(set(shops)),
        found=found,
        rows=rows,
        given=given or {},
        columns=",".join(COLUMNS),
        problems=problems,
    )


def _given() -> dict[str, str]:
    """Return what the form says; a file counts as its text.

    Raises: InputError for a file that is no text.
    """
    names = ("shop", "code", "price", "rows", "note")
    given = {name: request.form.get(name, "").strip() for name in names}
    if file := request.files.get("file"):
        try:
            given["rows"] = file.read().decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            raise InputError("the file is not UTF-8.", hint="Save it as CSV in UTF-8.") from None
    return given


def _wishes(given: Mapping[str, str]) -> list[Wish]:
    if given["rows"]:
        return read_prices(io.StringIO(given["rows"], newline=""), _("the file"))
    platform, _slash, rest = given["shop"].partition("/")
    account, _slash, currency = rest.rpartition("/")
    if not (currency and given["code"]):
        raise InputError("name a shop, a code and a price, or give a file.", where="prices")
    return [read_wish(platform, account, given["code"], given["price"], currency)]


def _counted() -> int:
    """Read how many prices are below cost, as somebody typed it.

    Raises: InputError.
    """
    text: Any = request.form.get("below_cost", "").strip() or "0"
    if not text.isdecimal():
        raise InputError(f"{text!r} is not a whole number.", where="below_cost")
    return int(text)
