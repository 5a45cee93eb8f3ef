"""Who bought, and where it goes: apart from everything that anybody who works here may read."""

from __future__ import annotations

import hashlib
from typing import Any

from addons.tiktok_shop.amounts import Document

HIDDEN = ("recipient_address", "buyer_email", "buyer_message", "buyer_nickname", "buyer_avatar") + (
    "user_id", "cpf", "cpf_name",
)  # fmt: skip
STREET = ("address_line1", "address_line2", "address_line3", "address_line4")
CITY = ("city", "town", "municipality", "regency")


def buyer_ref(order: Document) -> str | None:
    """Return by what a buyer is known here: it tells his number to nobody."""
    number = str(order.get("user_id") or "")
    return f"tiktok-{hashlib.sha256(number.encode()).hexdigest()[:24]}" if number else None


def place_of(order: Document) -> Document:
    """Return where a parcel goes; nothing before it is paid."""
    place: Document = order.get("recipient_address") or {}
    return place


def region_in(place: Document) -> str:
    """Return the state, or what a country has in its place."""
    return next((name for level, _, name in _districts(place) if level == "L1"), "")


def personal_of(order: Document) -> dict[str, str]:
    """Return what an order tells of a person; TikTok hides some of it behind stars."""
    place = place_of(order)
    streets = [str(place[name]) for name in STREET if place.get(name)]
    found = {
        "name": place.get("name"),
        "street": "\n".join(streets) or place.get("address_detail"),
        "district": next((name for level, _, name in _districts(place) if level == "L2"), ""),
        "city": place.get("post_town") or _city(place),
        "region": region_in(place),
        "postcode": place.get("postal_code"),
        "phone": place.get("phone_number"),
        "email": order.get("buyer_email"),
        "note": order.get("buyer_message"),
    }
    return {name: str(value) for name, value in found.items() if value}


def without_buyer(order: Document) -> dict[str, Any]:
    """Return an order as it is kept: without what tells of the buyer."""
    return {name: order[name] for name in order if name not in HIDDEN}


def _city(place: Document) -> str:
    named = [name for _, kind, name in _districts(place) if kind.lower() in CITY]
    levels = [name for level, _, name in _districts(place) if level in ("L2", "L3", "L4")]
    return (named or levels or [""])[-1]


def _districts(place: Document) -> list[tuple[str, str, str]]:
    names = ("address_level", "address_level_name", "address_name")
    return [
        (str(each.get(names[0])), str(each.get(names[1])), str(each.get(names[2])))
        for each in place.get("district_info") or ()
        if each.get("address_name")
    ]
