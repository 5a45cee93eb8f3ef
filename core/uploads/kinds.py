"""What kinds of files can be sent, and who may."""

from __future__ import annotations

from core.identity.actor import may

KINDS = {"orders": "orders.edit", "stock": "stock.edit", "settlements": "ledger.post"}
"""Each kind of file with the permission that it needs."""


def offered() -> list[str]:
    """Return the kinds of files that who acts may send."""
    return [kind for kind, permission in KINDS.items() if may(permission)]
