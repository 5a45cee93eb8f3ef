"""The kinds of what may need a person, each with the permission that it takes to see it."""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "connections": "connections.view",
    "shorts": "stock.view",
    "disputes": "orders.view",
    "backorders": "orders.view",
    "returns": "orders.view",
    "waiting": "orders.view",
    "messages": "messages.view",
    "unmapped": "products.view",
    "quarantined": "imports.view",
    "suspense": "ledger.view",
    "settlements": "ledger.view",
    "stored": "stock.view",
    "inbound": "money.view",
    "unpaid": "profit.view",
    "accrued": "profit.view",
    "drift": "profit.view",
    "unshared": "ledger.view",
    "rates": "ledger.view",
    "late_returns": "ledger.view",
    "platform_tax": "ledger.view",
    "thresholds": "ledger.view",
    "faults": "addons.view",
}
"""The most urgent first."""
