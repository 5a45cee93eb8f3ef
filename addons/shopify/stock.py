"""Stock of one location: set only from the number that is expected there, and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from addons.shopify.asking import ask
from addons.shopify.asking import faults_of
from addons.shopify.asking import question
from addons.shopify.asking import reasons
from addons.shopify.documents import PLACE
from addons.shopify.documents import SET_STOCK
from addons.shopify.documents import STOCK
from addons.shopify.variants import find
from core.api import Call
from core.api import InputError
from core.api import PushResult
from core.api import StockSeen
from core.api import StockUpdate

BATCH = 25
STALE = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})
UNTRACKED = "Shopify does not track the stock of this variant: switch that on in the product."
ELSEWHERE = "This variant is not stocked at the location that is told."
SET = question("shopify.setStock")


@dataclass(frozen=True, slots=True)
class Change:
    """What an update asks for of an item, and what lies there now."""

    update: StockUpdate
    item: str
    there: int

    @property
    def expected(self) -> int:
        """Return what must lie there for the change to be made."""
        return self.there if self.update.expected is None else self.update.expected


def push(call: Call, updates: Sequence[StockUpdate]) -> list[PushResult]:
    """Tell how much there is of each listing."""
    results: list[PushResult] = []
    place = place_of(call)
    for at in range(0, len(updates), BATCH):
        results += _push(call, place, updates[at : at + BATCH])
    return results


def read(call: Call, listings: Sequence[str]) -> list[StockSeen]:
    """Return how much of each listing lies at the location."""
    seen: list[StockSeen] = []
    place = place_of(call)
    for at in range(0, len(listings), BATCH):
        found, _ = find(call.http, "shopify.stock", STOCK, listings[at : at + BATCH], place=place)
        for ref, variant in found.items():
            there = variant if isinstance(variant, str) else _there(variant)
            if isinstance(there, int):
                seen.append(StockSeen(ref, there))
    return seen


def place_of(call: Call) -> str:
    """Return the location whose stock is told.

    Raises: InputError when there is none.
    """
    number = call.settings.get("location")
    given = f"gid://shopify/Location/{number}" if number else None
    place = ask(call.http, question("shopify.place"), PLACE, id=given).get("location")
    if not place or not place["isActive"]:
        raise InputError(
            "The shop has no such location, or it is not active.",
            where="location",
            hint="Open it in Settings, Locations: its number ends the address of the page.",
        )
    return str(place["id"])


def _push(call: Call, place: str, updates: Sequence[StockUpdate]) -> Iterator[PushResult]:
    refs = list(dict.fromkeys(update.external_ref for update in updates))
    found, _ = find(call.http, "shopify.stock", STOCK, refs, place=place)
    changes: list[Change] = []
    for update in updates:
        variant = found[update.external_ref]
        there = variant if isinstance(variant, str) else _there(variant)
        if isinstance(variant, str) or isinstance(there, str):
            yield PushResult(update.key, False, str(there))
        elif there == update.quantity:
            # It is so already: told before without an answer, or set by somebody else.
            yield PushResult(update.key, True, confirmed=there)
        else:
            changes.append(Change(update, variant["inventoryItem"]["id"], there))
    yield from _set(call, place, changes)


def _set(call: Call, place: str, changes: list[Change]) -> Iterator[PushResult]:
    """Set quantities; Shopify sets all of them or none, so those that it refuses are left out."""
    while changes:
        body = _input(place, changes)
        data = ask(call.http, SET, SET_STOCK, input=body, key=_key(body, changes))
        faults = faults_of(data.get("inventorySetQuantities"), "inventorySetQuantities")
        refused: dict[int, list[Mapping[str, Any]]] = {}
        for fault in faults:
            for at in _places(fault, len(changes)):
                refused.setdefault(at, []).append(fault)
        for at, said in refused.items():
            yield _refusal(changes[at], said)
        if not faults:
            for each in changes:
                yield PushResult(each.update.key, True, confirmed=each.update.quantity)
            return
        changes = [each for at, each in enumerate(changes) if at not in refused]


def _refusal(change: Change, faults: list[Mapping[str, Any]]) -> PushResult:
    stale = any(fault.get("code") in STALE for fault in faults)
    # What is there is told only with a conflict: then it is reckoned with, and told anew.
    there = change.there if stale and change.there != change.expected else None
    return PushResult(change.update.key, False, reasons(faults), confirmed=there)


def _input(place: str, changes: Sequence[Change]) -> Mapping[str, Any]:
    return {
        "name": "available",
        "reason": "correction",
        "quantities": [
            {
                "inventoryItemId": each.item,
                "locationId": place,
                "quantity": each.update.quantity,
                "changeFromQuantity": each.expected,
            }
            for each in changes
        ],
    }


def _key(body: Mapping[str, Any], changes: Sequence[Change]) -> str:
    """Return a key that is the same for the same change only: another one needs another."""
    said = json.dumps([body, [each.update.key for each in changes]], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:40]


def _places(fault: Mapping[str, Any], count: int) -> list[int]:
    """Return which changes a fault is about: all of them where it names none."""
    named = [int(part) for part in fault.get("field") or () if str(part).isdecimal()]
    return [at for at in named if at < count] or list(range(count))


def _there(variant: Mapping[str, Any]) -> int | str:
    """Return how much of a variant lies at the location, or why nobody knows."""
    item = variant["inventoryItem"]
    if not item["tracked"]:
        return UNTRACKED
    if item["inventoryLevel"] is None:
        return ELSEWHERE
    return int(item["inventoryLevel"]["quantities"][0]["quantity"])
