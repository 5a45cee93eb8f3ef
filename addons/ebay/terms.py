"""The terms of an offer that the account holds: where goods lie, and its three business policies.

Where there is one of a kind it is taken; of several the draft names one, or the one is taken that
the seller made the default for all categories but vehicles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from addons.ebay.asking import ask
from addons.ebay.drafting import POLICIES
from addons.ebay.drafting import said
from addons.ebay.operations import GET_LOCATIONS
from addons.ebay.operations import get_policies
from core.api import AuthFailed
from core.api import Call
from core.api import MappingError

USUAL = "ALL_EXCLUDING_MOTORS_VEHICLES"
ENABLED = "ENABLED"
MOST = 100
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """Where goods lie, and the policies by eBay's names."""

    location: str
    policies: Mapping[str, str]


def terms_of(call: Call, told: Document) -> tuple[Terms, list[str]]:
    """Return the terms of a draft, and what is amiss with them."""
    faults: list[str] = []
    location = _location(call, told.get("merchantLocationKey"), faults)
    policies: dict[str, str] = {}
    for name, kind in POLICIES.items():
        policies[name] = _policy(call, kind, name, told.get(name), faults)
    return Terms(location, policies), faults


def _location(call: Call, wanted: object, faults: list[str]) -> str:
    answer = ask(call.http, GET_LOCATIONS, api="inventory", query={"limit": MOST}) or {}
    found = answer.get("locations") or []
    keys = [
        str(each["merchantLocationKey"])
        for each in found
        if each.get("merchantLocationStatus", ENABLED) == ENABLED
    ]
    if wanted in keys or (wanted is None and len(keys) == 1):
        return str(wanted or keys[0])
    text = f"It is one of {', '.join(keys)}" if keys else "The account has no inventory location"
    faults.append(said(text, "merchantLocationKey"))
    return ""


def _policy(call: Call, kind: str, name: str, wanted: object, faults: list[str]) -> str:
    query = {"marketplace_id": call.settings["marketplace"]}
    try:
        answer = ask(call.http, get_policies(call.settings, kind), api="account", query=query)
    except AuthFailed:
        text = "eBay does not let its policies be read: authorise the account once more"
        faults.append(said(text, "refresh_token"))
        return ""
    found = (answer or {}).get(f"{kind}Policies", [])
    if not isinstance(found, list):
        raise MappingError(f"{kind}Policies", type(found).__name__)
    chosen = [each for each in found if _fits(each, name, wanted)]
    if len(chosen) > 1:
        chosen = [each for each in chosen if _usual(each)]
    if len(chosen) == 1:
        return str(chosen[0][name])
    names = ", ".join(str(each["name"]) for each in found)
    text = f"Name one of {names}" if found else f"The account has no {kind} policy there"
    faults.append(said(text, name))
    return ""


def _fits(policy: Document, name: str, wanted: object) -> bool:
    return wanted is None or wanted in (policy[name], policy["name"])


def _usual(policy: Document) -> bool:
    return any(
        each.get("default") and each.get("name") == USUAL
        for each in policy.get("categoryTypes") or ()
    )
