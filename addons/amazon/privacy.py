"""What of an order tells of a person, and is kept apart from the rest."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from addons.amazon.taxes import BUYER

PERSONAL = ("buyer", "recipient")
"""Everything else in the document may be read by anybody who works here, but what is below."""
GIFT = ("fulfillment", "packing", "giftOption")
MESSAGE = "giftMessage"

Document = Mapping[str, Any]


def without_buyer(order: Document) -> dict[str, Any]:
    """Return an order as it is kept: without what tells of the buyer."""
    kept = {name: order[name] for name in order if name not in PERSONAL}
    kept["orderItems"] = [without_gift(item) for item in order["orderItems"]]
    if tax := kept.get("tax"):
        others = [each for each in tax.get("taxRegistrations", ()) if each["entityType"] != BUYER]
        kept["tax"] = {**tax, "taxRegistrations": others}
    return kept


def without_gift(item: Document) -> Document:
    """Return an item as it is kept: without what the buyer wrote to whom he gives it."""
    return _without(item, GIFT) if gift_message(item) else item


def notes_of(order: Document) -> Iterator[str]:
    """Yield what the buyer wants on his papers, where to leave the parcel, and what he wrote."""
    wishes = (order.get("recipient") or {}).get("deliveryPreference") or {}
    told = [(order.get("buyer") or {}).get("buyerPurchaseOrderNumber")]
    told += [wishes.get("dropOffLocation"), wishes.get("addressInstruction")]
    told += [gift_message(item) for item in order["orderItems"]]
    return (note for note in told if note)


def gift_message(item: Document) -> str:
    """Return what the buyer wrote to whom he gives an item, else nothing."""
    found: Any = item
    for name in GIFT:
        found = found.get(name) or {}
    return str(found.get(MESSAGE) or "")


def _without(part: Document, path: tuple[str, ...]) -> Document:
    if not path:
        return {name: each for name, each in part.items() if name != MESSAGE}
    return {**part, path[0]: _without(part[path[0]], path[1:])}
