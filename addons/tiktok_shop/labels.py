"""Shipping labels of TikTok's: a package is handed to TikTok's carrier, against a label.

In the United States and Japan services are offered with prices, and the package is made when its
label is bought. Elsewhere TikTok packed the order before, chooses the carrier, and tells what it
costs with the settlement. What a package is can be asked: nothing is bought twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.amounts import amount_of
from addons.tiktok_shop.amounts import moment_of
from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.errors import reasons
from addons.tiktok_shop.operations import CREATE_PACKAGE
from addons.tiktok_shop.operations import GET_DOCUMENT
from addons.tiktok_shop.operations import GET_ORDERS
from addons.tiktok_shop.operations import GET_PACKAGE
from addons.tiktok_shop.operations import SHIP_PACKAGE
from addons.tiktok_shop.operations import SHIPPING_SERVICES
from addons.tiktok_shop.shipments import NO_ORDER
from addons.tiktok_shop.shipments import NOT_LEFT
from addons.tiktok_shop.shipments import NOT_OPEN
from addons.tiktok_shop.shipments import TOGETHER
from addons.tiktok_shop.shipments import WAITING
from addons.tiktok_shop.shipments import packages_with
from addons.tiktok_shop.shipments import waiting_pieces
from addons.tiktok_shop.statuses import PLATFORM
from addons.tiktok_shop.statuses import ships_by
from core.api import BoughtLabel
from core.api import Call
from core.api import ConnectorError
from core.api import LabelOffer
from core.api import LabelRequest
from core.api import MappingError
from core.api import Operation
from core.api import ParcelSize
from core.api import PushResult
from core.api import RequestRefused

PRICED = frozenset({"US", "JP"})
"""Where services are offered with prices."""
TIKTOK = "TikTok Shipping"
DROP_OFF, TO_FULFILL = "DROP_OFF", "TO_FULFILL"
FORMATS = {"PDF": "application/pdf", "ZPL": "application/zpl"}
POUND, INCH = 453.59237, 25.4
OK = 200
NOT_THEIRS = "You ship this order with a carrier of your own: TikTok sells no label for it."
APART = "TikTok packed these pieces in several packages: split the order, a label for each."
NOT_BACK = "TikTok Shop takes no label back by its API: cancel the package in Seller Center."


def offers(call: Call, request: LabelRequest) -> list[LabelOffer]:
    """Return which services would carry a parcel.

    Raises: RequestRefused with TikTok's reason.
    """
    order = _order(call, request)
    refs = _waiting(order, request)
    if call.settings["region"] not in PRICED:
        return [LabelOffer(DROP_OFF, TIKTOK, TIKTOK, ref=_package(order, refs))]
    told = _asked(
        call, SHIPPING_SERVICES, path={"order_id": request.order_ref},
        json={"order_line_item_ids": refs, **sizes(request.parcel, call.settings["region"])},
    )  # fmt: skip
    return [read_offer(each) for each in rows_of(told, "shipping_services")]


def buy(call: Call, request: LabelRequest, offer: LabelOffer, *, again: bool) -> BoughtLabel | None:
    """Buy a label, unless it was bought before; None where that cannot be said.

    Raises: RequestRefused with TikTok's words.
    """
    if call.settings["region"] in PRICED:
        return _made(call, request, offer, again=again)
    package = offer.ref
    if again and _status(call, package) != TO_FULFILL:
        return _bought(call, package)
    order = _order(call, request)
    if _package(order, _waiting(order, request)) != package:
        raise RequestRefused(TOGETHER, status=OK)
    body = {"handover_method": DROP_OFF}
    _asked(call, SHIP_PACKAGE, path={"package_id": package}, json=body)
    return _bought(call, package)


def fetch(call: Call, ref: str) -> BoughtLabel:
    """Return a label that was bought, with its file.

    Raises: RequestRefused with TikTok's words, ConnectorError.
    """
    package = _asked(call, GET_PACKAGE, path={"package_id": ref})
    kind = call.settings["label_format"]
    query = {"document_type": "SHIPPING_LABEL", "document_format": kind}
    # ZPL is of one size.
    query |= {"document_size": "A6"} if kind == "PDF" else {}
    told = _asked(call, GET_DOCUMENT, path={"package_id": ref}, query=query)
    number = told.get("tracking_number") or package.get("tracking_number") or ""
    carrier = str(package.get("shipping_provider_name") or TIKTOK)
    content = _file(call, told.get("doc_url"))
    return BoughtLabel(ref, carrier, str(number), None, "", content, FORMATS[kind])


def void(ref: str) -> PushResult:
    """Say that a label is taken back by nobody but a person."""
    return PushResult(ref, False, NOT_BACK)


def sizes(parcel: ParcelSize, region: str) -> dict[str, Any]:
    """Return what a parcel weighs and measures, in the units of its country."""
    american = region == "US"
    weight, side = (POUND, INCH) if american else (1.0, 10.0)
    measures = {
        "length": f"{parcel.length_mm / side:.2f}",
        "width": f"{parcel.width_mm / side:.2f}",
        "height": f"{parcel.height_mm / side:.2f}",
        "unit": "INCH" if american else "CM",
    }
    weighs = f"{parcel.grams / weight:.2f}" if american else str(parcel.grams)
    return {
        "dimension": measures,
        "weight": {"value": weighs, "unit": "POUND" if american else "GRAM"},
    }


def read_offer(document: Document) -> LabelOffer:
    """Return what a service would be like.

    Raises: MappingError.
    """
    currency = str(document.get("currency") or "")
    price = amount_of(document["price"], currency, "price") if currency else None
    return LabelOffer(
        str(document["id"]),
        str(document.get("name") or ""),
        str(document.get("shipping_provider_name") or TIKTOK),
        price,
        currency,
        "",
        document.get("earliest_delivery_days"),
        document.get("latest_delivery_days"),
    )


def _made(
    call: Call, request: LabelRequest, offer: LabelOffer, *, again: bool
) -> BoughtLabel | None:
    """Make a package, which buys its label."""
    order = _order(call, request)
    if again:
        found = _packages_since(call, order, request)
        if found:
            return _bought(call, found[0]) if len(found) == 1 else None
    refs = _waiting(order, request)
    whole = {str(row["id"]) for row in order["line_items"] if row["display_status"] != "CANCELLED"}
    parts = [] if whole == set(refs) else [{"order_line_id": ref} for ref in refs]
    body = {
        "ship_type": "2" if parts else "1",
        "order_id": request.order_ref,
        "shipping_service_id": offer.service,
        **({"order_line_item": parts} if parts else {}),
        **sizes(request.parcel, call.settings["region"]),
    }
    told = _asked(call, CREATE_PACKAGE, json=body)
    paid = read_offer({"id": offer.service, **(told.get("shipping_service_info") or {})})
    return _bought(call, str(told["package_id"]), paid)


def _packages_since(call: Call, order: Document, request: LabelRequest) -> list[str]:
    """Return the packages that hold what was asked for, and were made since."""
    rows = [row for row in order["line_items"] if row.get("display_status") not in NOT_LEFT]
    found = []
    for package in packages_with(order, [str(row["id"]) for row in rows]):
        inside = Counter(_sku(row) for row in rows if str(row.get("package_id")) == package)
        if inside != Counter(_wanted(request)):
            continue
        told = _asked(call, GET_PACKAGE, path={"package_id": package})
        made = moment_of(told.get("create_time"), "create_time")
        if made >= request.asked_at.replace(microsecond=0):
            found.append(package)
    return found


def _bought(call: Call, package: str, paid: LabelOffer | None = None) -> BoughtLabel:
    """Return a label whose money is spent: it is kept, whether its file can be had yet or not."""
    made = BoughtLabel(package, paid.carrier if paid else TIKTOK, "")
    with suppress(ConnectorError):
        made = fetch(call, package)
    if paid is None:
        return made
    return BoughtLabel(
        package, made.carrier, made.tracking, paid.price, paid.currency, made.content, made.kind
    )


def _status(call: Call, package: str) -> object:
    return _asked(call, GET_PACKAGE, path={"package_id": package}).get("package_status")


def _file(call: Call, address: object) -> bytes:
    """Return a file from an address that is its own permission, for a day."""
    if not isinstance(address, str) or "://" not in address:
        raise MappingError("doc_url", type(address).__name__)
    place = address.replace("{", "%7B").replace("}", "%7D")
    return call.http.call(Operation("parcels.label", "GET", place, signed=False)).content


def _order(call: Call, request: LabelRequest) -> Document:
    found = rows_of(_asked(call, GET_ORDERS, query={"ids": request.order_ref}), "orders")
    if not found:
        raise RequestRefused(NO_ORDER, status=OK)
    order: Document = found[0]
    if ships_by(order) != PLATFORM:
        raise RequestRefused(NOT_THEIRS, status=OK)
    return order


def _waiting(order: Document, request: LabelRequest) -> list[str]:
    refs = waiting_pieces(order, _wanted(request))
    if refs is None:
        raise RequestRefused(NOT_OPEN, status=OK)
    return refs


def _package(order: Document, refs: list[str]) -> str:
    """Return the one package that holds some pieces, and no others that wait."""
    packages = packages_with(order, refs)
    inside = {
        str(row["id"])
        for row in order["line_items"]
        if str(row.get("package_id")) in packages and row.get("display_status") in WAITING
    }
    if len(packages) != 1 or inside != set(refs):
        raise RequestRefused(APART if len(packages) > 1 else TOGETHER, status=OK)
    return packages[0]


def _wanted(request: LabelRequest) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for line in request.lines:
        found[line.ref] += line.quantity
    return found


def _sku(row: Document) -> str:
    return str(row.get("sku_id") or row["id"])


def _asked(call: Call, operation: Operation, **more: Any) -> Document:
    try:
        return ask(call.http, operation, **more)
    except RequestRefused as error:
        raise RequestRefused(reasons(error), status=error.status, detail=error.detail) from error
