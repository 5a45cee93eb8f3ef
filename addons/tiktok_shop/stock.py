"""What the shop offers, how much there is of it, and what it costs.

A listing is known by the seller's own SKU; TikTok's numbers of product, SKU and warehouses are
looked up, many at once, before anything is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.amounts import amount_of
from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.errors import reasons
from addons.tiktok_shop.operations import SEARCH_PRODUCTS
from addons.tiktok_shop.operations import SEARCH_STOCK
from addons.tiktok_shop.operations import UPDATE_PRICES
from addons.tiktok_shop.operations import UPDATE_STOCK
from core.api import Call
from core.api import ExternalListing
from core.api import Http
from core.api import Page
from core.api import PriceUpdate
from core.api import PushResult
from core.api import RequestRefused
from core.api import StockSeen
from core.api import StockUpdate
from core.api import minor_digits
from core.api import read_each

PAGE = 100
SKUS = 50
"""So many SKUs are looked up at once."""
READ = 100
LIVE = "ACTIVATE"
UNKNOWN = "TikTok Shop has no live product with this SKU."


@dataclass(frozen=True)
class Sku:
    """Where a SKU of the seller stands: TikTok's numbers of it, and its warehouses."""

    product: str
    ref: str
    warehouses: tuple[str, ...]


def pull(call: Call, cursor: str | None) -> Page[ExternalListing]:
    """Return one page of listings; each SKU of a product is one."""
    query = {"page_size": PAGE, "page_token": cursor}
    data = ask(call.http, SEARCH_PRODUCTS, query=query, json={"status": LIVE})
    rows = [
        {**sku, "title": product.get("title"), "product_id": product["id"]}
        for product in rows_of(data, "products")
        for sku in product.get("skus") or ()
    ]
    return Page(read_each(rows, read_listing, key="id"), data.get("next_page_token") or None)


def read_listing(sku: Document) -> ExternalListing:
    """Return a listing.

    Raises: MappingError.
    """
    price: Document = sku.get("price") or {}
    currency = str(price.get("currency") or "")
    told = price.get("sale_price") or price.get("tax_exclusive_price")
    ref = str(sku.get("seller_sku") or "") or f"sku {sku['id']}"
    return ExternalListing(
        ref,
        str(sku.get("title") or ref),
        price=amount_of(told, currency, "price") if told and currency else None,
        currency=currency if told else "",
        quantity=sum(int(each.get("quantity") or 0) for each in sku.get("inventory") or ()),
    )


def push(call: Call, updates: Sequence[StockUpdate]) -> Iterator[PushResult]:
    """Tell how much there is of each listing, product by product."""
    known = find(call.http, [update.external_ref for update in updates])
    by_product: dict[str, list[tuple[StockUpdate, Sku]]] = {}
    for update in updates:
        sku = known.get(update.external_ref)
        if sku is None:
            yield PushResult(update.key, False, UNKNOWN)
        else:
            by_product.setdefault(sku.product, []).append((update, sku))
    for product, pairs in by_product.items():
        body = {
            "skus": [{"id": sku.ref, "inventory": _places(update, sku)} for update, sku in pairs]
        }
        refused = _sent(call.http, UPDATE_STOCK, product, body)
        for update, sku in pairs:
            said = refused.get(sku.ref, refused.get("", ""))
            shown = None if said else update.quantity
            yield PushResult(update.key, not said, said, confirmed=shown)


def read(call: Call, listings: Sequence[str]) -> Iterator[StockSeen]:
    """Return how much of each listing TikTok shows."""
    known = {sku.ref: name for name, sku in find(call.http, listings).items()}
    refs = sorted(known)
    for at in range(0, len(refs), READ):
        data = ask(call.http, SEARCH_STOCK, json={"sku_ids": refs[at : at + READ]})
        for product in rows_of(data, "inventory"):
            for sku in product.get("skus") or ():
                quantity = sku.get("total_available_quantity")
                if sku["id"] in known and isinstance(quantity, int):
                    yield StockSeen(known[sku["id"]], quantity)


def push_prices(call: Call, updates: Sequence[PriceUpdate]) -> Iterator[PushResult]:
    """Tell what each listing costs."""
    known = find(call.http, [update.external_ref for update in updates])
    for update in updates:
        sku = known.get(update.external_ref)
        if sku is None:
            yield PushResult(update.key, False, UNKNOWN)
            continue
        price = {"amount": _price(update), "currency": update.currency}
        body = {"skus": [{"id": sku.ref, "price": price}]}
        said = "".join(_sent(call.http, UPDATE_PRICES, sku.product, body).values())
        yield PushResult(update.key, not said, said)


def find(http: Http, names: Sequence[str]) -> dict[str, Sku]:
    """Return where SKUs of the seller stand; one that no live product has is left out."""
    found: dict[str, Sku] = {}
    wanted = sorted(set(names))
    for at in range(0, len(wanted), SKUS):
        batch, token = wanted[at : at + SKUS], ""
        while True:
            query = {"page_size": PAGE, "page_token": token or None}
            body = {"status": LIVE, "seller_skus": batch}
            data = ask(http, SEARCH_PRODUCTS, query=query, json=body)
            for product in rows_of(data, "products"):
                found.update(_skus(product, frozenset(batch)))
            token = data.get("next_page_token") or ""
            if not token:
                break
    return found


def _skus(product: Document, wanted: frozenset[str]) -> Iterator[tuple[str, Sku]]:
    for sku in product.get("skus") or ():
        name = str(sku.get("seller_sku") or "")
        if name in wanted:
            places = tuple(str(each["warehouse_id"]) for each in sku.get("inventory") or ())
            yield name, Sku(str(product["id"]), str(sku["id"]), places)


def _places(update: StockUpdate, sku: Sku) -> list[dict[str, Any]]:
    """Return what lies where: TikTok wants each warehouse told, and we know of one."""
    first, *others = sku.warehouses or ("",)
    told: list[dict[str, Any]] = [{"warehouse_id": first, "quantity": update.quantity}]
    told += [{"warehouse_id": other, "quantity": 0} for other in others]
    return [{k: v for k, v in place.items() if v != ""} for place in told]


def _sent(http: Http, operation: Any, product: str, body: Document) -> Mapping[str, str]:
    """Send a change, and return what was refused of it by SKU; under "" what was refused whole."""
    try:
        data = ask(http, operation, path={"product_id": product}, json=body)
    except RequestRefused as error:
        return {"": reasons(error)}
    return {
        str((each.get("detail") or {}).get("sku_id")): f"{each.get('code')}: {each.get('message')}"
        for each in data.get("errors") or ()
    }


def _price(update: PriceUpdate) -> str:
    digits = minor_digits(update.currency)
    whole, rest = divmod(update.price, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)
