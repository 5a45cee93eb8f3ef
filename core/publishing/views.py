"""Pages of what is for sale where: mapping, targets and rules, and orders sold beyond stock."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.catalog.services import skus_by_code
from core.channels.models import Shop
from core.errors import EntrepotError
from core.errors import InputError
from core.errors import NotFound
from core.identity.access import require
from core.identity.actor import current_actor
from core.orders import queries
from core.paging import count_rows
from core.paging import read_cursor
from core.publishing import incidents
from core.publishing import mapping
from core.publishing.pushing import latency
from core.publishing.pushing import publish_changes
from core.publishing.reckoning import TERMS
from core.publishing.reckoning import Reckoning
from core.publishing.reckoning import Terms
from core.publishing.rules import Scope
from core.publishing.rules import list_rules
from core.publishing.rules import pools_of
from core.publishing.rules import set_rule
from core.publishing.showing import list_targets
from core.publishing.showing import preview
from core.publishing.showing import rule_row
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("publishing", __name__, url_prefix="/products")

Answer = str | tuple[str, int] | Response
NUMBERS = tuple(name for name in TERMS if name not in ("pool_id", "paused", "priority"))


@blueprint.get("/mapping")
@require("products.view")
def listings() -> Answer:
    """List platforms' items with the SKU that each stands for, and suggestions."""
    return _listings([])


@blueprint.post("/mapping")
@require("products.edit")
def map_them() -> Answer:
    """Map the items that were ticked, or those of a file."""
    company_id, actor = current.company().id, current_actor().name
    try:
        with current.writing() as session:
            if file := request.files.get("file"):
                text = io.StringIO(_decoded(file.read()), newline="")
                name = file.filename or "file"
                done = mapping.map_file(session, company_id, text, name, actor)
            else:
                done = mapping.map_listings(session, company_id, _ticked(), actor, "page")
    except EntrepotError as error:
        return _listings([str(error)]), status_of(error)
    flash(
        _("%(mapped)s mapped, %(orders)s orders go on.", mapped=done.mapped, orders=done.orders),
        "success",
    )
    return redirect(url_for(".listings", show=request.args.get("show")), 303)


@blueprint.get("/publishing")
@require("stock.view")
def targets() -> Answer:
    """List what each platform was told, the rules, and a preview that explains itself."""
    return _targets([])


@blueprint.post("/publishing")
@require("stock.edit")
def keep_rule() -> Answer:
    """Let new terms hold from now on, or only say what they would do."""
    if "preview" in request.form:
        leave_undone()
        return _targets([])
    company_id, actor = current.company().id, current_actor().name
    note = request.form.get("note", "").strip()
    try:
        with current.writing() as session:
            scope, terms = _asked(session, company_id, request.form)
            set_rule(session, company_id, scope, terms, note=note, actor=actor)
    except EntrepotError as error:
        return _targets([str(error)]), status_of(error)
    publish_changes(current.kernel(), company_id, full=True)
    flash(_("The rule holds from now on."), "success")
    return redirect(url_for(".targets"), 303)


@blueprint.get("/oversold")
@require("orders.view", "stock.view")
def oversold() -> str:
    """List orders that wait for goods which were sold and not there."""
    return render_template(
        "publishing/oversold.html",
        orders=incidents.oversold(current.reading(), current.company().id),
    )


@blueprint.get("/oversold/<int:order_id>")
@require("orders.view", "stock.view")
def incident(order_id: int) -> str:
    """Show order, promise, what the platform was told and what it showed on one time line."""
    session, company = current.reading(), current.company()
    return render_template(
        "publishing/incident.html",
        order=queries.get_order(session, company.id, order_id),
        moments=incidents.incident(session, company.id, order_id),
    )


def _listings(problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    show = request.args.get("show", "unmapped")
    text = request.args.get("text", "").strip()
    cursor = read_cursor(request.args.get("page"), str, int)
    page = mapping.list_listings(session, company.id, show, text, cursor)
    open_ones = [row for row in page.rows if row.sku_id is None]
    return render_template(
        "publishing/mapping.html",
        page=page,
        show=show,
        text=text,
        unmapped=count_rows(session, mapping.unmapped(company.id)),
        likely=mapping.suggest(session, company.id, open_ones) if open_ones else {},
        log=mapping.mapping_log(session, company.id, 20),
        problems=problems,
    )


def _targets(problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    text = request.args.get("text", "").strip()
    cursor = read_cursor(request.args.get("page"), str, int)
    reckoning: Reckoning | None = None
    if request.values.get("sku") and not problems:
        try:
            scope, terms = _asked(session, company.id, request.values)
            reckoning = preview(session, company.id, scope, terms)
        except EntrepotError as error:
            problems = [*problems, str(error)]
    shops = session.query(Shop.platform, Shop.account).where(Shop.company_id == company.id)
    return render_template(
        "publishing/targets.html",
        page=list_targets(session, company.id, text, cursor),
        text=text,
        rules=[rule_row(session, rule) for rule in list_rules(session, company.id)],
        pools=pools_of(session, company.id),
        shops=sorted(set(shops)),
        figures=latency(session, company.id),
        reckoning=reckoning,
        numbers=NUMBERS,
        given=request.values,
        problems=problems,
    )


def _ticked() -> dict[int, str]:
    """Return the listings that were ticked with the SKU typed or chosen beside each.

    Raises: InputError when nothing is ticked, or nothing stands beside a tick.
    """
    found = {}
    for key in request.form.getlist("listing"):
        if not key.isdecimal():
            raise InputError("this form is damaged.", hint="Open the page anew.")
        sku = request.form.get(f"sku-{key}", "").strip()
        if not sku:
            raise InputError("a listing is ticked that has no SKU beside it.", where="SKU")
        found[int(key)] = sku
    if not found:
        raise InputError("nothing is ticked.", hint="Tick the listings to map.")
    return found


def _asked(session: Any, company_id: int, given: Any) -> tuple[Scope, Terms]:
    """Read the scope and the terms of a rule from a form or an address."""
    platform, _sep, account = given.get("shop", "").partition("/")
    sku_id, sku = 0, given.get("sku", "").strip()
    if sku:
        sku_id = skus_by_code(session, company_id, [sku]).get(sku, 0)
        if not sku_id:
            raise NotFound(f"There is no SKU {sku!r}.")
    values = {name: _number(name, given.get(name, "")) for name in NUMBERS}
    values |= {name: 1 if name in given else None for name in ("paused", "priority")}
    pool = pools_of(session, company_id).get(given.get("pool", ""))
    return Scope(platform, account, sku_id), Terms(pool_id=pool, **values)


def _number(name: str, text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal():
        raise InputError("it must be a whole number, 0 or more.", where=name)
    return int(text)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8.", hint="Save it as CSV in UTF-8.") from None
