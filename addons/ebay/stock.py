"""What the account offers, how much there is of it, and what it costs: by the Inventory API.

eBay knows no number that must be there for a change to be made: the newest told is what it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from addons.ebay.asking import ask
from addons.ebay.errors import told
from addons.ebay.operations import GET_ITEMS
from addons.ebay.operations import GET_OFFERS
from addons.ebay.operations import READ_ITEMS
from addons.ebay.operations import UPDATE_ITEMS
from core.api import Call
from core.api import ConnectorError
from core.api import ExternalListing
from core.api import Http
from core.api import MappingError
from core.api import Page
from core.api import PriceUpdate
from core.api import PushResult
from core.api import StockSeen
from core.api import StockUpdate
from core.api import minor_digits
from core.api import read_each

BATCH = 25
"""So many are taken at once."""
PAGE = 100
GOOD = frozenset({200, 201, 204})
MANY = (200, 207)
MISSING = 404
API = "inventory"
NO_OFFER = "eBay has no offer of this SKU that the Inventory API manages."
Document = Mapping[str, Any]


def pull(call: Call, cursor: str | None) -> Page[ExternalListing]:
    """Return one page of listings; eBay counts pages here, not rows."""
    if cursor is not None and not cursor.isdecimal():
        raise ConnectorError("The place in the list of listings cannot be read.")
    page = int(cursor or 0)
    query = {"limit": PAGE, "offset": page}
    answer = ask(call.http, GET_ITEMS, api=API, query=query) or {}
    rows, total = answer.get("inventoryItems"), answer.get("total")
    if rows is None and total == 0:
        rows = []
    if not isinstance(rows, list) or not isinstance(total, int):
        raise MappingError("inventoryItems", type(rows).__name__)
    records = read_each(rows, read_listing, key="sku")
    return Page(records, str(page + 1) if rows and (page + 1) * PAGE < total else None)


def read_listing(item: Document) -> ExternalListing:
    """Return a listing; its price stands in its offers, one question for each."""
    title = (item.get("product") or {}).get("title") or item["sku"]
    return ExternalListing(item["sku"], str(title), quantity=_shown(item))


def push(call: Call, updates: Sequence[StockUpdate]) -> Iterator[PushResult]:
    """Tell how much there is of each listing."""
    for at in range(0, len(updates), BATCH):
        batch = updates[at : at + BATCH]
        requests = [
            {
                "sku": update.external_ref,
                "shipToLocationAvailability": {"quantity": update.quantity},
            }
            for update in batch
        ]
        found = _updated(call.http, requests)
        for update in batch:
            said = _refusal(found.get(update.external_ref, []))
            taken = said is None
            yield PushResult(
                update.key, taken, said or "", confirmed=update.quantity if taken else None
            )


def read(call: Call, listings: Sequence[str]) -> Iterator[StockSeen]:
    """Return how much of each listing eBay shows."""
    for at in range(0, len(listings), BATCH):
        body = {"requests": [{"sku": sku} for sku in listings[at : at + BATCH]]}
        answer = ask(call.http, READ_ITEMS, api=API, json=body, expect=MANY)
        for each in _responses(answer):
            quantity = _shown(each.get("inventoryItem") or {})
            if each.get("statusCode") in GOOD and quantity is not None:
                yield StockSeen(each["sku"], quantity)


def push_prices(call: Call, updates: Sequence[PriceUpdate]) -> Iterator[PushResult]:
    """Tell what each listing costs, in all of its offers."""
    ready: list[tuple[PriceUpdate, list[str]]] = []
    for update in updates:
        offers = _offers(call.http, update.external_ref)
        if offers:
            ready.append((update, offers))
        else:
            yield PushResult(update.key, False, NO_OFFER)
    for at in range(0, len(ready), BATCH):
        batch = ready[at : at + BATCH]
        requests = [
            {
                "sku": update.external_ref,
                "offers": [{"offerId": offer, "price": _price(update)} for offer in offers],
            }
            for update, offers in batch
        ]
        found = _updated(call.http, requests)
        for update, _ in batch:
            said = _refusal(found.get(update.external_ref, []))
            yield PushResult(update.key, said is None, said or "")


def _updated(http: Http, requests: Sequence[Document]) -> dict[str, list[Document]]:
    """Send changes and return what eBay says of each SKU."""
    answer = ask(http, UPDATE_ITEMS, api=API, json={"requests": list(requests)}, expect=MANY)
    found: dict[str, list[Document]] = {}
    for each in _responses(answer):
        found.setdefault(str(each.get("sku")), []).append(each)
    return found


def _responses(answer: object) -> list[Document]:
    found = answer.get("responses") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise MappingError("responses", type(found).__name__)
    return found


def _refusal(answers: Sequence[Document]) -> str | None:
    """Return why a change was refused, None if all of it was made."""
    if not answers:
        return "eBay said nothing of this SKU."
    for each in answers:
        if each.get("statusCode") not in GOOD:
            return told(each.get("errors") or ()) or f"eBay answered {each.get('statusCode')}."
    return None


def _offers(http: Http, sku: str) -> list[str]:
    answer = http.call(GET_OFFERS, query={"sku": sku}, expect=(200, MISSING))
    found = answer.json()
    if answer.status == MISSING:
        return []
    offers = found.get("offers") if isinstance(found, dict) else None
    if not isinstance(offers, list):
        raise MappingError("offers", type(offers).__name__)
    return [str(each["offerId"]) for each in offers]


def _shown(item: Document) -> int | None:
    place = (item.get("availability") or {}).get("shipToLocationAvailability") or {}
    quantity = place.get("quantity")
    return quantity if isinstance(quantity, int) else None


def _price(update: PriceUpdate) -> dict[str, str]:
    digits = minor_digits(update.currency)
    whole, rest = divmod(update.price, 10**digits)
    text = f"{whole}.{rest:0{digits}d}" if digits else str(whole)
    return {"value": text, "currency": update.currency}
