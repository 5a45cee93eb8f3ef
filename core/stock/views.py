"""Pages of stock: what there is, and why it is that much."""

from __future__ import annotations

from flask import Blueprint
from flask import render_template
from flask import request

from core.identity.access import require
from core.orders.soft import soft_demand
from core.paging import read_cursor
from core.stock import listing
from core.stock.listing import StockFilter
from core.web import current

blueprint = Blueprint("stock", __name__, url_prefix="/stock")

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
    session, company = current.reading(), current.company()
    return render_template(
        "stock/show.html",
        sku=listing.get_sku(session, company.id, sku_id),
        unpaid=soft_demand(session, company.id, [sku_id]).get(sku_id, 0),
        rows_shown=listing.ROWS_SHOWN,
    )
