"""Listings: the variants of a shop, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from addons.shopify import bulk
from addons.shopify.asking import ask
from addons.shopify.asking import faults_of
from addons.shopify.asking import following
from addons.shopify.asking import nodes_of
from addons.shopify.asking import question
from addons.shopify.asking import reasons
from addons.shopify.documents import BULK_VARIANTS
from addons.shopify.documents import LISTINGS
from addons.shopify.documents import PRICES
from addons.shopify.documents import SET_PRICES
from addons.shopify.documents import VARIANT_COUNT
from addons.shopify.orders import code_of
from addons.shopify.variants import find
from core.api import Call
from core.api import ExternalListing
from core.api import MappingError
from core.api import Page
from core.api import PriceUpdate
from core.api import PushResult
from core.api import Rejected
from core.api import Window
from core.api import minor_digits
from core.api import moment
from core.api import money
from core.api import read_each

PAGE = 100
WORTH = 2500
"""More variants than these are collected by Shopify instead of asked for page by page."""
BATCH = 25
SET = question("shopify.setPrices")
Document = Mapping[str, Any]


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalListing]:
    """Return one page of listings."""
    if cursor == bulk.NEW or (cursor is None and _count(call) > WORTH):
        return Page([], bulk.begin(call, BULK_VARIANTS, window.until))
    if cursor is not None and bulk.is_bulk(cursor):
        piece = bulk.piece_at(call, cursor)
        found = [row.document for row in piece.rows]
        return Page(_read(found, piece.shop), piece.following, piece.later)
    after = None if cursor == bulk.PAGES else cursor
    data = ask(call.http, question("shopify.listings"), LISTINGS, first=PAGE, after=after)
    found = nodes_of(data.get("productVariants"), "productVariants")
    return Page(_read(found, data["shop"]), following(data["productVariants"]))


def _read(found: Sequence[Document], shop: Document) -> list[ExternalListing | Rejected]:
    return read_each(found, lambda node: read_listing(node, shop["currencyCode"]), key="id")


def _count(call: Call) -> int:
    """Return how many variants the shop has, at most ten thousand."""
    data = ask(call.http, question("shopify.variantCount"), VARIANT_COUNT)
    told = (data.get("productVariantsCount") or {}).get("count")
    if not isinstance(told, int):
        raise MappingError("productVariantsCount", type(told).__name__)
    return told


def read_listing(node: Document, currency: str) -> ExternalListing:
    """Return a listing.

    Raises: MappingError.
    """
    return ExternalListing(
        code_of({**node, "variant": node, "title": ""}),
        node["displayName"].removesuffix(" - Default Title"),
        money(node["price"], currency, path="price"),
        currency,
        node["inventoryQuantity"],
        moment(node["updatedAt"], path="updatedAt"),
    )


def push_prices(call: Call, updates: Sequence[PriceUpdate]) -> list[PushResult]:
    """Tell what listings cost, product by product."""
    results: list[PushResult] = []
    for at in range(0, len(updates), BATCH):
        batch = updates[at : at + BATCH]
        refs = list(dict.fromkeys(update.external_ref for update in batch))
        found, data = find(call.http, "shopify.prices", PRICES, refs)
        products: dict[str, list[tuple[PriceUpdate, Document]]] = {}
        for update in batch:
            variant = found[update.external_ref]
            if isinstance(variant, str):
                results.append(PushResult(update.key, False, variant))
            elif update.currency != data["shop"]["currencyCode"]:
                said = f"The shop sells in {data['shop']['currencyCode']}."
                results.append(PushResult(update.key, False, said))
            else:
                product = variant["product"]["id"]
                products.setdefault(product, []).append((update, variant))
        for product, members in products.items():
            results += _set(call, product, members)
    return results


def _set(
    call: Call, product: str, members: Sequence[tuple[PriceUpdate, Document]]
) -> list[PushResult]:
    variants = [{"id": variant["id"], "price": _text(update)} for update, variant in members]
    data = ask(call.http, SET, SET_PRICES, product=product, variants=variants)
    told = data.get("productVariantsBulkUpdate")
    faults = faults_of(told, "productVariantsBulkUpdate")
    said = reasons(faults) if faults else ""
    return [PushResult(update.key, not faults, said) for update, _ in members]


def _text(update: PriceUpdate) -> str:
    digits = minor_digits(update.currency)
    whole, rest = divmod(update.price, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)
