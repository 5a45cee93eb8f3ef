"""Telling TikTok Shop which parcels left: by the seller's own carrier, or by TikTok's.

What TikTok ships it labels itself: a parcel of it is handed over as TikTok packed it, and the
number is TikTok's. Told twice it would be refused; so what has left already is looked up first.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.errors import reasons
from addons.tiktok_shop.operations import GET_CARRIERS
from addons.tiktok_shop.operations import GET_ORDERS
from addons.tiktok_shop.operations import GET_PACKAGE
from addons.tiktok_shop.operations import SHIP_ORDER
from addons.tiktok_shop.operations import SHIP_PACKAGE
from addons.tiktok_shop.statuses import NOBODY
from addons.tiktok_shop.statuses import PLATFORM
from addons.tiktok_shop.statuses import ships_by
from core.api import Http
from core.api import PushResult
from core.api import RequestRefused
from core.api import Shipment

WAITING = frozenset({"AWAITING_SHIPMENT", "ON_HOLD"})
NOT_LEFT = frozenset({*WAITING, "UNPAID", "CANCELLED"})
MARKED = frozenset({"US", "GB", "ES", "IE", "IT", "DE", "FR", "JP"})
"""Where pieces of an order are marked as shipped one by one; elsewhere whole packages are."""
NO_ORDER = "TikTok Shop knows no such order."
NO_CARRIER = "TikTok Shop knows no carrier of this name for the order; it knows {}."
NOT_OPEN = "TikTok Shop has no such pieces of the order that wait to be sent."
TOGETHER = (
    "TikTok Shop packed these pieces with others of the order: send them together, or split the"
    " package in Seller Center."
)
NO_NUMBER = "TikTok Shop wants the number of the parcel, since you ship it yourself."
DIGITAL = "TikTok Shop delivers it by itself."


def confirm(http: Http, shipment: Shipment, region: str) -> PushResult:
    """Tell of one parcel, unless TikTok knows of it."""
    try:
        found = rows_of(ask(http, GET_ORDERS, query={"ids": shipment.order_id}), "orders")
        reason = _told(http, shipment, found[0], region) if found else NO_ORDER
    except RequestRefused as error:
        reason = reasons(error)
    return PushResult(shipment.key, not reason, reason)


def _told(http: Http, shipment: Shipment, order: Document, region: str) -> str:
    """Tell of a parcel, and return why it cannot be told."""
    by = ships_by(order)
    if by == NOBODY:
        return DIGITAL
    if by == PLATFORM:
        # A parcel whose label was bought bears TikTok's own number.
        if shipment.tracking and _knows(http, order, shipment.tracking):
            return ""
        return _handed_over(http, shipment, order)
    if not shipment.tracking:
        return NO_NUMBER
    if _knows(http, order, shipment.tracking):
        return ""
    refs = waiting_pieces(order, shipment.lines)
    return NOT_OPEN if refs is None else _sent(http, shipment, order, refs, region)


def _sent(http: Http, shipment: Shipment, order: Document, refs: Sequence[str], region: str) -> str:
    """Tell of pieces that left with the seller's own carrier."""
    carrier, known = _carrier(http, order, shipment.carrier)
    if not carrier:
        return NO_CARRIER.format(", ".join(known) or "none")
    told = {"tracking_number": shipment.tracking, "shipping_provider_id": carrier}
    if region in MARKED:
        lines = [{"order_line_id": ref} for ref in refs]
        body = {"order_line_list": lines, "shipping_info_list": [told]}
        ask(http, SHIP_ORDER, path={"order_id": shipment.order_id}, json=body)
        return ""
    return _shipped(http, order, refs, {"self_shipment": told})


def _shipped(http: Http, order: Document, refs: Sequence[str], body: Document) -> str:
    """Ship the packages that hold some pieces, if they hold no others."""
    packages = packages_with(order, refs)
    others = {
        str(row.get("package_id") or "")
        for row in order["line_items"]
        if row.get("display_status") in WAITING and str(row["id"]) not in refs
    }
    if not packages or others & set(packages):
        return TOGETHER if packages else NOT_OPEN
    for package in packages:
        ask(http, SHIP_PACKAGE, path={"package_id": package}, json=body)
    return ""


def waiting_pieces(order: Document, lines: Mapping[str, int]) -> list[str] | None:
    """Return the pieces to send for so many of each SKU; None if not so many wait."""
    found: list[str] = []
    for ref, quantity in lines.items():
        waiting = [
            str(row["id"])
            for row in order["line_items"]
            if str(row.get("sku_id") or row["id"]) == ref and row.get("display_status") in WAITING
        ]
        if len(waiting) < quantity:
            return None
        found += waiting[:quantity]
    return found


def packages_with(order: Document, refs: Sequence[str]) -> list[str]:
    """Return the packages that hold some pieces, each once."""
    found = {str(row.get("package_id") or ""): None for row in order["line_items"]
             if str(row["id"]) in refs}  # fmt: skip
    return [package for package in found if package]


def _handed_over(http: Http, shipment: Shipment, order: Document) -> str:
    refs = waiting_pieces(order, shipment.lines)
    if refs is None:
        # Handed over before: nothing waits any more.
        return "" if _have_left(order, shipment.lines) else NOT_OPEN
    return _shipped(http, order, refs, {"handover_method": "DROP_OFF"})


def _have_left(order: Document, lines: Mapping[str, int]) -> bool:
    left = [
        str(row.get("sku_id") or row["id"])
        for row in order["line_items"]
        if row.get("display_status") not in NOT_LEFT
    ]
    return all(left.count(ref) >= quantity for ref, quantity in lines.items())


def _knows(http: Http, order: Document, tracking: str) -> bool:
    """Say whether an order bears the number of a parcel, or one of its packages that left."""
    rows = [row for row in order["line_items"] if row.get("display_status") not in NOT_LEFT]
    if any(row.get("tracking_number") == tracking for row in rows):
        return True
    packages = packages_with(order, [str(row["id"]) for row in rows])
    return any(
        ask(http, GET_PACKAGE, path={"package_id": each}).get("tracking_number") == tracking
        for each in packages
    )


def _carrier(http: Http, order: Document, name: str) -> tuple[str, list[str]]:
    """Return TikTok's number of a carrier, and the names of those that it knows."""
    where = {"option_id": order["delivery_option_id"]}
    known = rows_of(ask(http, GET_CARRIERS, path=where), "shipping_providers")
    plain = _plain(name)
    for each in known:
        if plain and _plain(each["name"]) == plain:
            return str(each["id"]), []
    return "", [str(each["name"]) for each in known]


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())
