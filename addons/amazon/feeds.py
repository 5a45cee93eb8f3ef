"""Feeds: many listings changed by one document, which Amazon works off in minutes.

Changing listings one by one is quicker for a few of them: a feed takes five calls whatever its
size, and Amazon allows about one in two minutes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from addons.amazon.errors import reasons
from addons.amazon.listings import ANY_PRODUCT
from addons.amazon.listings import stock_patch
from addons.amazon.operations import CREATE_FEED
from addons.amazon.operations import CREATE_FEED_DOCUMENT
from addons.amazon.operations import GET_FEED
from addons.amazon.operations import GET_FEED_DOCUMENT
from addons.amazon.packed import unpacked
from core.api import Call
from core.api import ConnectorError
from core.api import MappingError
from core.api import Operation
from core.api import PushResult
from core.api import RequestRefused
from core.api import StockUpdate

FEW = 100
"""So many listings are changed one by one, which takes twenty seconds."""
MOST = 5000
KIND = "JSON_LISTINGS_FEED"
CONTENT = "application/json; charset=UTF-8"
ENDED = ("CANCELLED", "FATAL")


def push(call: Call, updates: Sequence[StockUpdate]) -> list[PushResult]:
    """Hand in how much of many listings is for sale; what became of each is told later."""
    document = {
        "header": {
            "sellerId": call.settings["seller_id"],
            "version": "2.0",
            "issueLocale": "en_US",
        },
        "messages": [
            {
                "messageId": number,
                "sku": update.external_ref,
                "operationType": "PATCH",
                "productType": ANY_PRODUCT,
                "patches": [stock_patch(update)],
            }
            for number, update in enumerate(updates, 1)
        ],
    }
    ticket = handed_in(call, json.dumps(document).encode(), KIND, CONTENT)
    return [PushResult(update.key, True, ticket=ticket) for update in updates]


def handed_in(call: Call, content: bytes, kind: str, content_type: str) -> str:
    """Upload a document and let Amazon work it off; return the number of the feed."""
    made = call.http.call(CREATE_FEED_DOCUMENT, json={"contentType": content_type}).json()
    # The address is its own permission; the account's token must not leave with it.
    place = _place(made.get("url"))
    upload = Operation("feeds.upload", "PUT", place, repeatable=True, signed=False)
    call.http.call(upload, content=content, headers={"Content-Type": content_type})
    body = {
        "feedType": kind,
        "marketplaceIds": [call.settings["marketplace"]],
        "inputFeedDocumentId": made["feedDocumentId"],
    }
    return str(call.http.call(CREATE_FEED, json=body).json()["feedId"])


def results(call: Call, ticket: str, updates: Sequence[StockUpdate]) -> list[PushResult] | None:
    """Return what became of each update of a feed; None while Amazon works on it."""
    try:
        told = call.http.call(GET_FEED, path={"feed_id": ticket}).json()
    except RequestRefused as error:
        # Amazon forgets feeds after a while: they are handed in anew.
        return [PushResult(each.key, False, reasons(error)) for each in updates]
    status = told.get("processingStatus")
    if status in ENDED and not told.get("resultFeedDocumentId"):
        said = f"Amazon has not worked the feed off: {status}."
        return [PushResult(each.key, False, said) for each in updates]
    if status not in ("DONE", *ENDED):
        return None
    try:
        refused = issues_of(fetched(call, str(told["resultFeedDocumentId"])))
    except MappingError as error:
        # What became of them nobody knows: they are told anew.
        return [PushResult(each.key, False, str(error)) for each in updates]
    return [
        PushResult(each.key, not refused[each.external_ref], "; ".join(refused[each.external_ref]))
        for each in updates
    ]


def fetched(call: Call, document: str) -> bytes:
    """Return what Amazon says of a feed, as it was received."""
    told = call.http.call(GET_FEED_DOCUMENT, path={"document_id": document}).json()
    place = Operation("feeds.fetch", "GET", _place(told.get("url")), signed=False)
    return call.http.call(place).content


def issues_of(content: bytes) -> defaultdict[str, list[str]]:
    """Return why listings were refused, by their SKUs.

    Raises: MappingError.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    try:
        issues: list[Any] = json.loads(unpacked(content)).get("issues") or []
        for each in issues:
            if each["severity"] == "ERROR":
                found[each["sku"]].append(each["message"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise MappingError("issues", type(error).__name__) from error
    return found


def _place(url: object) -> str:
    if not isinstance(url, str) or "://" not in url:
        raise ConnectorError("Amazon gave no address for a feed.")
    return url.replace("{", "%7B").replace("}", "%7D")
