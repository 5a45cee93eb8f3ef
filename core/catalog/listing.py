"""What the pages of products read; every query names its company."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Component
from core.catalog.models import Listing
from core.catalog.models import Sku
from core.db import any_of
from core.errors import NotFound
from core.identity.fields import visible_fields
from core.paging import PAGE_SIZE
from core.paging import Count
from core.paging import Cursor
from core.paging import Page
from core.paging import count_rows
from core.paging import fetch_page

VIEWS = ("", "bundles", "unmeasured", "unlisted", "archived")
"""All in use, bundles, those that miss a weight or a side, those no platform sells, put away."""


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """What a list of SKUs is narrowed to; empty means all in use."""

    text: str = ""
    brand: str = ""
    owner: str = ""
    show: str = ""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A SKU in a list; `parts` and `listings` are how many it has."""

    id: int
    code: str
    title: str
    brand: str
    owner: str
    weight_grams: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    archived: bool
    parts: int
    listings: int

    @property
    def size(self) -> str:
        """Return the sides in millimetres, empty where one is not known."""
        sides = (self.length_mm, self.width_mm, self.height_mm)
        return " × ".join(map(str, sides)) if None not in sides else ""


@dataclass(frozen=True, slots=True)
class PartRow:
    """What a bundle is made of; `price` is in minor units of the company, 0 where nobody said."""

    NEEDS: ClassVar[dict[str, str]] = {"price": "money.view"}

    sku_id: int
    code: str
    title: str
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class ListingRow:
    """An item of a platform that stands for the SKU."""

    id: int
    platform: str
    account: str
    external_ref: str
    seller_sku: str
    title: str


@dataclass(frozen=True, slots=True)
class Product:
    """A SKU with what it is made of, which bundles hold it and where it is listed."""

    row: ProductRow
    parts: Sequence[PartRow]
    within: Sequence[PartRow]
    listings: Sequence[ListingRow]


def list_products(
    session: Session,
    company_id: int,
    narrow: ProductFilter,
    cursor: Cursor | None,
    limit: int = PAGE_SIZE,
) -> Page[ProductRow]:
    """Return a page of SKUs by code."""
    query = sa.select(Sku.code, *_FACTS).where(*_conditions(company_id, narrow))
    page = fetch_page(session, query, (Sku.code,), cursor, limit=limit)
    ids = [row.id for row in page.rows]
    parts = _counted(session, company_id, Component.bundle_id, ids)
    listings = _counted(session, company_id, Listing.sku_id, ids)
    rows = [_row(row, parts, listings) for row in page.rows]
    return Page(rows, page.next, page.previous)


def count_products(session: Session, company_id: int, narrow: ProductFilter) -> Count:
    """Count the SKUs that a list would show."""
    return count_rows(session, sa.select(Sku.id).where(*_conditions(company_id, narrow)))


def get_product(session: Session, company_id: int, sku_id: int) -> Product:
    """Return a SKU with its parts and listings.

    Raises: NotFound.
    """
    query = sa.select(Sku.code, *_FACTS).where(Sku.company_id == company_id, Sku.id == sku_id)
    found = session.execute(query).first()
    if found is None:
        raise NotFound("There is no such SKU.", hint="Look for it in the list of products.")
    parts = _parts(session, company_id, Component.component_id, Component.bundle_id == sku_id)
    within = _parts(session, company_id, Component.bundle_id, Component.component_id == sku_id)
    listings = _listings(session, company_id, sku_id)
    row = _row(found, {sku_id: len(parts)}, {sku_id: len(listings)})
    return Product(row, parts, within, listings)


def product_document(row: ProductRow) -> dict[str, Any]:
    """Return a SKU of a list as commands and the API tell it."""
    told = visible_fields(row)
    return {"id": told.pop("id"), "sku": told.pop("code"), **told}


_FACTS = (
    Sku.id,
    Sku.title,
    Sku.brand,
    Sku.owner,
    Sku.weight_grams,
    Sku.length_mm,
    Sku.width_mm,
    Sku.height_mm,
    Sku.archived_at,
)


def _row(row: Any, parts: Mapping[int, int], listings: Mapping[int, int]) -> ProductRow:
    return ProductRow(
        row.id,
        row.code,
        row.title,
        row.brand or "",
        row.owner or "",
        row.weight_grams,
        row.length_mm,
        row.width_mm,
        row.height_mm,
        row.archived_at is not None,
        parts.get(row.id, 0),
        listings.get(row.id, 0),
    )


def _conditions(company_id: int, narrow: ProductFilter) -> list[Any]:
    away = narrow.show == "archived"
    put_away = Sku.archived_at.is_not(None) if away else Sku.archived_at.is_(None)
    conditions: list[Any] = [Sku.company_id == company_id, put_away]
    if narrow.text:
        begins = Sku.code.startswith(narrow.text, autoescape=True)
        conditions.append(begins | Sku.title.icontains(narrow.text, autoescape=True))
    if narrow.brand:
        conditions.append(Sku.brand == narrow.brand)
    if narrow.owner:
        conditions.append(Sku.owner == narrow.owner)
    if narrow.show == "bundles":
        conditions.append(_has(company_id, Component.bundle_id))
    elif narrow.show == "unlisted":
        conditions.append(~_has(company_id, Listing.sku_id))
    elif narrow.show == "unmeasured":
        measures = (Sku.weight_grams, Sku.length_mm, Sku.width_mm, Sku.height_mm)
        conditions += [
            sa.or_(*(each.is_(None) for each in measures)),
            # A bundle is sent as its parts; theirs are the measures.
            ~_has(company_id, Component.bundle_id),
        ]
    return conditions


def _has(company_id: int, column: Any) -> Any:
    return (
        sa.select(column)
        .where(column.class_.company_id == company_id, column == Sku.id)
        .correlate(Sku)
        .exists()
    )


def _counted(session: Session, company_id: int, column: Any, ids: Sequence[int]) -> dict[int, int]:
    query = (
        sa.select(column, sa.func.count())
        .where(column.class_.company_id == company_id, any_of(session, column, ids))
        .group_by(column)
    )
    return dict(session.execute(query).all())


def _parts(session: Session, company_id: int, other: Any, condition: Any) -> list[PartRow]:
    query = (
        sa.select(Sku.id, Sku.code, Sku.title, Component.quantity, Component.price)
        .join(Component, sa.and_(Component.company_id == Sku.company_id, other == Sku.id))
        .where(Sku.company_id == company_id, condition)
        .order_by(Sku.code)
    )
    return [PartRow(*row) for row in session.execute(query)]


def _listings(session: Session, company_id: int, sku_id: int) -> list[ListingRow]:
    query = (
        sa.select(
            Listing.id,
            Listing.platform,
            Listing.account,
            Listing.external_ref,
            sa.func.coalesce(Listing.seller_sku, ""),
            Listing.title,
        )
        .where(Listing.company_id == company_id, Listing.sku_id == sku_id)
        .order_by(Listing.platform, Listing.account, Listing.external_ref)
    )
    return [ListingRow(*row) for row in session.execute(query)]
