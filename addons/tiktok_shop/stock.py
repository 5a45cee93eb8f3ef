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
from addons.tiktok_shop.operations import GET_WAREHOUSES
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
    """Where a SKU of the seller stands: TikTok's numbers of it, and what its warehouses show."""

    product: str
    ref: str
    shown: Mapping[str, int]


def pull(call: Call, cursor: str | None) -> Page[ExternalListing]:
    """Return one page of listings; each SKU of a product is one."""
    query = {"page_size": PAGE, "page_token": cursor}
    data = ask(call.http, SEARCH_PRODUCTS, query=query, json={"status": LIVE})
    rows = [
        {**sku, "title": product.get("title"), "product_id": product["id"]}
        for product in rows_of(data, "products")
        for sku in product.get("skus") or ()
    ]
    place = _own(call)
    records = read_each(rows, lambda sku: read_listing(sku, place), key="id")
    return Page(records, data.get("next_page_token") or None)


def read_listing(sku: Document, place: str = "") -> ExternalListing:
    """Return a listing, with how much there is of it in a warehouse, or in all of them.

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
        quantity=sum(
            int(each.get("quantity") or 0)
            for each in sku.get("inventory") or ()
            if place in ("", str(each.get("warehouse_id")))
        ),
    )


def push(call: Call, updates: Sequence[StockUpdate]) -> Iterator[PushResult]:
    """Tell how much there is of each listing, product by product."""
    known = find(call.http, [update.external_ref for update in updates])
    by_product: dict[str, list[tuple[StockUpdate, Sku]]] = {}
    several = any(len(each.shown) > 1 for each in known.values())
    place = _own(call)
    usual = "" if place or not several else _default(call)
    for update in updates:
        sku = known.get(update.external_ref)
        if sku is None:
            yield PushResult(update.key, False, UNKNOWN)
        else:
            by_product.setdefault(sku.product, []).append((update, sku))
    for product, pairs in by_product.items():
        body = {"skus": list(_bodies(pairs, place, usual))}
        refused = _sent(call.http, UPDATE_STOCK, product, body)
        for update, sku in pairs:
            said = refused.get(sku.ref, refused.get("", ""))
            shown = None if said else update.quantity
            yield PushResult(update.key, not said, said, confirmed=shown)


def read(call: Call, listings: Sequence[str]) -> Iterator[StockSeen]:
    """Return how much of each listing TikTok shows."""
    known = {sku.ref: name for name, sku in find(call.http, listings).items()}
    refs, place = sorted(known), _own(call)
    for at in range(0, len(refs), READ):
        data = ask(call.http, SEARCH_STOCK, json={"sku_ids": refs[at : at + READ]})
        for product in rows_of(data, "inventory"):
            for sku in product.get("skus") or ():
                quantity = _seen(sku, place)
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
            shown = {
                str(each["warehouse_id"]): int(each.get("quantity") or 0)
                for each in sku.get("inventory") or ()
            }
            yield name, Sku(str(product["id"]), str(sku["id"]), shown)


def _own(call: Call) -> str:
    """Return the warehouse whose stock is told, nothing where it is that of the whole shop."""
    return str(call.settings.get("warehouse") or "")


def _default(call: Call) -> str:
    """Return the warehouse that TikTok takes where none is named."""
    for each in rows_of(ask(call.http, GET_WAREHOUSES), "warehouses"):
        if each.get("is_default") and each.get("type") == "SALES_WAREHOUSE":
            return str(each["id"])
    return ""


def _bodies(
    pairs: Sequence[tuple[StockUpdate, Sku]], place: str, usual: str
) -> Iterator[dict[str, Any]]:
    """Yield what lies where of each SKU: TikTok wants every warehouse of it told.

    Those that nobody names keep what they show where one is named, and have nothing otherwise.
    """
    told: dict[str, dict[str, int]] = {}
    for update, sku in pairs:
        named = update.location or place
        usual_one = usual if usual in sku.shown else next(iter(sku.shown), "")
        before = dict(sku.shown) if named else dict.fromkeys(sku.shown, 0)
        told.setdefault(sku.ref, before)[named or usual_one] = update.quantity
    for ref, places in told.items():
        rows = [{"warehouse_id": name, "quantity": units} for name, units in places.items()]
        yield {"id": ref, "inventory": [{k: v for k, v in r.items() if v != ""} for r in rows]}


def _seen(sku: Document, place: str) -> object:
    """Return how much of a SKU TikTok shows in a warehouse, or in all of them."""
    if not place:
        return sku.get("total_available_quantity")
    rows = sku.get("warehouse_inventory") or ()
    found = [each for each in rows if str(each.get("warehouse_id")) == place]
    return found[0].get("available_quantity") if found else None


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
