"""Which orders the settlements of a connection pay."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.kernel import hooks
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel


def orders_through(
    kernel: Kernel, session: Session, connection: ConnectionInfo, platform: str
) -> tuple[str, str]:
    """Return platform and account of the orders that a connection's settlements pay.

    They are the connection's own, unless its setting `orders_from` names another connection.
    """
    label = connection.settings.get("orders_from")
    if not label:
        return platform, connection.account
    other = get_connection(session, label, company_id=connection.company_id)
    for addon, connector in hooks.collect(kernel, "connectors"):
        if addon == other.addon:
            return connector.platform, other.account
    return platform, other.account
