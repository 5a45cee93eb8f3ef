"""The API of SKUs: `/api/v1/products`. Weights are grams, sides millimetres, prices are text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from core.catalog.bundles import set_components
from core.catalog.describing import Described
from core.catalog.keeping import ProductDraft
from core.catalog.keeping import add_sku
from core.catalog.keeping import archive_sku
from core.catalog.keeping import keep_skus
from core.catalog.keeping import lock_sku
from core.catalog.listing import VIEWS
from core.catalog.listing import ProductFilter
from core.catalog.listing import get_product
from core.catalog.listing import list_products
from core.catalog.listing import product_document
from core.catalog.measuring import NAMES
from core.catalog.measuring import Measures
from core.catalog.shapes import ProductHead
from core.catalog.shapes import ProductMore
from core.identity.access import require
from core.identity.actor import may
from core.identity.fields import visible_fields
from core.money import parse_decimal
from core.money import to_minor
from core.money import to_text
from core.paging import read_cursor
from core.web import current
from core.web import rest
from core.web.preconditions import check_unchanged
from core.web.preconditions import if_match
from core.web.shapes import Both

blueprint = rest.blueprint("products", __name__)

Product = Both[ProductHead, ProductMore]

FACTS: dict[str, fields.Field[Any]] = {
    **{name: rest.text(400) for name in ("title", "brand", "owner")},
    **dict.fromkeys(NAMES, rest.Whole),
}


@blueprint.get("")
@require("products.view")
@rest.asks(
    text=rest.text(200, load_default=""),
    brand=rest.text(100, load_default=""),
    owner=rest.text(100, load_default=""),
    show=rest.one_of(*VIEWS, load_default=""),
    **rest.paging(),
)
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[ProductHead]]:
    """List SKUs by code."""
    narrow = ProductFilter(asked["text"], asked["brand"], asked["owner"], asked["show"])
    cursor = read_cursor(asked["cursor"], str)
    found = list_products(
        current.reading(), current.company().id, narrow, cursor, limit=asked["limit"]
    )
    return rest.listed(found, product_document)


@blueprint.get("/<int:sku_id>")
@require("products.view")
@rest.asks()
def show(sku_id: int) -> rest.Answer[Product]:
    """Show a SKU with its parts and listings."""
    return rest.respond(_document(sku_id))


@blueprint.post("")
@require("products.edit")
@rest.takes(sku=rest.text(100, required=True), **FACTS)
def add(told: dict[str, Any]) -> rest.Answer[Product]:
    """Make a SKU."""
    with current.writing() as session:
        sku_id = add_sku(session, current.company().id, told["sku"], _draft(told))
    return rest.respond(_document(sku_id))


@blueprint.patch("/<int:sku_id>")
@require("products.view", "products.edit")
@rest.takes(archived=fields.Boolean(), **FACTS)
@if_match
def change(told: dict[str, Any], sku_id: int) -> rest.Answer[Product]:
    """Change what is named of a SKU; an empty brand or owner is taken away."""
    company_id = current.company().id
    with current.writing() as session:
        code = lock_sku(session, company_id, sku_id)
        check_unchanged(_document(sku_id))
        keep_skus(session, company_id, {code: _draft(told)})
        if "archived" in told:
            archive_sku(session, company_id, code, away=told["archived"])
    return rest.respond(_document(sku_id))


@blueprint.put("/<int:sku_id>/parts")
@require("products.view", "products.edit", "money.view")
@rest.takes(
    quantities=fields.Dict(keys=rest.text(100), values=rest.Whole, required=True),
    prices=fields.Dict(keys=rest.text(100), values=rest.text(40), load_default=dict),
)
@if_match
def compose(told: dict[str, Any], sku_id: int) -> rest.Answer[Product]:
    """Say how many of which SKUs a bundle is made of, and what each sells for by itself."""
    company = current.company()
    worth = {
        part: to_minor(parse_decimal(text, where=part), company.currency)
        for part, text in told["prices"].items()
    }
    with current.writing() as session:
        code = lock_sku(session, company.id, sku_id)
        check_unchanged(_document(sku_id))
        set_components(session, company.id, code, told["quantities"], worth)
    return rest.respond(_document(sku_id))


def _draft(told: Mapping[str, Any]) -> ProductDraft:
    return ProductDraft(
        told.get("title"),
        Measures(*(told.get(name) for name in NAMES)),
        Described(told.get("brand"), told.get("owner")),
    )


def _document(sku_id: int) -> dict[str, Any]:
    company = current.company()
    with current.kernel().db.read() as session:
        found = get_product(session, company.id, sku_id)
    priced = may("money.view")
    return product_document(found.row) | {
        "parts": [
            {"sku": part.code, "quantity": part.quantity}
            | {"price": to_text(part.price, company.currency) if priced and part.price else None}
            for part in found.parts
        ],
        "listings": [visible_fields(each) for each in found.listings],
    }
