"""One search over what a person remembers a number of: orders, products, listings, statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.catalog.listing import ProductFilter
from core.catalog.listing import list_products
from core.catalog.models import Listing
from core.identity.access import require
from core.identity.actor import may
from core.invoicing.models import Invoice
from core.orders.queries import OrderFilter
from core.orders.queries import list_orders
from core.settlements.models import Statement
from core.web import current

blueprint = Blueprint("search", __name__)

MOST = 8
"""How many of a kind are shown: who finds more types a sign more."""

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found; `exact` when its number is what was typed, to the letter."""

    name: str
    more: str
    url: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record, who may look for it, and how it is found."""

    title: LazyString
    permissions: tuple[str, ...]
    find: Callable[[Session, int, str], list[Hit]]


def _orders(session: Session, company_id: int, text: str) -> list[Hit]:
    found = list_orders(session, company_id, OrderFilter(text=text), None, MOST).rows
    return [
        Hit(
            row.external_ref,
            f"{row.ordered_at:%Y-%m-%d} · {row.shop}",
            url_for("orders.show", order_id=row.id),
            row.external_ref == text,
        )
        for row in found
    ]


def _products(session: Session, company_id: int, text: str) -> list[Hit]:
    found = list_products(session, company_id, ProductFilter(text=text), None, MOST).rows
    return [
        Hit(row.code, row.title, url_for("catalog.show", sku_id=row.id), row.code == text)
        for row in found
    ]


def _listings(session: Session, company_id: int, text: str) -> list[Hit]:
    begins = sa.or_(
        Listing.external_ref.startswith(text, autoescape=True),
        Listing.seller_sku.startswith(text, autoescape=True),
    )
    query = (
        sa.select(Listing)
        .where(Listing.company_id == company_id, begins)
        .order_by(Listing.external_ref)
        .limit(MOST)
    )
    return [
        Hit(
            row.external_ref,
            f"{row.platform} · {row.account} · {row.title}",
            url_for("catalog.show", sku_id=row.sku_id)
            if row.sku_id is not None
            else url_for("publishing.listings", text=row.external_ref),
            text in (row.external_ref, row.seller_sku),
        )
        for row in session.scalars(query)
    ]


def _statements(session: Session, company_id: int, text: str) -> list[Hit]:
    query = (
        sa.select(Statement.id, Statement.external_ref, Statement.platform, Statement.account)
        .where(
            Statement.company_id == company_id,
            Statement.external_ref.startswith(text, autoescape=True),
        )
        .order_by(Statement.external_ref)
        .limit(MOST)
    )
    return [
        Hit(
            row.external_ref,
            f"{row.platform} · {row.account}",
            url_for("settlements.show", statement_id=row.id),
            row.external_ref == text,
        )
        for row in session.execute(query)
    ]


def _invoices(session: Session, company_id: int, text: str) -> list[Hit]:
    query = (
        sa.select(Invoice.id, Invoice.code, Invoice.issued_on)
        .where(Invoice.company_id == company_id, Invoice.code.startswith(text, autoescape=True))
        .order_by(Invoice.code)
        .limit(MOST)
    )
    return [
        Hit(
            row.code,
            row.issued_on.isoformat(),
            url_for("invoicing.show", invoice_id=row.id),
            row.code == text,
        )
        for row in session.execute(query)
    ]


KINDS = (
    Kind(_l("Orders"), ("orders.view",), _orders),
    Kind(_l("Products"), ("products.view",), _products),
    Kind(_l("Listings"), ("products.view",), _listings),
    Kind(_l("Settlements"), ("ledger.view", "money.view"), _statements),
    Kind(_l("Invoices"), ("orders.view", "money.view"), _invoices),
)


@blueprint.get("/search")
@require()
def show() -> str | Response:
    """Show what begins as was typed; go there at once where one record bears that very number."""
    text = request.args.get("q", "").strip()[:LONGEST]
    session, company_id = current.reading(), current.company().id
    found = {
        kind.title: kind.find(session, company_id, text)
        for kind in KINDS
        if text and may(*kind.permissions)
    }
    exact = {hit.url for hits in found.values() for hit in hits if hit.exact}
    if len(exact) == 1:
        return redirect(exact.pop(), 303)
    return render_template(
        "search.html",
        text=text,
        found={title: hits for title, hits in found.items() if hits},
        most=MOST,
    )
