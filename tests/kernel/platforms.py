"""Connections with the addon `platform` of the tests."""

from __future__ import annotations

from typing import Any

from core.kernel.companies import create_company
from core.kernel.connecting import connect
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel

CANARY = "canary-4711-token"
SETTINGS = {"region": "eu", "token": CANARY}


def make_company(kernel: Kernel, name: str = "Shop") -> int:
    """Make a company and return its id."""
    with kernel.db.write() as session:
        made = create_company(session, name, country="GB", currency="GBP", timezone="Europe/London")
        return made.id


def connected(kernel: Kernel, company_id: int, label: str = "Main", **more: Any) -> ConnectionInfo:
    """Make a connection with the platform."""
    return connect(kernel, "platform", label, {**SETTINGS, **more}, company_id=company_id)


def again(kernel: Kernel, connection: ConnectionInfo) -> ConnectionInfo:
    """Return a connection as it is now."""
    with kernel.db.read() as session:
        return get_connection(session, connection.label, company_id=connection.company_id)
