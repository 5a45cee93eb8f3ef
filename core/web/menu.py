"""The main menu: the core's entries, and those that enabled addons offer."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from core.identity.actor import may
from core.kernel import faults
from core.kernel import hooks
from core.kernel.kernel import Kernel
from core.web.guarding import needs


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the main menu, as the hook `menu_items` offers it.

    It is shown to whom its view is open; `permission` asks for one more.
    """

    key: str
    label: str | LazyString
    endpoint: str
    icon: str = "puzzle"
    order: int = 100
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry ready to be shown."""

    label: str
    url: str
    icon: str
    here: bool


CORE = (
    MenuItem("home", _l("Home"), "home.show", "house"),
    MenuItem("orders", _l("Orders"), "orders.index", "receipt"),
    MenuItem("messages", _l("Messages"), "messages.index", "chat-left-text"),
    MenuItem("rules", _l("Rules"), "rules.index", "signpost-split"),
    MenuItem("stock", _l("Stock"), "stock.index", "box-seam"),
    MenuItem("products", _l("Products"), "catalog.index", "tags"),
    MenuItem("profit", _l("Profit"), "profit.index", "graph-up-arrow"),
    MenuItem("ledger", _l("Ledger"), "ledger.index_accounts", "journal-text"),
    MenuItem("settlements", _l("Settlements"), "settlements.index", "bank"),
    MenuItem("tax", _l("Tax"), "tax.index", "percent"),
    MenuItem("imports", _l("Imports"), "imports.index", "inbox"),
    MenuItem("connections", _l("Connections"), "connections.index", "plug"),
    MenuItem("jobs", _l("Background work"), "jobs.index", "clock"),
    MenuItem("addons", _l("Addons"), "addons.index", "puzzle"),
    MenuItem("users", _l("Users"), "users.index", "people"),
    MenuItem("audit", _l("Audit trail"), "audit.index", "shield-check"),
)

WITHIN = {
    part: entry
    for entry, parts in {
        "home": "attention onboarding",
        "orders": "several_orders shortages returns disputes fulfilling privacy labels",
        "stock": "warehousing senders inbound costing customs",
        "catalog": "publishing prices",
        "profit": "profits finality",
        "ledger": "expenses allocation rates payables closing",
        "tax": "invoicing",
        "imports": "uploads columns",
        "connections": "oauth webhooks",
        "addons": "safe_mode",
    }.items()
    for part in parts.split()
}
"""Under which entry's pages those of another blueprint stand."""


def core_menu() -> list[Entry]:
    """Return the core's entries, those left out that the visitor may not open."""
    return [_entry(item) for item in CORE if _is_open(item)]


def addon_menu(kernel: Kernel) -> list[Entry]:
    """Return the entries of enabled addons; one that cannot be shown is left out and recorded."""
    offered = [pair for pair in hooks.collect(kernel, "menu_items") if _sound(kernel, *pair)]
    offered.sort(key=lambda pair: (pair[1].order, pair[0], pair[1].key))
    entries = []
    for addon, item in offered:
        try:
            if _is_open(item):
                entries.append(_entry(item))
        except faults.BOUNDARY as error:
            faults.record(kernel, addon, "hook:menu_items", error)
    return entries


def _sound(kernel: Kernel, addon: str, item: object) -> bool:
    if isinstance(item, MenuItem):
        return True
    wrong = TypeError(f"menu_items() must return MenuItem objects, not {item!r}")
    faults.record(kernel, addon, "hook:menu_items", wrong)
    return False


def _is_open(item: MenuItem) -> bool:
    """Say whether the visitor may open what an entry leads to."""
    extra = (item.permission,) if item.permission else ()
    return may(*needs(item.endpoint), *extra)


def _entry(item: MenuItem) -> Entry:
    group, here = item.endpoint.partition(".")[0], request.blueprint or ""
    is_here = group == WITHIN.get(here, here)
    return Entry(str(item.label), url_for(item.endpoint), item.icon, is_here)
