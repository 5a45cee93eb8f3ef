"""Warehouses of a company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import next_id
from core.errors import NotFound
from core.kernel import hooks
from core.stock.models import Warehouse


@dataclass(frozen=True, slots=True)
class WarehouseFacts:
    """What the books need to know of a warehouse."""

    id: int
    country: str
    inventory_account: str
    code: str = ""
    provider: str = ""


def warehouses_of(session: Session, company_id: int) -> dict[int, WarehouseFacts]:
    """Return a company's warehouses by id, the oldest first: it serves unless a rule says else.

    Raises: NotFound if the company has none.
    """
    query = (
        sa.select(
            Warehouse.id,
            Warehouse.country,
            Warehouse.inventory_account,
            Warehouse.code,
            Warehouse.provider,
        )
        .where(Warehouse.company_id == company_id)
        .order_by(Warehouse.created_at, Warehouse.id)
    )
    found = {row.id: WarehouseFacts(*row) for row in session.execute(query)}
    if not found:
        raise NotFound("The company has no warehouse.", hint="Run `entrepot init` again.")
    return found


def reservable_warehouses(session: Session, warehouses: Mapping[int, WarehouseFacts]) -> list[int]:
    """Return the warehouses whose goods we may promise, the oldest first.

    A platform promises its own; a warehouse whose addon is disabled serves nobody.
    """
    if session.info.get("kernel") is None:
        return list(warehouses)
    offered = hooks.collect(session, "warehouse_providers")
    may = {provider.code for _, provider in offered if provider.can_reserve}
    return [facts.id for facts in warehouses.values() if facts.provider in may]


def warehouse_by_code(session: Session, company_id: int, code: str) -> Warehouse | None:
    """Return a warehouse by its code, None if there is none."""
    query = sa.select(Warehouse).where(Warehouse.company_id == company_id, Warehouse.code == code)
    return session.scalars(query).one_or_none()


def make_warehouse(
    session: Session,
    company_id: int,
    code: str,
    name: str,
    country: str,
    provider: str,
    inventory_account: str,
) -> Warehouse:
    """Add a warehouse."""
    warehouse = Warehouse(
        company_id=company_id,
        id=next_id(session),
        code=code,
        name=name,
        country=country,
        provider=provider,
        inventory_account=inventory_account,
        created_at=clock.now(),
    )
    session.add(warehouse)
    session.flush()
    return warehouse
