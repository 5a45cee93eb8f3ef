"""Pages of stock: what there is, and why it is that much."""

from __future__ import annotations

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.catalog.describing import Described
from core.catalog.describing import describe_skus
from core.errors import EntrepotError
from core.identity.access import require
from core.orders.soft import soft_demand
from core.paging import read_cursor
from core.stock import listing
from core.stock.listing import StockFilter
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("stock", __name__, url_prefix="/stock")

Answer = str | tuple[str, int] | Response

SHOWN = ("", "in", "out", "short")


@blueprint.get("")
@require("stock.view")
def index() -> str:
    """List SKUs with what there is of each."""
    session, company = current.reading(), current.company()
    show = request.args.get("show", "")
    text = request.args.get("text", "").strip()
    narrow = StockFilter(text=text, show=show if show in SHOWN else "")
    cursor = read_cursor(request.args.get("page"), str)
    return render_template(
        "stock/index.html",
        page=listing.list_stock(session, company.id, narrow, cursor),
        narrow=narrow,
        matching=listing.count_stock(session, company.id, narrow),
        tabs={
            name: listing.count_stock(session, company.id, StockFilter(show=name)) for name in SHOWN
        },
    )


@blueprint.get("/<int:sku_id>")
@require("stock.view")
def show(sku_id: int) -> str:
    """Show one SKU: its levels, layers and what used them, shorts and last moves."""
    return _page(sku_id, [])


@blueprint.post("/<int:sku_id>")
@require("stock.view", "products.edit")
def describe(sku_id: int) -> Answer:
    """Say the brand of a SKU and who answers for it."""
    told = Described(request.form.get("brand", ""), request.form.get("owner", ""))
    company_id = current.company().id
    code = listing.get_sku(current.reading(), company_id, sku_id).code
    try:
        with current.writing() as session:
            describe_skus(session, company_id, {code: told})
    except EntrepotError as error:
        leave_undone()
        return _page(sku_id, [str(error)]), status_of(error)
    flash(_("Brand and owner of %(sku)s are kept.", sku=code), "success")
    return redirect(url_for(".show", sku_id=sku_id), 303)


def _page(sku_id: int, problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    return render_template(
        "stock/show.html",
        sku=listing.get_sku(session, company.id, sku_id),
        unpaid=soft_demand(session, company.id, [sku_id]).get(sku_id, 0),
        rows_shown=listing.ROWS_SHOWN,
        problems=problems,
    )
