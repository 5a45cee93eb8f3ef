"""Which warehouses are somebody else's, who is asked there, and what goods are called there."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Listing
from core.catalog.models import Sku
from core.db import any_of
from core.errors import NotFound
from core.kernel import hooks
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import list_connections
from core.stock.models import Warehouse
from core.stock.warehouses import THREE_PL
from core.stock.warehouses import platform_warehouse
from core.warehousing.models import Stored

METHOD = "send_fulfilment"


@dataclass(frozen=True, slots=True)
class Server:
    """A connection that has a warehouse send goods."""

    connection: ConnectionInfo
    platform: str
    warehouse_id: int

    def sells(self, platform: str, account: str) -> bool:
        """Say whether an order was bought on the very account that would send it."""
        return (self.platform, self.connection.account) == (platform, account)


def servers_of(session: Session, company_id: int) -> dict[int, Server]:
    """Return who sends from each warehouse that is not ours, by the warehouse."""
    offered = {
        addon: connector
        for addon, connector in hooks.collect(session, "connectors")
        if callable(getattr(connector, METHOD, None))
    }
    if not offered:
        return {}
    found: dict[int, Server] = {}
    for connection in list_connections(session, company_id=company_id):
        if connection.addon not in offered:
            continue
        with suppress(NotFound):
            place = _stands_for(session, connection)
            server = Server(connection, offered[connection.addon].platform, place)
            found.setdefault(place, server)
    return found


def _stands_for(session: Session, connection: ConnectionInfo) -> int:
    """Return the warehouse of our books that stands for a connection's.

    Raises: NotFound where there is none, or a choice.
    """
    code = str(connection.settings.get("stored_in") or "")
    query = sa.select(Warehouse.id, Warehouse.code).where(
        Warehouse.company_id == connection.company_id,
        Warehouse.kind == THREE_PL,
        Warehouse.provider == connection.addon,
        Warehouse.archived_at.is_(None),
    )
    theirs = [row.id for row in session.execute(query) if code in ("", row.code)]
    if len(theirs) == 1:
        return int(theirs[0])
    return platform_warehouse(session, connection.company_id, code)


def codes_of(session: Session, server: Server, sku_ids: Collection[int]) -> dict[int, str]:
    """Return what the warehouse calls SKUs: a listing that lies there, any listing, or our code."""
    company_id, account = server.connection.company_id, server.connection.account
    wanted = any_of(session, Sku.id, sorted(sku_ids))
    ours = sa.select(Sku.id, Sku.code).where(Sku.company_id == company_id, wanted)
    codes = {row.id: row.code for row in session.execute(ours)}
    listed = (
        sa.select(Listing.sku_id, Listing.external_ref, Stored.sellable)
        .outerjoin(
            Stored,
            (Stored.company_id == Listing.company_id)
            & (Stored.platform == Listing.platform)
            & (Stored.account == Listing.account)
            & (Stored.external_ref == Listing.external_ref),
        )
        .where(
            Listing.company_id == company_id,
            Listing.platform == server.platform,
            Listing.account == account,
            any_of(session, Listing.sku_id, sorted(sku_ids)),
        )
        # Of several, the one of which least lies there is overwritten by the one of most.
        .order_by(sa.func.coalesce(Stored.sellable, -1), Listing.external_ref.desc())
    )
    return codes | {row.sku_id: row.external_ref for row in session.execute(listed)}
