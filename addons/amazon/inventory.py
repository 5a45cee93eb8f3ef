"""FBA inventory: what lies in Amazon's own warehouses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.amazon.operations import FBA_SUMMARIES
from core.api import Call
from core.api import MappingError
from core.api import Page
from core.api import StoredGoods
from core.api import read_each

MOST_PAGES = 2000
UNITS = ("inboundWorkingQuantity", "inboundShippedQuantity", "inboundReceivingQuantity")


def pull_summaries(call: Call, cursor: str | None) -> Page[StoredGoods]:
    """Return one page of what Amazon stores, of the marketplace's listings."""
    found, token = _page(call, cursor)
    return Page(read_each(_added_up(found), read_stored, key="sellerSku"), token)


def skus_by_label(call: Call) -> dict[str, str]:
    """Return which SKU each of Amazon's labels (FNSKU) is, of all that lies or lay there."""
    labels: dict[str, str] = {}
    token: str | None = None
    for _ in range(MOST_PAGES):
        found, token = _page(call, token)
        labels |= {each["fnSku"]: each["sellerSku"] for each in found if each.get("fnSku")}
        if token is None:
            break
    return labels


def _page(call: Call, cursor: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
    place = call.settings["marketplace"]
    query = {
        "details": "true",
        "granularityType": "Marketplace",
        "granularityId": place,
        "marketplaceIds": place,
        "nextToken": cursor,
    }
    body = call.http.call(FBA_SUMMARIES, query=query).json()
    payload = body.get("payload") if isinstance(body, dict) else None
    found = payload.get("inventorySummaries") if isinstance(payload, dict) else None
    if not isinstance(found, list):
        raise MappingError("payload.inventorySummaries", type(found).__name__)
    token = (body.get("pagination") or {}).get("nextToken")
    return found, str(token) if token else None


def read_stored(document: Mapping[str, Any]) -> StoredGoods:
    """Return what lies of a listing; what Amazon looks for counts as there until it is paid for.

    Raises: MappingError.
    """
    details = document.get("inventoryDetails") or {}
    reserved = _part(details, "reservedQuantity", "totalReservedQuantity")
    missing = _part(details, "researchingQuantity", "totalResearchingQuantity")
    damaged = _part(details, "unfulfillableQuantity", "totalUnfulfillableQuantity")
    return StoredGoods(
        document["sellerSku"],
        sellable=_whole(details, "fulfillableQuantity") + reserved + missing,
        damaged=damaged,
        inbound=sum(_whole(details, name) for name in UNITS),
    )


def _added_up(summaries: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Refuse a page that tells of one SKU twice: which of them counts nobody knows."""
    skus = [each.get("sellerSku") for each in summaries]
    if len(set(skus)) != len(skus):
        raise MappingError("sellerSku", "the same one twice")
    return summaries


def _part(details: Mapping[str, Any], group: str, name: str) -> int:
    return _whole(details.get(group) or {}, name)


def _whole(details: Mapping[str, Any], name: str) -> int:
    value = details.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise MappingError(name, value)
    return value
