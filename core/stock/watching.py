"""Who must know in the same transaction that goods were passed from one promise to another."""

from __future__ import annotations

import importlib
from collections.abc import Collection

from sqlalchemy.orm import Session

# By name: stock knows no order, and yet no commit may leave an order that says the wrong thing.
FOLLOWERS = ("core.orders.following",)


def tell_followers(session: Session, company_id: int, line_ids: Collection[int]) -> None:
    """Let the parts of the core follow promises that changed without their doing."""
    if line_ids:
        for name in FOLLOWERS:
            importlib.import_module(name).follow_promises(session, company_id, sorted(line_ids))
