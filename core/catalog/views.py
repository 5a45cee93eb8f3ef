"""Pages of products: what SKUs are, where they are listed, and a file of many at once."""

from __future__ import annotations

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.catalog.bundles import set_components
from core.catalog.describing import Described
from core.catalog.files import products_in
from core.catalog.keeping import ProductDraft
from core.catalog.keeping import add_sku
from core.catalog.keeping import archive_sku
from core.catalog.keeping import keep_skus
from core.catalog.listing import VIEWS
from core.catalog.listing import ProductFilter
from core.catalog.listing import count_products
from core.catalog.listing import get_product
from core.catalog.listing import list_products
from core.catalog.measuring import NAMES
from core.catalog.measuring import Measures
from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import may
from core.money import parse_decimal
from core.money import to_minor
from core.money import to_text
from core.paging import read_cursor
from core.publishing.offers import offers_of
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("catalog", __name__, url_prefix="/products")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("products.view")
def index() -> Answer:
    """List SKUs."""
    return _list([])


@blueprint.post("")
@require("products.edit")
def add() -> Answer:
    """Make a SKU, or make and change those that a file tells of."""
    company_id = current.company().id
    try:
        with current.writing() as session:
            if file := request.files.get("file"):
                drafts = products_in(file.read(), file.filename or "file")
                only_known = request.form.get("only_known") == "1"
                kept = keep_skus(session, company_id, drafts, only_known=only_known)
                said = _(
                    "%(made)s made, %(changed)s changed.", made=kept.made, changed=kept.changed
                )
                where = url_for(".index")
            else:
                code = request.form.get("sku", "").strip()
                draft = ProductDraft(request.form.get("title", "").strip() or None)
                where = url_for(".show", sku_id=add_sku(session, company_id, code, draft))
                said = _("%(sku)s is made.", sku=code)
    except EntrepotError as error:
        leave_undone()
        return _list([str(error)]), status_of(error)
    flash(said, "success")
    return redirect(where, 303)


@blueprint.get("/<int:sku_id>")
@require("products.view")
def show(sku_id: int) -> Answer:
    """Show what a SKU is, what it is made of and where it is listed."""
    return _page(sku_id, [])


@blueprint.post("/<int:sku_id>")
@require("products.view", "products.edit")
def change(sku_id: int) -> Answer:
    """Say a SKU's title, brand, owner and measures."""
    company_id = current.company().id
    code = get_product(current.reading(), company_id, sku_id).row.code
    try:
        with current.writing() as session:
            keep_skus(session, company_id, {code: _draft()})
    except EntrepotError as error:
        leave_undone()
        return _page(sku_id, [str(error)]), status_of(error)
    flash(_("%(sku)s is kept.", sku=code), "success")
    return redirect(url_for(".show", sku_id=sku_id), 303)


@blueprint.post("/<int:sku_id>/parts")
@require("products.view", "products.edit", "money.view")
def compose(sku_id: int) -> Answer:
    """Say what a bundle is made of; without a part it is no bundle."""
    company = current.company()
    code = get_product(current.reading(), company.id, sku_id).row.code
    try:
        quantities, prices = _parts(company.currency)
        with current.writing() as session:
            set_components(session, company.id, code, quantities, prices)
    except EntrepotError as error:
        leave_undone()
        return _page(sku_id, [str(error)]), status_of(error)
    flash(_("What %(sku)s is made of is kept.", sku=code), "success")
    return redirect(url_for(".show", sku_id=sku_id), 303)


@blueprint.post("/<int:sku_id>/archive")
@require("products.view", "products.edit")
def archive(sku_id: int) -> Answer:
    """Put a SKU away, or bring it back."""
    company_id, away = current.company().id, request.form.get("away") == "1"
    code = get_product(current.reading(), company_id, sku_id).row.code
    with current.writing() as session:
        archive_sku(session, company_id, code, away=away)
    said = _("%(sku)s is put away.", sku=code) if away else _("%(sku)s is back.", sku=code)
    flash(said, "success")
    return redirect(url_for(".show", sku_id=sku_id), 303)


def _draft() -> ProductDraft:
    form = request.form
    sides = [form.get(name, "").strip() for name in NAMES]
    if wrong := [side for side in sides if side and not side.isdecimal()]:
        raise InputError(f"{wrong[0]!r} is no whole number.", hint="Write grams and millimetres.")
    return ProductDraft(
        form.get("title", "").strip(),
        Measures(*(int(side) if side else None for side in sides)),
        Described(form.get("brand", ""), form.get("owner", "")),
    )


def _parts(currency: str) -> tuple[dict[str, int], dict[str, int]]:
    form = request.form
    lists = (form.getlist(name) for name in ("part[]", "quantity[]", "price[]"))
    quantities: dict[str, int] = {}
    prices: dict[str, int] = {}
    for code, quantity, price in zip(*lists, strict=True):
        if not (part := code.strip()):
            continue
        if part in quantities:
            raise InputError("a part stands twice.", where=part)
        if not quantity.strip().isdecimal():
            raise InputError(f"{quantity!r} is no quantity.", where=part)
        quantities[part] = int(quantity)
        prices[part] = to_minor(parse_decimal(price, where=part), currency) if price.strip() else 0
    return quantities, prices


def _list(problems: list[str]) -> str:
    session, company_id = current.reading(), current.company().id
    asked = {name: request.args.get(name, "").strip() for name in ("text", "brand", "owner")}
    show = request.args.get("show", "")
    narrow = ProductFilter(**asked, show=show if show in VIEWS else "")
    return render_template(
        "catalog/index.html",
        page=list_products(session, company_id, narrow, read_cursor(request.args.get("page"), str)),
        narrow=narrow,
        matching=count_products(session, company_id, narrow),
        tabs={
            name: count_products(session, company_id, ProductFilter(show=name)) for name in VIEWS
        },
        problems=problems,
    )


def _page(sku_id: int, problems: list[str]) -> str:
    company = current.company()
    product = get_product(current.reading(), company.id, sku_id)
    # Who may not see prices is shown no form: he would take them away.
    prices = {
        part.code: to_text(part.price, company.currency) if part.price else ""
        for part in product.parts
        if may("money.view")
    }
    names = [(each.platform, each.account, each.external_ref) for each in product.listings]
    return render_template(
        "catalog/show.html",
        product=product,
        sku=product.row,
        prices=prices,
        problems=problems,
        offers=offers_of(current.reading(), company.id, names) if names else {},
    )
