"""What the API answers about SKUs."""

from __future__ import annotations

from typing import TypedDict

from core.catalog.listing import ListingRow


class ProductHead(TypedDict):
    """A SKU of a list; `parts` and `listings` are how many it has."""

    id: int
    sku: str
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


class PartDocument(TypedDict):
    """A part of a bundle; its price is decimal text of the company's currency."""

    sku: str
    quantity: int
    price: str | None


class ProductMore(TypedDict):
    """A SKU with its parts and listings."""

    parts: list[PartDocument]
    listings: list[ListingRow]
